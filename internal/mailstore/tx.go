package mailstore

import (
	"errors"
	"fmt"
	"time"

	"tram/internal/storage/kv"
)

// tx is the work of one transaction on one account. Methods change the records
// of messages at once and collect the rest (counters, blocks of flags, change
// log) in memory; flush writes it, once for each mailbox.
//
// Methods read what they need before they write: a store may have to index a
// transaction that reads after it wrote, which costs more than the writes.
type tx struct {
	space kv.Space
	id    kv.Account
	whole kv.Tx // the commit that this is a part of
	acct  account
	seq   ModSeq // of everything that this transaction changes
	now   time.Time
	boxes []*box
	wide  change  // what changed in no mailbox: logged under mailbox 0
	dirty bool    // the account record changed
	cut   *logCut // of the change log, or nil

	views   *views   // to look at what is in memory already
	sharing kv.Space // the index of grants; nil when the transaction has no part in it
	pools   *pools
	others  *usage // of the pool, what the other accounts have; nil until it is asked for
	regrant bool   // an access control list changed

	key, hi, value []byte // scratch: Set and Delete copy
}

// box is one mailbox inside a transaction.
type box struct {
	id MailboxID
	counters
	before ModSeq // highest before the transaction
	fresh  UID    // UIDNEXT before the transaction: no message from here on is stored yet

	table        []string // of keywords
	tableRead    bool
	tableChanged bool
	taken        Flags // keywords whose places are not free: those that are wanted, and once counted those of messages
	counted      bool

	blocks  []loaded // in ascending order
	change  change
	deleted bool
}

// loaded is a block of flags inside a transaction.
type loaded struct {
	*block
	changed bool
}

// begin reads the account record, and makes the account at its first use.
func begin(space kv.Space, id kv.Account, keepLog ModSeq) (*tx, error) {
	t := &tx{space: space, id: id, now: time.Now()}
	acct, used, err := readAccount(space)
	if err != nil {
		return nil, err
	}
	t.acct, t.seq = acct, acct.modSeq+1
	if used {
		return t, t.planCut(keepLog)
	}
	return t, t.makeHome()
}

// box returns a mailbox of the account, or ErrNoMailbox.
func (t *tx) box(id MailboxID) (*box, error) {
	for _, b := range t.boxes {
		if b.id == id && !b.deleted {
			return b, nil
		}
	}
	t.key = appendBoxKey(t.key[:0], kindCounters, id)
	c, err := readCounters(t.space, t.key)
	if err != nil {
		return nil, err
	}
	b := &box{id: id, counters: c, before: c.highest, fresh: c.uidNext}
	t.boxes = append(t.boxes, b)
	return b, nil
}

// block returns one block of flags, empty when there is none.
func (t *tx) block(b *box, num uint32) (*loaded, error) {
	at := len(b.blocks)
	for at > 0 && b.blocks[at-1].num >= num {
		at--
	}
	if at < len(b.blocks) && b.blocks[at].num == num {
		return &b.blocks[at], nil
	}
	blk, err := t.readBlock(b, num)
	if err != nil {
		return nil, err
	}
	b.blocks = append(b.blocks, loaded{})
	copy(b.blocks[at+1:], b.blocks[at:])
	b.blocks[at] = loaded{block: blk}
	return &b.blocks[at], nil
}

func (t *tx) readBlock(b *box, num uint32) (*block, error) {
	if UID(num)<<blockShift >= b.fresh {
		return &block{num: num}, nil
	}
	t.key = appendItemKey(t.key[:0], kindFlags, b.id, num)
	value, err := t.space.Get(t.key)
	if errors.Is(err, kv.ErrNotFound) {
		return &block{num: num}, nil
	}
	if err != nil {
		return nil, err
	}
	blk, err := decodeBlock(num, value, 1)
	if err != nil {
		return nil, fmt.Errorf("mailbox %d block %d: %w", b.id, num, err)
	}
	return blk, nil
}

// load reads all blocks that hold messages of a set, in one walk. It is called
// before any other block of the mailbox is touched.
func (t *tx) load(b *box, uids UIDSet) error {
	uids = uids.upTo(b.fresh - 1)
	if len(uids) == 0 {
		return nil
	}
	first, last := blockOf(uids[0].First), blockOf(uids[len(uids)-1].Last)
	if first == last {
		_, err := t.block(b, first)
		return err
	}
	if len(b.blocks) > 0 {
		panic("mailstore: load after a block was touched")
	}
	t.key = appendItemKey(t.key[:0], kindFlags, b.id, first)
	t.hi = appendItemKey(t.hi[:0], kindFlags, b.id, last+1)
	it := t.space.Scan(t.key, t.hi)
	defer it.Close()
	for ok := it.Next(); ok; {
		num := itemOf(it.Key())
		for len(uids) > 0 && blockOf(uids[0].Last) < num {
			uids = uids[1:]
		}
		if len(uids) == 0 {
			break
		}
		if want := blockOf(uids[0].First); want > num {
			t.key = appendItemKey(t.key[:0], kindFlags, b.id, want)
			ok = it.Seek(t.key)
			continue
		}
		blk, err := decodeBlock(num, it.Value(), 0)
		if err != nil {
			return fmt.Errorf("mailbox %d block %d: %w", b.id, num, err)
		}
		b.blocks = append(b.blocks, loaded{block: blk})
		// Not beyond the last one: it is the one that every delivery writes, and
		// a store may have to step over all its old versions.
		ok = num < last && it.Next()
	}
	return it.Err()
}

// count changes the counters of a mailbox and of the account by one message.
func (t *tx) count(b *box, e *Entry, n int) {
	b.counters.count(e, n)
	t.acct.messages += int64(n)
	t.acct.bytes += int64(n) * int64(e.Size)
	t.dirty = true
}
