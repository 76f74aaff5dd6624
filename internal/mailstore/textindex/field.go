package textindex

// Scope says in which texts of a message to look.
type Scope uint8

// The texts; they are combined with |.
const (
	Header Scope = 1 << iota // headers of the message and of its parts, and its own lines
	Body                     // bodies of parts that people can read
)

// field is a vocabulary of its own.
type field uint8

const (
	headerBare field = iota
	bodyBare
	headerMarked
	bodyMarked
	fields
)

// fieldOf returns the field of one text.
func fieldOf(s Scope, marked bool) field {
	f := headerBare
	if s == Body {
		f = bodyBare
	}
	if marked {
		f += headerMarked
	}
	return f
}
