package mailstore

import (
	"context"

	"tram/internal/storage/kv"
)

// Status returns the state of a mailbox.
func (s *Store) Status(ctx context.Context, id kv.Account, m MailboxID) (Status, error) {
	var c counters
	err := s.read(ctx, id, func(r kv.Reader) (err error) {
		c, err = readCounters(r, appendBoxKey(nil, kindCounters, m))
		return err
	})
	return c.status(), err
}

// StatusByName is Lookup and Status in one reading.
func (s *Store) StatusByName(ctx context.Context, id kv.Account, name string) (Mailbox, Status, error) {
	var m Mailbox
	var c counters
	err := s.readHome(ctx, id, func(r kv.Reader) error {
		box, err := findMailbox(r, name)
		if err != nil {
			return err
		}
		if m, err = readMailbox(r, box); err != nil {
			return err
		}
		c, err = readCounters(r, appendBoxKey(nil, kindCounters, box))
		return err
	})
	return m, c.status(), err
}

// Usage returns what counts against the quota of an account.
func (s *Store) Usage(ctx context.Context, id kv.Account) (bytes, messages int64, err error) {
	err = s.read(ctx, id, func(r kv.Reader) error {
		a, _, err := readAccount(r)
		bytes, messages = a.bytes, a.messages
		return err
	})
	return bytes, messages, err
}

// Recent returns the first UID that no session has been told to be \Recent
// (RFC 3501 2.3.2).
func (s *Store) Recent(ctx context.Context, id kv.Account, m MailboxID) (UID, error) {
	var c counters
	err := s.db.View(ctx, id, func(r kv.Reader) (err error) {
		c, err = readCounters(r, appendBoxKey(nil, kindCounters, m))
		return err
	})
	return max(c.recent, s.views.recent(id, m)), err
}

// TakeRecent is Recent for a session that selects the mailbox for writing: all
// messages of its view are \Recent to no one after it. What is recent is kept
// in memory and written with the next change of the mailbox: a SELECT must not
// cost a sync, and after a crash messages may be recent once more.
func (s *Store) TakeRecent(ctx context.Context, id kv.Account, v *View) (UID, error) {
	return max(v.counters.recent, s.views.takeRecent(id, v.mailbox, v.counters.uidNext)), nil
}

// recentOf gives flush what sessions have taken.
func (s *Store) recentOf(id kv.Account) func(MailboxID) UID {
	return func(m MailboxID) UID { return s.views.recent(id, m) }
}
