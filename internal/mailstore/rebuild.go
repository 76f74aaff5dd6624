package mailstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tram/internal/storage/kv"
)

// Rebuild repairs what can be computed from other records, and reports what it
// repaired: first names, flags, counters and the account's totals from
// mailboxes and messages, in one commit; then, message by message, structure,
// envelope and header lines from the bodies. A mailbox that was changed is
// newer than any MODSEQ a client has. The change log is cut when anything was
// wrong: clients then compare everything. What it cannot repair (a body that is
// gone) it reports too.
func (s *Store) Rebuild(ctx context.Context, id kv.Account, report func(Problem)) error {
	return s.RebuildAt(ctx, id, nil, report)
}

// RebuildAt is Rebuild with pauses while it reads the bodies.
func (s *Store) RebuildAt(ctx context.Context, id kv.Account, pace Pace, report func(Problem)) error {
	var found []Problem
	var boxes []MailboxID
	err := s.db.Update(ctx, []kv.Account{kv.Sharing, id}, func(ktx kv.Tx) error {
		r := rebuild{tx: &tx{space: ktx.Account(id), sharing: ktx.Account(kv.Sharing), id: id, now: time.Now()}}
		err := r.run()
		found, boxes = r.found, r.order
		return err
	})
	if err != nil {
		return err
	}
	if err := s.db.Sync(ctx, id); err != nil {
		return err
	}
	s.grants.forget(id)
	s.Committed(id)
	if len(found) > 0 {
		s.indexer.note(id)
	}
	for _, p := range found {
		report(p)
	}
	for _, m := range boxes {
		if err := s.rebuildDerived(ctx, id, m, pace, report); err != nil {
			return err
		}
	}
	return nil
}

// rebuild is the first part of one Rebuild. It reads records itself: those that
// the methods of tx trust may be the damaged ones.
type rebuild struct {
	*tx
	found []Problem
	order []MailboxID
	known map[MailboxID]*Mailbox
}

func (r *rebuild) fixed(m MailboxID, uid UID, format string, args ...any) {
	r.found = append(r.found, Problem{Account: r.id, Mailbox: m, UID: uid, Text: fmt.Sprintf(format, args...)})
}

func (r *rebuild) run() error {
	acct, used, err := readAccount(r.space)
	if err != nil && !errors.Is(err, ErrCorrupt) {
		return err
	}
	r.acct = acct
	if err := r.findMailboxes(); err != nil || !used && err == nil && len(r.order) == 0 {
		return err // an account that was never used stays so
	}
	if err := r.findNewest(); err != nil {
		return err
	}
	r.seq = r.acct.modSeq + 1
	r.acct.bytes, r.acct.messages, r.acct.mailboxes, r.acct.subscriptions = 0, 0, uint32(len(r.order)), 0
	for _, step := range []func() error{r.nameMailboxes, r.mailboxes, r.countSubscriptions, r.sharing, r.threads, r.readGone, r.readLog} {
		if err := step(); err != nil {
			return err
		}
	}
	if r.acct == acct && len(r.found) == 0 && used {
		return nil
	}
	if len(r.found) == 0 {
		r.fixed(0, 0, "account: %d messages of %d bytes in %d mailboxes", r.acct.messages, r.acct.bytes, r.acct.mailboxes)
	}
	return r.finish()
}

// finish writes the account record and begins a new change log.
func (r *rebuild) finish() error {
	r.acct.modSeq, r.acct.logFloor, r.acct.goneFloor = r.seq, r.seq, r.seq
	if err := r.space.DeleteRange([]byte{kindGone}, []byte{kindGone + 1}); err != nil {
		return err
	}
	if err := r.space.DeleteRange([]byte{kindLog}, []byte{kindLog + 1}); err != nil {
		return err
	}
	// What was indexed may be what was wrong. The index is made again by itself.
	if err := r.space.DeleteRange([]byte{kindIndex}, []byte{kindIndex + 1}); err != nil {
		return err
	}
	return r.space.Set(accountKey, r.acct.append(nil))
}

// findMailboxes collects the mailboxes that have a record or anything else.
func (r *rebuild) findMailboxes() error {
	r.known = map[MailboxID]*Mailbox{}
	kinds := append([]byte{kindMailbox, kindCounters, kindFlags}, messageKinds[:]...)
	for _, kind := range kinds {
		it := r.space.Scan([]byte{kind}, []byte{kind + 1})
		for ok := it.Next(); ok; {
			id := boxKeyOf(it.Key())
			if r.known[id] == nil {
				r.known[id] = &Mailbox{ID: id, Created: r.now}
				r.order = append(r.order, id)
			}
			if kind == kindMailbox {
				if m, err := decodeMailbox(id, it.Value()); err == nil {
					*r.known[id] = m
				}
			}
			ok = it.Seek(appendBoxKey(nil, kind, id+1))
		}
		if err := errors.Join(it.Err(), it.Close()); err != nil {
			return err
		}
	}
	slices.Sort(r.order)
	return nil
}

// findNewest raises what the account hands out above all that was handed out.
func (r *rebuild) findNewest() error {
	for id, m := range r.known {
		r.acct.lastMailbox = max(r.acct.lastMailbox, id)
		r.acct.lastValidity = max(r.acct.lastValidity, m.UIDValidity)
		if c, err := readCounters(r.space, appendBoxKey(nil, kindCounters, id)); err == nil {
			r.acct.lastValidity = max(r.acct.lastValidity, c.uidValidity)
			r.acct.modSeq = max(r.acct.modSeq, c.highest)
		}
		err := r.eachBlock(id, func(b *block) {
			for i := range b.entries {
				r.acct.modSeq = max(r.acct.modSeq, b.entries[i].ModSeq)
			}
		})
		if err != nil {
			return err
		}
	}
	it := r.space.Scan([]byte{kindLog}, []byte{kindLog + 1})
	defer it.Close()
	if it.Last() {
		seq, _, _ := logKeyOf(it.Key())
		r.acct.modSeq = max(r.acct.modSeq, seq)
	}
	return it.Err()
}

// eachBlock calls fn for the blocks of a mailbox that decode.
func (r *rebuild) eachBlock(m MailboxID, fn func(*block)) error {
	it := r.space.Scan(appendBoxKey(nil, kindFlags, m), appendBoxKey(nil, kindFlags, m+1))
	defer it.Close()
	for it.Next() {
		if b, err := decodeBlock(itemOf(it.Key()), it.Value(), 0); err == nil {
			fn(b)
		}
	}
	return it.Err()
}

// readLog looks for damage of the change log; all there is to do is to cut it.
func (r *rebuild) readLog() error {
	return eachChange(r.space, 0, func(seq ModSeq, m MailboxID, value []byte) (bool, error) {
		if _, err := decodeChange(value); err != nil {
			r.fixed(m, 0, "change log cut: damaged at MODSEQ %d", seq)
		}
		return true, nil
	})
}

func (r *rebuild) countSubscriptions() error {
	return eachSubscription(r.space, func(string) { r.acct.subscriptions++ })
}
