package mailstore

import "iter"

// ChangeKind says what happened to a message between two views.
type ChangeKind uint8

// The kinds of changes.
const (
	Expunged ChangeKind = iota + 1
	FlagsChanged
	Added
)

// Change is the difference of one message between two views.
type Change struct {
	Kind  ChangeKind
	Old   int   // index in the old view; -1 for Added
	New   int   // index in the new view; -1 for Expunged
	Entry Entry // in the new view; in the old one for Expunged
}

// Diff walks over the messages that differ between two views of one mailbox,
// in ascending order of UIDs. Blocks that both share cost nothing. It is meant
// for the earlier and the later view, but any two will do.
func Diff(old, new *View) iter.Seq[Change] {
	return func(yield func(Change) bool) {
		eachPair(old, new, func(i, j int) bool {
			return diffBlock(old.block(i), new.block(j), old.start(i), new.start(j), yield)
		})
	}
}

// block returns a block by its place, nil for -1.
func (v *View) block(n int) *block {
	if n < 0 {
		return nil
	}
	return v.blocks[n]
}

// start returns the index of the first message of a block.
func (v *View) start(n int) int {
	if n < 0 {
		return 0
	}
	return int(v.starts[n])
}

// diffBlock yields the changes of one block, which begins at index i of the
// old view and j of the new one.
func diffBlock(was, is *block, i, j int, yield func(Change) bool) bool {
	return eachEntry(was.list(), is.list(), func(a, b int) bool {
		switch {
		case b < 0:
			return yield(Change{Expunged, i + a, -1, was.entries[a]})
		case a < 0:
			return yield(Change{Added, -1, j + b, is.entries[b]})
		case was.entries[a] != is.entries[b]:
			return yield(Change{FlagsChanged, i + a, j + b, is.entries[b]})
		}
		return true
	})
}

func (b *block) list() []Entry {
	if b == nil {
		return nil
	}
	return b.entries
}

// eachPair walks over the blocks of two views that differ, side by side, by
// their places; -1 stands for a block that one view lacks. It stops when fn
// returns false. What both share costs a comparison of pointers.
func eachPair(a, b *View, fn func(i, j int) bool) {
	for i, j := 0, 0; ; {
		for i < len(a.blocks) && j < len(b.blocks) && a.blocks[i] == b.blocks[j] {
			i++
			j++
		}
		x, y := i, j
		switch {
		case i == len(a.blocks) && j == len(b.blocks):
			return
		case j == len(b.blocks) || i < len(a.blocks) && a.blocks[i].num < b.blocks[j].num:
			y = -1
			i++
		case i == len(a.blocks) || b.blocks[j].num < a.blocks[i].num:
			x = -1
			j++
		default:
			i++
			j++
		}
		if !fn(x, y) {
			return
		}
	}
}

// eachEntry walks over two lists of entries side by side by their indexes; -1
// stands for an entry that one list lacks.
func eachEntry(a, b []Entry, fn func(i, j int) bool) bool {
	for i, j := 0, 0; i < len(a) || j < len(b); {
		x, y := i, j
		switch {
		case j == len(b) || i < len(a) && a[i].UID < b[j].UID:
			y = -1
			i++
		case i == len(a) || b[j].UID < a[i].UID:
			x = -1
			j++
		default:
			i++
			j++
		}
		if !fn(x, y) {
			return false
		}
	}
	return true
}
