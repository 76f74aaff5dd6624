package mailstore

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"tram/internal/storage/kv"
)

// Copied is the outcome of Copy and Move: the messages by their old and new
// UIDs, in the same order and number (COPYUID, RFC 4315).
type Copied struct {
	UIDValidity  uint32 // of the destination
	Source, Dest UIDSet
}

// Place is a mailbox of an account.
type Place struct {
	Account kv.Account
	Mailbox MailboxID
}

// Copy copies those messages of the set that exist to the end of another, or
// the same, mailbox with flags and dates. When it fails, what was copied
// already is removed again (RFC 3501 6.4.7).
func (s *Store) Copy(ctx context.Context, from, to Place, uids UIDSet, q Quota) (Copied, error) {
	return s.copy(ctx, transfer{from: from, to: to, uids: uids, quota: q})
}

func (s *Store) copy(ctx context.Context, work transfer) (Copied, error) {
	out, err := s.transfer(ctx, work)
	if err != nil && len(out.Dest) > 0 {
		to := work.to
		if _, undo := s.Remove(context.WithoutCancel(ctx), to.Account, to.Mailbox, out.Dest); undo != nil {
			s.log.Warn("a copy that failed could not be undone", "account", to.Account, "mailbox", to.Mailbox, "err", undo)
		}
		return Copied{}, err
	}
	return out, err
}

// Move moves those messages of the set that exist to the end of another, or
// the same, mailbox. Each message is always in exactly one of them (RFC 6851
// 3.3), also when they belong to two accounts: then the quota of the
// destination's counts. After an error Copied has those that were moved before
// it.
func (s *Store) Move(ctx context.Context, from, to Place, uids UIDSet, q Quota) (Copied, error) {
	return s.transfer(ctx, transfer{from: from, to: to, uids: uids, quota: q, move: true})
}

// transfer is a Copy or Move, and what is left of it to do.
type transfer struct {
	from, to Place
	uids     UIDSet
	quota    Quota
	drop     dropped // flags that the copies do not have
	move     bool
	begun    bool
}

// dropped are flags that are left out.
type dropped struct {
	flags    Flags // system flags
	keywords bool
}

// within reports whether nothing leaves the account.
func (w *transfer) within() bool { return w.from.Account == w.to.Account }

// transfer carries out commits until nothing is left.
func (s *Store) transfer(ctx context.Context, work transfer) (out Copied, err error) {
	accounts := []kv.Account{work.from.Account}
	if !work.within() {
		accounts = append(accounts, work.to.Account)
	}
	for {
		var part Copied
		var rest UIDSet
		err := s.updateAll(ctx, accounts, func(txs []*tx) (err error) {
			part, rest, err = txs[0].transfer(txs[len(txs)-1], work)
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
		reportProgress(ctx, out.Source.Len())
		work.uids, work.begun = rest, true
	}
}

// transfer carries out one commit's share and returns the messages that are
// left. into is the transaction of the destination's account, often t itself.
func (t *tx) transfer(into *tx, work transfer) (out Copied, rest UIDSet, err error) {
	src, err := t.box(work.from.Mailbox)
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
	dst, err := into.boxForAppend(work.to.Mailbox)
	if err != nil {
		return out, nil, err
	}
	if !work.move || !work.within() { // what moves within the account takes no room
		quota := work.quota
		if work.move && t.pools.together(t.id, into.id) {
			quota.Pool = Pool{} // it has as much as before
		}
		if err := into.fits(src, uids, quota); err != nil {
			return out, nil, err
		}
	}
	picked := pickEntries(src, uids, maxCopy)
	out.UIDValidity = dst.uidValidity
	if len(picked) == 0 {
		return out, nil, nil
	}
	c := copier{t: t, into: into, src: src, dst: dst, move: work.move, drop: work.drop}
	done, err := c.copyAll(picked, &out)
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
	var bytes, messages int64
	for _, l := range src.blocks {
		for e := range l.within(uids) {
			bytes += int64(e.Size)
			messages++
		}
	}
	return t.room(&q, bytes, messages)
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

// copier copies messages from one mailbox to another.
type copier struct {
	t, into  *tx // of the source's account and of the destination's
	w        *walk
	src, dst *box
	move     bool
	drop     dropped
	bytes    int // of the records that it wrote
	zones    zones
	keywords [64]Flags // flag in dst of a keyword of src by its bit, once known
	known    Flags     // bits of src that keywords has
}

// copyAll copies messages until their records are as many bytes as a commit may
// have, and returns how many it did.
func (c *copier) copyAll(picked []Entry, out *Copied) (done int, err error) {
	c.w = newWalk(c.t.space, c.src.id, messageKinds[:], picked[0].UID, picked[len(picked)-1].UID)
	defer func() {
		if closing := c.w.close(); err == nil {
			err = closing
		}
	}()
	for i := range picked {
		uid, err := c.copy(&picked[i])
		if err != nil {
			return 0, fmt.Errorf("copy message %d of mailbox %d: %w", picked[i].UID, c.src.id, err)
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
	thread, err := c.rename(&msg, e.UID)
	if err != nil {
		return 0, err
	}
	flags, err := c.flags(e.Flags)
	if err != nil {
		return 0, err
	}
	uid, err := c.into.enter(c.dst, &msg, flags, Quota{})
	if err != nil {
		return 0, err
	}
	if err := c.into.keepThread(&thread); err != nil {
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
		if err := c.into.setItem(kind, c.dst.id, uid, value); err != nil {
			return 0, err
		}
	}
	return uid, nil
}

// rename gives a copy the IDs that are not the original's. They are an
// account's own: in another one nothing is kept, and the thread is found anew.
func (c *copier) rename(msg *Message, uid UID) (thread threadPlan, err error) {
	another := c.into != c.t
	if c.move && !another {
		return thread, nil
	}
	c.into.acct.lastEmail++
	msg.EmailID = c.into.acct.lastEmail
	if !another {
		return thread, nil
	}
	msg.ContentID = msg.EmailID
	header, err := c.w.value(slices.Index(messageKinds[:], kindHeader), uid)
	if err != nil {
		return thread, err
	}
	var lines Message
	if lines.decodeHeader(header) != nil {
		lines.Header = nil // damaged: it begins a thread of its own
	}
	thread, err = c.into.planThread(lines.Header, msg.ContentID, nil)
	msg.ThreadID = thread.thread
	return thread, err
}

// flags translates flags by the names of keywords. A keyword for which the
// destination has no room is left out.
func (c *copier) flags(f Flags) (Flags, error) {
	out := f & SystemFlags &^ c.drop.flags
	if c.drop.keywords {
		return out, nil
	}
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
	f, err := c.into.keyword(c.dst, table[index])
	if errors.Is(err, ErrTooManyKeywords) || errors.Is(err, ErrKeyword) { // no room, or a name that is no longer allowed
		return 0, nil
	}
	return f, err
}
