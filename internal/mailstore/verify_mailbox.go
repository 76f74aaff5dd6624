package mailstore

import (
	"errors"
)

// mailbox checks the counters, flags and messages of one mailbox.
func (v *verifier) mailbox(id MailboxID) error {
	c, err := readCounters(v.r, appendBoxKey(nil, kindCounters, id))
	switch {
	case errors.Is(err, ErrNoMailbox), errors.Is(err, ErrCorrupt):
		v.problem(id, 0, err, "counters")
	case err != nil:
		return err
	case c.uidValidity != v.boxes[id].UIDValidity:
		v.problem(id, 0, nil, "UIDVALIDITY is %d in the counters and %d in the mailbox", c.uidValidity, v.boxes[id].UIDValidity)
	}
	table, err := readKeywords(v.r, id)
	if err != nil || len(table) != int(c.keywords) {
		v.problem(id, 0, err, "%d keywords, the counters say %d", len(table), c.keywords)
	}
	check := boxCheck{verifier: v, id: id, c: c, allowed: allowedFlags(len(table))}
	if err := check.run(); err != nil {
		return err
	}
	found := check.found
	if found.messages != c.messages || found.unseen != c.unseen || found.deleted != c.deleted || found.size != c.size {
		v.problem(id, 0, nil, "%d messages, %d unseen, %d deleted, %d bytes; counted are %d, %d, %d, %d",
			found.messages, found.unseen, found.deleted, found.size, c.messages, c.unseen, c.deleted, c.size)
	}
	if c.highest > v.acct.modSeq {
		v.problem(id, 0, nil, "MODSEQ %d, the account is at %d", c.highest, v.acct.modSeq)
	}
	v.sum.messages += found.messages
	v.sum.size += found.size
	return nil
}

// boxCheck compares the flags of a mailbox with the records of its messages.
// Both are in ascending order of UIDs.
type boxCheck struct {
	*verifier
	id      MailboxID
	c       counters
	allowed Flags
	found   counters // recomputed
	walk    *walk
	next    UID // messages below it are done
	zones   zones
}

func (b *boxCheck) run() error {
	b.walk = newWalk(b.r, b.id, messageKinds[:], 1, 1<<32-1)
	err := b.blocks()
	if err == nil {
		err = b.unflagged(1<<32 - 1)
	}
	return errors.Join(err, b.walk.close())
}

func (b *boxCheck) blocks() error {
	it := b.r.Scan(appendBoxKey(nil, kindFlags, b.id), appendBoxKey(nil, kindFlags, b.id+1))
	defer it.Close()
	for it.Next() {
		blk, err := decodeBlock(itemOf(it.Key()), it.Value(), 0)
		if err != nil {
			b.problem(b.id, UID(itemOf(it.Key()))<<blockShift, err, "flags of the messages from here on")
			continue
		}
		if len(blk.entries) == 0 {
			b.problem(b.id, UID(blk.num)<<blockShift, nil, "a record of flags without messages")
		}
		for i := range blk.entries {
			if err := b.entry(&blk.entries[i]); err != nil {
				return err
			}
		}
	}
	return it.Err()
}

// entry checks one message that has flags.
func (b *boxCheck) entry(e *Entry) error {
	if err := b.unflagged(e.UID); err != nil {
		return err
	}
	b.next = e.UID + 1
	b.found.count(e, 1)
	switch {
	case e.UID == 0 || e.UID >= b.c.uidNext:
		b.problem(b.id, e.UID, nil, "UIDNEXT is %d", b.c.uidNext)
	case e.ModSeq > b.c.highest || e.ModSeq == 0:
		b.problem(b.id, e.UID, nil, "MODSEQ %d, the mailbox is at %d", e.ModSeq, b.c.highest)
	case e.Flags&^b.allowed != 0:
		b.problem(b.id, e.UID, nil, "flags %#x without a name", uint64(e.Flags&^b.allowed))
	}
	return b.message(e)
}

// unflagged reports messages that have a record but no flags, below a UID.
func (b *boxCheck) unflagged(below UID) error {
	for b.next < below {
		uid, ok := b.walk.next(b.next)
		if !ok || uid >= below {
			return b.walk.its[0].Err()
		}
		b.problem(b.id, uid, nil, "has a record but no flags: no client sees it")
		b.next = uid + 1
	}
	return nil
}
