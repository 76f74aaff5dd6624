package mailstore

import (
	"context"
	"errors"
	"slices"

	"tram/internal/storage/kv"
)

// Limits of one commit. What is larger is done in several, so that memory and
// the time for which an account is locked stay bounded.
const (
	maxRemove     = 100_000  // messages
	maxCopy       = 10_000   // messages
	maxCopyBytes  = 16 << 20 // of records that are copied
	rangeDeletion = 32       // from this many messages in a row on, one range deletion replaces single ones
)

// Expunge removes those messages of the set that have the flag Deleted, and
// returns them (EXPUNGE with AllUIDs, UID EXPUNGE of RFC 4315).
func (s *Store) Expunge(ctx context.Context, id kv.Account, m MailboxID, uids UIDSet) (UIDSet, error) {
	return s.removeWhere(ctx, id, m, uids, func(e *Entry) bool { return e.Flags&Deleted != 0 })
}

// Remove removes those messages of the set that exist, whatever their flags
// (POP3's QUIT), and returns them.
func (s *Store) Remove(ctx context.Context, id kv.Account, m MailboxID, uids UIDSet) (UIDSet, error) {
	return s.removeWhere(ctx, id, m, uids, func(*Entry) bool { return true })
}

func (s *Store) removeWhere(ctx context.Context, id kv.Account, m MailboxID, uids UIDSet, match func(*Entry) bool) (UIDSet, error) {
	var removed UIDSet
	known := s.views.peek(id, m)
	for {
		var gone UIDSet
		err := s.update(ctx, id, func(t *tx) error {
			b, err := t.box(m)
			if err != nil {
				return err
			}
			in := uids
			if known.shows(b.counters) {
				in = known.matching(uids, match)
			}
			if err := t.load(b, in); err != nil {
				return err
			}
			gone, err = t.remove(b, t.pick(b, in, match, maxRemove))
			return err
		})
		if err != nil {
			return removed, err // what is gone is gone: the client is told of it at the next view
		}
		removed = append(removed, gone...)
		if gone.Len() < maxRemove {
			return NewUIDSet(removed), nil
		}
		uids = uids.after(gone[len(gone)-1].Last)
	}
}

// shows reports whether the view is the picture of a mailbox with these
// counters: then its blocks need not be read to find something in them. v may
// be nil.
func (v *View) shows(c counters) bool {
	return v != nil && v.counters.highest == c.highest && v.counters.uidValidity == c.uidValidity
}

// matching returns the messages of a set that match.
func (v *View) matching(uids UIDSet, match func(*Entry) bool) UIDSet {
	var out UIDSet
	for _, r := range uids {
		for _, block := range v.Blocks(v.Search(r.First)) {
			if block[0].UID > r.Last {
				break
			}
			for i := range block {
				if e := &block[i]; e.UID <= r.Last && match(e) {
					out = out.add(e.UID)
				}
			}
		}
	}
	return out
}

// pick returns up to most messages of the loaded blocks that are in the set and
// match.
func (t *tx) pick(b *box, uids UIDSet, match func(*Entry) bool, most int) UIDSet {
	var picked UIDSet
	n := 0
	for _, l := range b.blocks {
		for e := range l.within(uids) {
			if !match(e) {
				continue
			}
			if n++; n > most {
				return picked
			}
			picked = picked.add(e.UID)
		}
	}
	return picked
}

// remove removes messages that lie in loaded blocks.
func (t *tx) remove(b *box, uids UIDSet) (UIDSet, error) {
	if len(uids) == 0 {
		return nil, nil
	}
	if err := t.logEmails(b, uids); err != nil {
		return nil, err
	}
	for _, r := range t.runs(b, uids) {
		if err := t.deleteItems(b.id, r, uids); err != nil {
			return nil, err
		}
	}
	for i := range b.blocks {
		l := &b.blocks[i]
		for e := range l.within(uids) {
			t.count(b, e, -1)
			l.changed = true
		}
		if l.changed {
			l.entries = slices.DeleteFunc(l.entries, func(e Entry) bool { return uids.Contains(e.UID) })
		}
	}
	b.change.expunged = uids
	return uids, nil
}

// logEmails puts the email IDs of messages that go into the change log.
func (t *tx) logEmails(b *box, uids UIDSet) (err error) {
	w := newWalk(t.space, b.id, messageKinds[:1], uids[0].First, uids[len(uids)-1].Last)
	defer func() { err = errors.Join(err, w.close()) }()
	var z zones
	for uid := range uids.All() {
		value, err := w.value(0, uid)
		if err != nil {
			return err
		}
		var msg Message
		if msg.decodeMeta(value, &z) != nil {
			msg.EmailID = 0 // a damaged record does not keep a message from being deleted
		}
		b.change.emails = append(b.change.emails, msg.EmailID)
	}
	return nil
}

// run is a row of messages to delete, with no other message between them.
type run struct {
	uids  UIDRange
	count int
}

// runs joins the messages of a set that have no other message between them.
func (t *tx) runs(b *box, uids UIDSet) []run {
	var runs []run
	open := false
	last := uint32(0)
	for _, l := range b.blocks {
		if l.num != last+1 {
			open = false // what lies between was not loaded
		}
		last = l.num
		for i := range l.entries {
			uid := l.entries[i].UID
			switch {
			case !uids.Contains(uid):
				open = false
			case open:
				r := &runs[len(runs)-1]
				r.uids.Last = uid
				r.count++
			default:
				runs = append(runs, run{UIDRange{uid, uid}, 1})
				open = true
			}
		}
	}
	return runs
}

// deleteItems deletes the records of a run of the messages in uids.
func (t *tx) deleteItems(m MailboxID, r run, uids UIDSet) error {
	for _, kind := range messageKinds {
		if r.count >= rangeDeletion {
			t.key = appendItemKey(t.key[:0], kind, m, uint32(r.uids.First))
			t.hi = appendItemKey(t.hi[:0], kind, m, uint32(r.uids.Last)+1)
			if err := t.space.DeleteRange(t.key, t.hi); err != nil {
				return err
			}
			continue
		}
		for uid := range uids.from(r.uids.First) {
			if uid > r.uids.Last {
				break
			}
			t.key = appendItemKey(t.key[:0], kind, m, uint32(uid))
			if err := t.space.Delete(t.key); err != nil {
				return err
			}
		}
	}
	return nil
}
