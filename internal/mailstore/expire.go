package mailstore

import (
	"context"
	"fmt"
	"time"

	"tram/internal/storage/kv"
)

// ExpireInbox removes the messages that came into the INBOX before a moment, but
// for those that are flagged, and returns how many there were. It costs a walk
// over the INBOX's records. An account that was never used stays so.
func (s *Store) ExpireInbox(ctx context.Context, id kv.Account, before time.Time) (int, error) {
	in, err := s.inboxOf(ctx, id)
	if err != nil || in == 0 {
		return 0, err
	}
	view, err := s.View(ctx, id, in)
	if err != nil {
		return 0, fmt.Errorf("expire: %w", err)
	}
	var old UIDSet
	err = s.Messages(ctx, id, in, AllUIDs(), WantMeta, func(m *Message) error {
		i, ok := view.Index(m.UID)
		if ok && view.At(i).Flags&Flagged == 0 && m.SavedDate.Before(before) {
			old = old.add(m.UID)
		}
		return nil
	})
	if err != nil || len(old) == 0 {
		return 0, err
	}
	// Flagged in the meantime: it stays.
	gone, err := s.removeWhere(ctx, id, in, old, func(e *Entry) bool { return e.Flags&Flagged == 0 })
	return gone.Len(), err
}

// inboxOf returns the INBOX of an account, 0 when it was never used.
func (s *Store) inboxOf(ctx context.Context, id kv.Account) (in MailboxID, err error) {
	err = s.read(ctx, id, func(r kv.Reader) error {
		acct, _, err := readAccount(r)
		in = acct.home[homeInbox]
		return err
	})
	return in, err
}
