package mailstore

// Actor is who asks for something. The zero value is the server itself.
type Actor struct {
	Address string // of the user, canonical
}

// Access is the store as one actor may use it.
type Access struct {
	*Store
	who Actor
}

// As returns the store for the use of who.
func (s *Store) As(who Actor) *Access { return &Access{Store: s, who: who} }
