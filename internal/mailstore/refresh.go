package mailstore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"tram/internal/storage/kv"
)

// View returns the newest picture of a mailbox.
func (s *Store) View(ctx context.Context, id kv.Account, m MailboxID) (*View, error) {
	slot := s.views.open(viewKey{id, m})
	v, err := s.viewIn(ctx, slot)
	if err != nil {
		return nil, err
	}
	s.views.used(slot, v)
	// After the reading, not before: a commit may lie between the two.
	if err := s.db.Sync(ctx, id); err != nil {
		return nil, err
	}
	return v, nil
}

// viewIn brings the view of a slot up to date. One caller does it for all who
// ask at the same time.
func (s *Store) viewIn(ctx context.Context, slot *slot) (*View, error) {
	slot.mu.Lock()
	defer slot.mu.Unlock()
	old, v := slot.view(), (*View)(nil)
	version, known := s.db.Version(slot.key.account)
	if old != nil && known && slot.known && version == slot.version {
		return old, nil
	}
	err := s.db.View(ctx, slot.key.account, func(r kv.Reader) (err error) {
		v, err = refresh(r, slot.key.mailbox, old)
		return err
	})
	if err != nil {
		return nil, err
	}
	if v != old {
		slot.set(v)
	}
	slot.version, slot.known = version, known
	return v, nil
}

// refresh returns the view of a mailbox as r shows it: old itself when nothing
// changed, old advanced by what the change log says, or a new one.
func refresh(r kv.Reader, m MailboxID, old *View) (*View, error) {
	c, err := readCounters(r, appendBoxKey(nil, kindCounters, m))
	if err != nil {
		return nil, err
	}
	if old == nil || old.counters.uidValidity != c.uidValidity || old.counters.highest > c.highest {
		return scanView(r, m, c)
	}
	if old.counters.highest == c.highest {
		return old, nil
	}
	keywords, err := newerKeywords(r, m, c, old.keywords)
	if err != nil {
		return nil, err
	}
	nums, ok, err := changedBlocks(r, m, old)
	if err != nil {
		return nil, err
	}
	if !ok {
		return scanView(r, m, c)
	}
	blocks, err := readBlocks(r, m, nums)
	if err != nil {
		return nil, err
	}
	v := old.replace(c, keywords, blocks)
	if v.length != int(c.messages) { // the log does not tell the truth: look at the records
		return scanView(r, m, c)
	}
	return v, nil
}

// newerKeywords returns the table of keywords after a change of the mailbox. It
// is looked at when it has grown, or when it is full: then a keyword may have
// got the place of another one.
func newerKeywords(r kv.Reader, m MailboxID, c counters, known []string) ([]string, error) {
	if len(known) == int(c.keywords) && c.keywords < MaxKeywords {
		return known, nil
	}
	table, err := readKeywords(r, m)
	if err != nil || slices.Equal(table, known) {
		return known, err
	}
	return table, nil
}

// scanView reads the keywords and all blocks of a mailbox.
func scanView(r kv.Reader, m MailboxID, c counters) (*View, error) {
	keywords, err := newerKeywords(r, m, c, nil)
	if err != nil {
		return nil, err
	}
	blocks := make([]*block, 0, (c.messages+blockUIDs-1)/blockUIDs)
	it := r.Scan(appendBoxKey(nil, kindFlags, m), appendBoxKey(nil, kindFlags, m+1))
	defer it.Close()
	for ok := it.Next(); ok; {
		b, err := decodeBlock(itemOf(it.Key()), it.Value(), 0)
		if err != nil {
			return nil, fmt.Errorf("mailbox %d block %d: %w", m, itemOf(it.Key()), err)
		}
		blocks = append(blocks, b)
		// Not beyond the last one: see load.
		ok = b.num < blockOf(c.uidNext-1) && it.Next()
	}
	if err := it.Err(); err != nil {
		return nil, err
	}
	v := newView(m, c, keywords, blocks)
	v.counters.messages = uint32(v.length) // Verify reports a difference; sessions must count what they see
	return v, nil
}

// changedBlocks returns the numbers of the blocks that changed after a view,
// as the change log has them, in ascending order. It is not ok when the log
// does not reach back so far, or when reading all blocks is less work.
func changedBlocks(r kv.Reader, m MailboxID, old *View) (nums []uint32, ok bool, err error) {
	acct, _, err := readAccount(r)
	if err != nil || acct.logFloor > old.counters.highest {
		return nil, false, err
	}
	most := 64 + len(old.blocks)/2
	steps := 0
	err = eachChange(r, old.counters.highest, func(_ ModSeq, box MailboxID, value []byte) (bool, error) {
		if steps++; steps > most {
			return false, nil
		}
		if box != m {
			return true, nil
		}
		c, err := decodeChange(value)
		for _, set := range [...]UIDSet{c.added, c.flags, c.expunged} {
			nums = appendBlockNums(nums, set, most)
		}
		return len(nums) <= most, err
	})
	if errors.Is(err, ErrCorrupt) {
		return nil, false, nil // the log is derived: the records know better
	}
	slices.Sort(nums)
	return slices.Compact(nums), steps <= most && len(nums) <= most, err
}

// appendBlockNums appends the numbers of the blocks of a set, and stops when
// there are more than most.
func appendBlockNums(nums []uint32, set UIDSet, most int) []uint32 {
	for _, r := range set {
		for num := blockOf(r.First); num <= blockOf(r.Last) && len(nums) <= most; num++ {
			nums = append(nums, num)
		}
	}
	return nums
}

// readBlocks reads blocks by their numbers; those that are gone come without
// entries.
func readBlocks(r kv.Reader, m MailboxID, nums []uint32) ([]*block, error) {
	blocks := make([]*block, 0, len(nums))
	var key []byte
	for _, num := range nums {
		key = appendItemKey(key[:0], kindFlags, m, num)
		value, err := r.Get(key)
		if errors.Is(err, kv.ErrNotFound) {
			blocks = append(blocks, &block{num: num})
			continue
		}
		if err != nil {
			return nil, err
		}
		b, err := decodeBlock(num, value, 0)
		if err != nil {
			return nil, fmt.Errorf("mailbox %d block %d: %w", m, num, err)
		}
		blocks = append(blocks, b)
	}
	return blocks, nil
}
