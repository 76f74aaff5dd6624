package mailstore

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"
)

// A mailbox has MaxKeywords places for keywords, and the flag of a keyword is
// its place. A keyword keeps its place as long as a message has it; when all
// places are taken, a new keyword gets that of one that no message has.
//
// So a flag may mean something else in a later view. In between, no message had
// it: an entry that both views have with the same MODSEQ lacks it, and one that
// has it has changed. Only who carries entries of one view into another one has
// to translate them ([renaming]): messages that a session still sees after they
// were expunged, or as they were.

// allKeywords are the flags of all places.
const allKeywords = ^(Flags(1)<<keywordShift - 1)

// keywords returns the table of keywords.
func (t *tx) keywords(b *box) ([]string, error) {
	if !b.tableRead && b.counters.keywords > 0 {
		table, err := readKeywords(t.space, b.id)
		if err != nil {
			return nil, err
		}
		b.table = table
	}
	b.tableRead = true
	return b.table, nil
}

// keyword returns the flag of a keyword, to which it gives a place when it is
// new. ErrTooManyKeywords when there is none.
func (t *tx) keyword(b *box, name string) (Flags, error) {
	if err := checkKeyword(name); err != nil {
		return 0, err
	}
	table, err := t.keywords(b)
	if err != nil {
		return 0, err
	}
	i := keywordIndex(table, name)
	if i < 0 {
		if i, err = t.freePlace(b); err != nil {
			return 0, err
		}
		// A view may have the old table: it must not see the new name.
		b.table = append(table[:i:i], name)
		if i < len(table) {
			b.table = append(b.table, table[i+1:]...)
		}
		b.tableChanged = true
		b.counters.keywords = uint32(len(b.table))
	}
	// No message may have it yet, but soon will.
	b.taken |= Keyword(i)
	return Keyword(i), nil
}

// freePlace returns a place for a new keyword: behind the others as long as
// there is room, and only then one whose keyword no message has.
func (t *tx) freePlace(b *box) (int, error) {
	if len(b.table) < MaxKeywords {
		return len(b.table), nil
	}
	if !b.counted {
		held, err := t.heldKeywords(b)
		if err != nil {
			return 0, err
		}
		b.taken, b.counted = b.taken|held, true
	}
	free := allKeywords &^ b.taken
	if free == 0 {
		return 0, ErrTooManyKeywords
	}
	return bits.TrailingZeros64(uint64(free)) - keywordShift, nil
}

// heldKeywords returns the flags that messages of a mailbox have. Blocks that
// the transaction has loaded count as they are in it.
func (t *tx) heldKeywords(b *box) (Flags, error) {
	var held Flags
	for i := range b.blocks {
		for k := range b.blocks[i].entries {
			held |= b.blocks[i].entries[k].Flags
		}
	}
	if v := t.views.peek(t.id, b.id); v.shows(b.counters) {
		for _, blk := range v.blocks {
			if !b.hasBlock(blk.num) {
				held |= blk.together()
			}
		}
		return held, nil
	}
	return t.storedKeywords(b, held)
}

// storedKeywords adds the flags of the blocks that are not loaded to held. When
// one cannot be read, all may be in it.
func (t *tx) storedKeywords(b *box, held Flags) (Flags, error) {
	it := t.space.Scan(appendBoxKey(nil, kindFlags, b.id), appendBoxKey(nil, kindFlags, b.id+1))
	defer it.Close()
	for ok := b.fresh > 1 && it.Next(); ok && held&allKeywords != allKeywords; {
		num := itemOf(it.Key())
		if !b.hasBlock(num) {
			blk, err := decodeBlock(num, it.Value(), 0)
			switch {
			case errors.Is(err, ErrCorrupt):
				return allKeywords, nil
			case err != nil:
				return 0, fmt.Errorf("mailbox %d block %d: %w", b.id, num, err)
			}
			held |= blk.together()
		}
		// Not beyond the last one: see load.
		ok = num < blockOf(b.fresh-1) && it.Next()
	}
	return held, it.Err()
}

// hasBlock reports whether the transaction has loaded a block.
func (b *box) hasBlock(num uint32) bool {
	_, found := slices.BinarySearchFunc(b.blocks, num, func(l loaded, num uint32) int { return int(int64(l.num) - int64(num)) })
	return found
}

// TakesKeywords reports whether messages can be given a keyword that the
// mailbox does not have.
func (v *View) TakesKeywords() bool {
	if len(v.keywords) < MaxKeywords {
		return true
	}
	var held Flags
	for _, b := range v.blocks {
		held |= b.together()
	}
	return held&allKeywords != allKeywords
}
