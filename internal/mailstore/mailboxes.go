package mailstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tram/internal/storage/kv"
)

// Mailboxes lists the mailboxes of an account by name, INBOX first, with the
// names that are no mailboxes (Level): those above others, and those that stayed
// when the last mailbox below them was deleted.
func (s *Store) Mailboxes(ctx context.Context, id kv.Account) ([]Mailbox, error) {
	var all []Mailbox
	var levels []string
	subscribed := map[string]bool{}
	err := s.readHome(ctx, id, func(r kv.Reader) error {
		all, levels = all[:0], levels[:0]
		if err := eachMailbox(r, func(m Mailbox) { all = append(all, m) }); err != nil {
			return err
		}
		if len(all) == 0 {
			return ErrNoMailbox
		}
		if err := eachLevel(r, func(name string) { levels = append(levels, name) }); err != nil {
			return err
		}
		return eachSubscription(r, func(name string) { subscribed[name] = true })
	})
	if err != nil {
		return nil, err
	}
	all = linked(withParents(all, levels...))
	for i := range all {
		all[i].Subscribed = subscribed[all[i].Name]
	}
	return all, nil
}

// linked fills in which of the mailboxes, in order, have others below them.
func linked(all []Mailbox) []Mailbox {
	for i := range all {
		all[i].HasChildren = i+1 < len(all) && isBelow(all[i+1].Name, all[i].Name)
	}
	return all
}

// withParents adds the levels, and the names above the others that are no
// mailboxes, and sorts.
func withParents(all []Mailbox, levels ...string) []Mailbox {
	known := make(map[string]bool, len(all))
	for _, m := range all {
		known[m.Name] = true
	}
	for _, name := range levels {
		if !known[name] {
			known[name] = true
			all = append(all, Mailbox{Name: name, Level: true})
		}
	}
	for _, m := range all {
		for name := m.Name; ; {
			i := strings.LastIndexByte(name, '/')
			if i < 0 {
				break
			}
			name = name[:i]
			if !known[name] {
				known[name] = true
				all = append(all, Mailbox{Name: name, Level: true})
			}
		}
	}
	slices.SortFunc(all, func(a, b Mailbox) int { return compareNames(a.Name, b.Name) })
	return all
}

// Lookup finds a mailbox by name or by special use, or returns ErrNoMailbox.
// Subscribed and HasChildren are not filled in.
func (s *Store) Lookup(ctx context.Context, id kv.Account, name string) (Mailbox, error) {
	var m Mailbox
	err := s.readHome(ctx, id, func(r kv.Reader) error {
		box, err := findMailbox(r, name)
		if err != nil {
			return err
		}
		m, err = readMailbox(r, box)
		return err
	})
	return m, err
}

// Inbox returns which mailbox INBOX is. A rename of it gives the account another
// one.
func (s *Store) Inbox(ctx context.Context, id kv.Account) (m MailboxID, err error) {
	err = s.read(ctx, id, func(r kv.Reader) error {
		m, err = findMailbox(r, inbox)
		return err
	})
	return m, err
}

// findMailbox returns the mailbox of a name or of a special use, or
// ErrNoMailbox.
func findMailbox(r kv.Reader, name string) (MailboxID, error) {
	if name == inbox || strings.HasPrefix(name, `\`) {
		acct, _, err := readAccount(r)
		if err != nil {
			return 0, err
		}
		home := homeOf(name)
		if name != inbox && home == 0 || acct.home[home] == 0 {
			return 0, ErrNoMailbox
		}
		return acct.home[home], nil
	}
	if strings.HasSuffix(name, "/") {
		return 0, ErrNoMailbox // only CREATE takes a separator at the end (RFC 3501 6.3.3)
	}
	name, err := normalName(name)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrNoMailbox, err) // what cannot be created does not exist
	}
	return readName(r, name)
}

// resolve is findMailbox for a delivery: INBOX when there is no name, and a
// special use that is missing is made.
func (t *tx) resolve(name string) (MailboxID, error) {
	if name == "" || name == inbox {
		return t.acct.home[homeInbox], nil
	}
	home := homeOf(name)
	if home == 0 {
		return findMailbox(t.space, name)
	}
	if t.acct.home[home] != 0 {
		return t.acct.home[home], nil
	}
	return t.makeUse(home)
}

// makeUse makes the mailbox of a special use that was deleted. A mailbox that
// has the usual name becomes it.
func (t *tx) makeUse(home int) (MailboxID, error) {
	m, err := t.create(homeMailboxes[home].name, homeMailboxes[home].use)
	if !errors.Is(err, ErrMailboxExists) {
		return m.ID, err
	}
	box, err := readName(t.space, homeMailboxes[home].name)
	if err != nil {
		return 0, err
	}
	m, err = readMailbox(t.space, box)
	if err != nil {
		return 0, err
	}
	if m.SpecialUse != "" {
		return box, nil // it has another use: mail goes where the name says
	}
	b, err := t.box(box)
	if err != nil {
		return 0, err
	}
	m.SpecialUse = homeMailboxes[home].use
	t.acct.home[home], b.change.renamed = box, true
	return box, t.setMailbox(&m)
}

// readHome is read for an account that may never have been used: when fn finds
// no mailbox in it, it is made and fn runs once more.
func (s *Store) readHome(ctx context.Context, id kv.Account, fn func(kv.Reader) error) error {
	used := true
	err := s.read(ctx, id, func(r kv.Reader) error {
		err := fn(r)
		if errors.Is(err, ErrNoMailbox) {
			var broken error
			if _, used, broken = readAccount(r); broken != nil {
				return broken
			}
		}
		return err
	})
	if used {
		return err
	}
	if err := s.update(ctx, id, func(*tx) error { return nil }); err != nil {
		return err
	}
	return s.read(ctx, id, fn)
}

// eachMailbox calls fn for each mailbox record.
func eachMailbox(r kv.Reader, fn func(Mailbox)) error {
	it := r.Scan([]byte{kindMailbox}, []byte{kindMailbox + 1})
	defer it.Close()
	for it.Next() {
		m, err := decodeMailbox(boxKeyOf(it.Key()), it.Value())
		if err != nil {
			return err
		}
		fn(m)
	}
	return it.Err()
}
