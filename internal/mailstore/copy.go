package mailstore

import (
	"context"
	"fmt"
	"math/bits"

	"tram/internal/storage/kv"
)

// Copied is the outcome of Copy and Move: the messages by their old and new
// UIDs, in the same order and number (COPYUID, RFC 4315).
type Copied struct {
	UIDValidity  uint32 // of the destination
	Source, Dest UIDSet
}

// Copy copies those messages of the set that exist to the end of another, or
// the same, mailbox with flags and dates. When it fails, what was copied
// already is removed again (RFC 3501 6.4.7).
func (s *Store) Copy(ctx context.Context, id kv.Account, from, to MailboxID, uids UIDSet, q Quota) (Copied, error) {
	out, err := s.transfer(ctx, id, transfer{from: from, to: to, uids: uids, quota: q})
	if err != nil && len(out.Dest) > 0 {
		if _, undo := s.Remove(context.WithoutCancel(ctx), id, to, out.Dest); undo != nil {
			s.log.Warn("a copy that failed could not be undone", "account", id, "mailbox", to, "err", undo)
		}
		return Copied{}, err
	}
	return out, err
}

// Move moves those messages of the set that exist to the end of another, or
// the same, mailbox. Each message is always in exactly one of them (RFC 6851
// 3.3). After an error Copied has those that were moved before it.
func (s *Store) Move(ctx context.Context, id kv.Account, from, to MailboxID, uids UIDSet) (Copied, error) {
	return s.transfer(ctx, id, transfer{from: from, to: to, uids: uids, move: true})
}

// transfer is a Copy or Move, and what is left of it to do.
type transfer struct {
	from, to MailboxID
	uids     UIDSet
	quota    Quota
	move     bool
	begun    bool
}

// transfer carries out commits until nothing is left.
func (s *Store) transfer(ctx context.Context, id kv.Account, work transfer) (out Copied, err error) {
	for {
		var part Copied
		var rest UIDSet
		err := s.update(ctx, id, func(t *tx) (err error) {
			part, rest, err = t.transfer(work)
			return err
		})
		if err != nil {
			return out, err
		}
		out.UIDValidity = part.UIDValidity
		out.Source = out.Source.join(part.Source)
		out.Dest = out.Dest.join(part.Dest)
		if len(rest) == 0 {
			return out, nil
		}
		work.uids, work.begun = rest, true
	}
}

// transfer carries out one commit's share and returns the messages that are
// left.
func (t *tx) transfer(work transfer) (out Copied, rest UIDSet, err error) {
	src, err := t.box(work.from)
	if err != nil {
		return out, nil, err
	}
	if _, err := t.keywords(src); err != nil {
		return out, nil, err
	}
	uids := work.uids
	if !work.begun { // the copies may land in the same mailbox: they are not meant
		uids = uids.upTo(src.uidNext - 1)
	}
	if err := t.load(src, uids); err != nil {
		return out, nil, err
	}
	dst, err := t.boxForAppend(work.to)
	if err != nil {
		return out, nil, err
	}
	if err := t.fits(src, uids, work.quota); err != nil {
		return out, nil, err
	}
	picked := pickEntries(src, uids, maxCopy)
	out.UIDValidity = dst.uidValidity
	if len(picked) == 0 {
		return out, nil, nil
	}
	done, err := t.copyEntries(src, dst, picked, work.move, &out)
	if err != nil {
		return out, nil, err
	}
	if work.move {
		if _, err := t.remove(src, out.Source); err != nil {
			return out, nil, err
		}
	}
	if done == len(picked) && len(picked) < maxCopy {
		return out, nil, nil
	}
	return out, uids.after(picked[done-1].UID), nil
}

// fits checks the quota for a whole copy before its first message.
func (t *tx) fits(src *box, uids UIDSet, q Quota) error {
	if q == (Quota{}) {
		return nil
	}
	bytes, messages := t.acct.bytes, t.acct.messages
	for _, l := range src.blocks {
		for e := range l.within(uids) {
			bytes += int64(e.Size)
			messages++
		}
	}
	if q.Bytes > 0 && bytes > q.Bytes || q.Messages > 0 && messages > q.Messages {
		return ErrOverQuota
	}
	return nil
}

