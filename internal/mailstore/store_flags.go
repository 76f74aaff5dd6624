package mailstore

import (
	"context"

	"tram/internal/storage/kv"
)

// FlagOp says what to do with flags.
type FlagOp uint8

// The operations of STORE.
const (
	AddFlags FlagOp = iota + 1
	RemoveFlags
	ReplaceFlags
)

// FlagChange is what STORE asks for.
type FlagChange struct {
	Op       FlagOp
	Flags    Flags    // system flags
	Keywords []string // new ones are added to the mailbox's table

	// Keep are system flags that stay as they are, and with KeepKeywords so do
	// all keywords: the rights of who asks do not reach further.
	Keep         Flags
	KeepKeywords bool

	// With Conditional, messages that changed after UnchangedSince are left
	// alone (RFC 7162 3.1.3).
	Conditional    bool
	UnchangedSince ModSeq
}

// Stored is the outcome of StoreFlags.
type Stored struct {
	Changed  UIDSet // messages whose flags are different now
	Modified UIDSet // messages that failed the condition
	ModSeq   ModSeq // of the change; 0 when nothing changed
}

// StoreFlags changes the flags of those messages of the set that exist. A
// message that has these flags already keeps its MODSEQ.
func (s *Store) StoreFlags(ctx context.Context, id kv.Account, m MailboxID, uids UIDSet, c FlagChange) (Stored, error) {
	var out Stored
	err := s.update(ctx, id, func(t *tx) error {
		out = Stored{}
		b, err := t.box(m)
		if err != nil {
			return err
		}
		bits, err := t.flagBits(b, &c)
		if err != nil {
			return err
		}
		if err := t.load(b, uids); err != nil {
			return err
		}
		for i := range b.blocks {
			t.storeBlock(b, &b.blocks[i], uids, bits, &c, &out)
		}
		if out.Changed = b.change.flags; len(out.Changed) > 0 {
			out.ModSeq = t.seq
		}
		return nil
	})
	if err != nil {
		return Stored{}, err
	}
	return out, nil
}

// flagBits returns the flags of a change as bits of this mailbox. Only an
// operation that can set a keyword adds it to the table.
func (t *tx) flagBits(b *box, c *FlagChange) (Flags, error) {
	bits := c.Flags & SystemFlags
	if c.KeepKeywords {
		return bits, nil
	}
	for _, name := range c.Keywords {
		if c.Op != RemoveFlags {
			f, err := t.keyword(b, name)
			if err != nil {
				return 0, err
			}
			bits |= f
			continue
		}
		table, err := t.keywords(b)
		if err != nil {
			return 0, err
		}
		if i := keywordIndex(table, name); i >= 0 {
			bits |= Keyword(i)
		}
	}
	return bits, nil
}

// storeBlock changes the messages of one block.
func (t *tx) storeBlock(b *box, l *loaded, uids UIDSet, bits Flags, c *FlagChange, out *Stored) {
	keep := c.keep()
	for e := range l.within(uids) {
		flags := e.Flags&keep | c.Op.apply(e.Flags, bits)&^keep
		if c.Conditional && e.ModSeq > c.UnchangedSince {
			out.Modified = out.Modified.add(e.UID)
			continue
		}
		if flags == e.Flags {
			continue
		}
		b.recount(e.Flags, flags)
		e.Flags, e.ModSeq = flags, t.seq
		l.changed = true
		b.change.flags = b.change.flags.add(e.UID)
	}
}

// keep returns the flags that the change does not reach.
func (c *FlagChange) keep() Flags {
	if c.KeepKeywords {
		return c.Keep&SystemFlags | ^SystemFlags
	}
	return c.Keep & SystemFlags
}

func (op FlagOp) apply(flags, bits Flags) Flags {
	switch op {
	case AddFlags:
		return flags | bits
	case RemoveFlags:
		return flags &^ bits
	case ReplaceFlags:
		return bits
	}
	return flags
}

// recount changes the counters for one message whose flags change.
func (c *counters) recount(was, is Flags) {
	c.unseen += one(is&Seen == 0) - one(was&Seen == 0)
	c.deleted += one(is&Deleted != 0) - one(was&Deleted != 0)
}

func one(is bool) uint32 {
	if is {
		return 1
	}
	return 0
}
