package mailstore

import (
	"context"
	"slices"

	"tram/internal/storage/kv"
)

// Actor is who asks for something. The zero value is the server itself, which
// may do everything.
type Actor struct {
	Address string     // of the user, canonical
	Account kv.Account // of the user
}

// Access is the store as one actor may use it: the methods that take an account
// ask first whether the actor has the rights that RFC 4314 4 wants for it. Who
// lacks one gets ErrNoRight, or ErrNoMailbox without the right l.
type Access struct {
	*Store
	who Actor
}

// As returns the store for the use of who.
func (s *Store) As(who Actor) *Access { return &Access{Store: s, who: who} }

// owns reports whether an account is the actor's own, or the actor the server.
func (a *Access) owns(id kv.Account) bool { return a.who.Account == id || a.who == Actor{} }

// Rights returns what the actor may do with a mailbox. For one that does not
// exist that is nothing, but for its owner.
func (a *Access) Rights(ctx context.Context, id kv.Account, m MailboxID) (Rights, error) {
	if a.who == (Actor{}) {
		return AllRights, nil
	}
	lists, err := a.acls(ctx, id)
	if err != nil {
		return 0, err
	}
	if id == a.who.Account && !lists.bindsOwner {
		return AllRights, nil
	}
	return lists.boxes[m].rights(&a.who, id == a.who.Account), nil
}

// need checks that the actor has all these rights.
func (a *Access) need(ctx context.Context, id kv.Account, m MailboxID, want Rights) error {
	have, err := a.Rights(ctx, id, m)
	if err != nil {
		return err
	}
	return have.check(want)
}

// check says what is said to somebody who wants to do what want allows.
func (r Rights) check(want Rights) error {
	switch {
	case r.has(want):
		return nil
	case r&(RightLookup|RightRead) == 0: // who can select it knows that it exists
		return ErrNoMailbox
	}
	return ErrNoRight
}

// own checks that an account is the actor's own.
func (a *Access) own(id kv.Account) error {
	if a.owns(id) {
		return nil
	}
	return ErrNoRight
}

// named returns the mailbox of a name and what the actor may do with it, or
// ErrNoMailbox when that is nothing.
func (a *Access) named(ctx context.Context, id kv.Account, name string) (Mailbox, Rights, error) {
	m, err := a.Store.Lookup(ctx, id, name)
	if err != nil {
		return Mailbox{}, 0, err
	}
	have, err := a.Rights(ctx, id, m.ID)
	if err != nil {
		return Mailbox{}, 0, err
	}
	if have&anyRight == 0 {
		return Mailbox{}, 0, ErrNoMailbox
	}
	return m, have, nil
}

// mayCreate checks that the actor may make a mailbox: with the right k of the
// nearest one above it. At the top only the owner may.
func (a *Access) mayCreate(ctx context.Context, id kv.Account, name string) error {
	lists, err := a.acls(ctx, id)
	if err != nil || a.owns(id) && !lists.bindsOwner {
		return err
	}
	if name, err = normalName(name); err != nil {
		return err
	}
	for above := parentOf(name); above != ""; above = parentOf(above) {
		m, err := a.Store.Lookup(ctx, id, above)
		if err == nil {
			return a.need(ctx, id, m.ID, RightCreate)
		}
		if !isMissing(err) {
			return err
		}
	}
	return a.own(id)
}

// Shared returns the other accounts in which the actor may look something up,
// in ascending order.
func (a *Access) Shared(ctx context.Context) ([]kv.Account, error) {
	ids, err := a.SharedWith(ctx, a.who)
	return slices.DeleteFunc(ids, func(id kv.Account) bool { return id == a.who.Account }), err
}
