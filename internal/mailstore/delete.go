package mailstore

import (
	"context"
	"errors"

	"tram/internal/storage/kv"
)

// Delete removes a mailbox with its messages. Names below it stay, and those
// above it too. A name that stayed like this is removed by itself.
func (s *Store) Delete(ctx context.Context, id kv.Account, name string) error {
	return s.update(ctx, id, func(t *tx) error {
		m, err := t.named(name)
		if errors.Is(err, ErrNoMailbox) {
			return t.deleteLevel(name)
		}
		if err != nil {
			return err
		}
		if m.Name == inbox {
			return ErrInbox
		}
		return t.deleteBox(m)
	})
}

// named returns the record of the mailbox with a name.
func (t *tx) named(name string) (Mailbox, error) {
	id, err := findMailbox(t.space, name)
	if err != nil {
		return Mailbox{}, err
	}
	return readMailbox(t.space, id)
}

// deleteBox removes all records of a mailbox. The cost does not depend on how
// many messages it has.
func (t *tx) deleteBox(m Mailbox) error {
	b, err := t.box(m.ID)
	if err != nil {
		return err
	}
	if err := t.dropACL(b); err != nil {
		return err
	}
	t.acct.messages -= int64(b.messages)
	t.acct.bytes -= b.size
	t.acct.mailboxes--
	t.dirty = true
	if home := homeOf(m.SpecialUse); home != 0 && t.acct.home[home] == m.ID {
		t.acct.home[home] = 0
	}
	b.deleted, b.change = true, change{deleted: true, was: m.Name}
	for _, kind := range [...]byte{kindFlags, kindMeta, kindStructure, kindEnvelope, kindHeader, kindPreview, kindAnnotation, kindGone, kindIndex} {
		if err := t.space.DeleteRange(appendBoxKey(nil, kind, m.ID), appendBoxKey(nil, kind, m.ID+1)); err != nil {
			return err
		}
	}
	for _, kind := range [...]byte{kindMailbox, kindCounters, kindKeywords, kindUIDL} {
		if err := t.space.Delete(appendBoxKey(nil, kind, m.ID)); err != nil {
			return err
		}
	}
	if err := t.space.Delete(appendNameKey(nil, kindName, m.Name)); err != nil {
		return err
	}
	return t.keepAbove(m.Name)
}

// DeleteAccount removes all records of an account. Its bodies become garbage
// that the next sweep of the blob store reclaims.
func (s *Store) DeleteAccount(ctx context.Context, id kv.Account) error {
	err := kv.Durable(ctx, s.db, []kv.Account{kv.Sharing, id}, func(ktx kv.Tx) error {
		lists, err := readACLs(ktx.Account(id))
		if err != nil {
			return err
		}
		for m, list := range lists.boxes {
			for i := range list {
				if err := ktx.Account(kv.Sharing).Delete(appendGrantKey(nil, list[i].Who, id, m)); err != nil {
					return err
				}
			}
		}
		return ktx.Account(id).DeleteRange([]byte{0}, []byte{0xff})
	})
	if err != nil {
		return err
	}
	s.grants.forget(id)
	s.Committed(id)
	return nil
}
