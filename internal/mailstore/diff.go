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
		i, j := 0, 0 // indexes of the blocks' first messages
		eachPair(old.blocks, new.blocks, func(was, is *block) bool {
			ok := was == is || diffBlock(was, is, i, j, yield)
			i += was.len()
			j += is.len()
			return ok
		})
	}
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

func (b *block) len() int { return len(b.list()) }

// eachPair walks over two lists of blocks side by side; nil stands for a block
// that one list lacks. It stops when fn returns false.
func eachPair(a, b []*block, fn func(x, y *block) bool) {
	for len(a) > 0 || len(b) > 0 {
		var x, y *block
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].num < b[0].num:
			x, a = a[0], a[1:]
		case len(a) == 0 || b[0].num < a[0].num:
			y, b = b[0], b[1:]
		default:
			x, a, y, b = a[0], a[1:], b[0], b[1:]
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
