package mailstore

import (
	"context"

	"tram/internal/storage/kv"
)

// Replace appends a message and removes another in one commit (RFC 8508):
// nobody sees both or neither. The two may lie in different mailboxes, also of
// different accounts. The quota is that of what is there afterwards. It
// returns the UIDVALIDITY and the UID of the new message; ErrNoMessage when
// there is no old one any more.
func (s *Store) Replace(ctx context.Context, from Place, uid UID, to Place, d Delivery) (validity uint32, fresh UID, err error) {
	accounts := []kv.Account{from.Account}
	if to.Account != from.Account {
		accounts = append(accounts, to.Account)
	}
	err = s.updateAll(ctx, accounts, func(txs []*tx) error {
		validity, fresh, err = txs[0].replace(txs[len(txs)-1], from.Mailbox, uid, to.Mailbox, &d)
		return err
	})
	if err != nil {
		return 0, 0, err
	}
	return validity, fresh, nil
}

// replace is Replace within transactions: t of the old message's account, into
// of the new one's.
func (t *tx) replace(into *tx, from MailboxID, uid UID, to MailboxID, d *Delivery) (uint32, UID, error) {
	old, err := t.box(from)
	if err != nil {
		return 0, 0, err
	}
	if err := t.load(old, UIDs(uid)); err != nil {
		return 0, 0, err
	}
	if len(pickEntries(old, UIDs(uid), 1)) == 0 {
		return 0, 0, ErrNoMessage
	}
	box, err := into.boxForAppend(to)
	if err != nil {
		return 0, 0, err
	}
	threads, err := into.planThreads([]Delivery{*d})
	if err != nil {
		return 0, 0, err
	}
	// First: its room counts for the new one.
	if _, err := t.remove(old, UIDs(uid)); err != nil {
		return 0, 0, err
	}
	fresh, err := into.append(box, d, &threads[0])
	return box.uidValidity, fresh, err
}

// Replace wants what \Deleted and EXPUNGE want of the old message, and APPEND
// of the new one (RFC 8508 4.1).
func (a *Access) Replace(ctx context.Context, from Place, uid UID, to Place, d Delivery) (uint32, UID, error) {
	if err := a.need(ctx, from.Account, from.Mailbox, RightDelete|RightExpunge); err != nil {
		return 0, 0, err
	}
	have, err := a.Rights(ctx, to.Account, to.Mailbox)
	if err != nil {
		return 0, 0, err
	}
	drop := have.drops()
	d.Flags &^= drop.flags
	if drop.keywords {
		d.Keywords = nil
	}
	if err := have.check(RightInsert); err != nil {
		return 0, 0, err
	}
	return a.Store.Replace(ctx, from, uid, to, d)
}