// pickEntries returns up to most messages of the loaded blocks in a set.
func pickEntries(b *box, uids UIDSet, most int) []Entry {
	var picked []Entry
	for _, l := range b.blocks {
		for e := range l.within(uids) {
			if len(picked) == most {
				return picked
			}
			picked = append(picked, *e)
		}
	}
	return picked
}

// copyEntries copies messages until their records are as many bytes as a
// commit may have, and returns how many it did.
func (t *tx) copyEntries(src, dst *box, picked []Entry, move bool, out *Copied) (done int, err error) {
	w := newWalk(t.space, src.id, messageKinds[:], picked[0].UID, picked[len(picked)-1].UID)
	defer func() {
		if closing := w.close(); err == nil {
			err = closing
		}
	}()
	c := copier{t: t, w: w, src: src, dst: dst, move: move}
	for i := range picked {
		uid, err := c.copy(&picked[i])
		if err != nil {
			return 0, fmt.Errorf("copy message %d of mailbox %d: %w", picked[i].UID, src.id, err)
		}
		if uid != 0 {
			out.Source, out.Dest = out.Source.add(picked[i].UID), out.Dest.add(uid)
		}
		if done = i + 1; c.bytes >= maxCopyBytes {
			break
		}
	}
	return done, nil
}

// copier copies messages from one mailbox to another.
type copier struct {
	t        *tx
	w        *walk
	src, dst *box
	move     bool
	bytes    int // of the records that it wrote
	zones    zones
	keywords [64]Flags // flag in dst of a keyword of src by its bit, once known
	known    Flags     // bits of src that keywords has
}

// copy copies one message and returns its new UID; 0 when its record is
// missing, so that there is nothing to copy.
func (c *copier) copy(e *Entry) (UID, error) {
	value, err := c.w.value(0, e.UID)
	if err != nil || value == nil {
		return 0, err
	}
	c.bytes += len(value)
	var msg Message
	if err := msg.decodeMeta(value, &c.zones); err != nil {
		return 0, err
	}
	if !c.move {
		c.t.acct.lastEmail++
		msg.EmailID = c.t.acct.lastEmail
	}
	flags, err := c.flags(e.Flags)
	if err != nil {
		return 0, err
	}
	uid, err := c.t.enter(c.dst, &msg, flags, Quota{})
	if err != nil {
		return 0, err
	}
	for k, kind := range messageKinds[1:] {
		value, err := c.w.value(k+1, e.UID)
		if err != nil {
			return 0, err
		}
		if value == nil {
			continue // it is derived: Rebuild makes it again
		}
		c.bytes += len(value)
		if err := c.t.setItem(kind, c.dst.id, uid, value); err != nil {
			return 0, err
		}
	}
	return uid, nil
}

// flags translates flags by the names of keywords. A keyword for which the
// destination has no room is left out.
func (c *copier) flags(f Flags) (Flags, error) {
	out := f & SystemFlags
	for rest := f &^ SystemFlags; rest != 0; rest &= rest - 1 {
		bit := bits.TrailingZeros64(uint64(rest))
		if c.known&(1<<bit) == 0 {
			to, err := c.keyword(bit - keywordShift)
			if err != nil {
				return 0, err
			}
			c.keywords[bit] = to
			c.known |= 1 << bit
		}
		out |= c.keywords[bit]
	}
	return out, nil
}

func (c *copier) keyword(index int) (Flags, error) {
	table, err := c.t.keywords(c.src)
	if err != nil || index < 0 || index >= len(table) {
		return 0, err
	}
	f, err := c.t.keyword(c.dst, table[index])
	if err != nil {
		return 0, nil //nolint:nilerr // no room, or a name that is no longer allowed
	}
	return f, nil
}
