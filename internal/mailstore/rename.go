package mailstore

import (
	"context"
	"fmt"
	"strings"

	"tram/internal/storage/kv"
)

// Rename gives a mailbox and those below it new names. The rename of INBOX
// moves its messages to a new mailbox and leaves INBOX empty, and its
// children where they are (RFC 3501 6.3.5).
//
// Sessions that have the mailbox selected can go on with it under its new name;
// that is also so for INBOX, whose messages keep their mailbox ID, UIDs and
// UIDVALIDITY, while INBOX becomes a new mailbox.
func (s *Store) Rename(ctx context.Context, id kv.Account, from, to string) error {
	from, err := normalName(from)
	if err != nil {
		return ErrNoMailbox
	}
	if to, err = normalName(to); err != nil {
		return err
	}
	if isBelow(to, from) && from != inbox {
		return fmt.Errorf("%w: below itself", ErrMailboxName)
	}
	return s.update(ctx, id, func(t *tx) error {
		if from == inbox {
			return t.renameInbox(to)
		}
		return t.renameTree(from, to)
	})
}

// renameTree renames a mailbox and all below it. The name itself may be one
// that exists only because of those below it.
func (t *tx) renameTree(from, to string) error {
	var tree []Mailbox
	taken := map[string]bool{}
	err := eachMailbox(t.space, func(m Mailbox) {
		if m.Name == from || isBelow(m.Name, from) {
			tree = append(tree, m)
		} else {
			taken[m.Name] = true
		}
	})
	if err != nil {
		return err
	}
	levels, err := t.levelsOf(from)
	if err != nil {
		return err
	}
	if len(tree) == 0 && len(levels) == 0 {
		return ErrNoMailbox
	}
	level, err := isLevel(t.space, to)
	if err != nil {
		return err
	}
	// A mailbox may become a level; a level on another one would be neither.
	if taken[to] || from == to || level && len(tree) == 0 {
		return ErrMailboxExists
	}
	was := make([]string, len(tree))
	for i := range tree {
		name, err := normalName(to + tree[i].Name[len(from):]) // it may be too long or deep now
		if err != nil {
			return err
		}
		if taken[name] {
			return ErrMailboxExists
		}
		if err := t.space.Delete(appendNameKey(nil, kindName, tree[i].Name)); err != nil {
			return err
		}
		was[i], tree[i].Name = tree[i].Name, name
	}
	// All old names are gone before the first new one is set: a to a/b/.. may overlap.
	for i := range tree {
		if err := t.rename(&tree[i], was[i]); err != nil {
			return err
		}
	}
	return t.moveLevels(levels, from, to)
}

// rename writes the new name of a mailbox.
func (t *tx) rename(m *Mailbox, was string) error {
	b, err := t.box(m.ID)
	if err != nil {
		return err
	}
	b.change.renamed, b.change.was = true, was
	if err := t.setMailbox(m); err != nil {
		return err
	}
	return t.setName(m.Name, m.ID)
}

// renameInbox gives the mailbox that is INBOX another name and makes a new
// INBOX, so that it costs the same however many messages there are.
func (t *tx) renameInbox(to string) error {
	if to == inbox {
		return ErrMailboxExists
	}
	if _, err := readName(t.space, to); err == nil {
		return ErrMailboxExists
	}
	if t.acct.mailboxes >= MaxMailboxes {
		return ErrTooManyMailboxes
	}
	m, err := readMailbox(t.space, t.acct.home[homeInbox])
	if err != nil {
		return err
	}
	m.Name = strings.Clone(to)
	if err := t.rename(&m, inbox); err != nil {
		return err
	}
	fresh := Mailbox{Name: inbox}
	if err := t.makeBox(&fresh); err != nil {
		return err
	}
	t.acct.home[homeInbox] = fresh.ID
	// Whom INBOX is shared with, and what is noted on it, stays with the name
	// too.
	list, err := readACL(t.space, m.ID)
	if err != nil {
		return err
	}
	if err := t.setACL(t.boxes[len(t.boxes)-1], nil, list); err != nil {
		return err
	}
	if err := t.copyAnnotations(m.ID, fresh.ID); err != nil {
		return err
	}
	return t.setName(inbox, fresh.ID)
}
