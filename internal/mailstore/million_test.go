package mailstore

import "testing"

// million is a view of a million messages.
func million() *View {
	blocks := make([]*block, 7813)
	for i := range blocks {
		b := &block{num: uint32(i)}
		for j := range blockUIDs {
			b.entries = append(b.entries, Entry{UID: UID(i*blockUIDs + j), ModSeq: 1})
		}
		blocks[i] = b
	}
	return newView(1, counters{}, nil, blocks)
}

// flagged is the next version of a view, in which one message has a flag.
func flagged(v *View, index int) *View {
	n := v.blockAt(index)
	b := &block{num: v.blocks[n].num, entries: append([]Entry(nil), v.blocks[n].entries...)}
	b.entries[index-int(v.starts[n])].Flags = Flagged
	return v.replace(v.counters, v.keywords, []*block{b})
}

// TestLargeViewShares: a flag in a large mailbox changes one block, and the
// places of messages are shared.
func TestLargeViewShares(t *testing.T) {
	old := million()
	is := flagged(old, 500_000)
	different := 0
	eachPair(old, is, func(i, j int) bool { different++; return i == j })
	if different != 1 || &old.starts[0] != &is.starts[0] {
		t.Errorf("%d blocks differ", different)
	}
	var changes []Change
	for c := range Diff(old, is) {
		changes = append(changes, c)
	}
	if len(changes) != 1 || changes[0].Kind != FlagsChanged || changes[0].Old != 500_000 || changes[0].New != 500_000 {
		t.Errorf("%+v", changes)
	}
	if is.Keeping(old) != is {
		t.Error("a view without expunged messages was made anew")
	}
}

func BenchmarkLargeView(b *testing.B) {
	old := million()
	is := flagged(old, 500_000)
	b.Run("flag", func(b *testing.B) {
		for b.Loop() {
			flagged(old, 500_000)
		}
	})
	b.Run("diff", func(b *testing.B) {
		for b.Loop() {
			for range Diff(old, is) {
			}
		}
	})
	b.Run("keeping", func(b *testing.B) {
		for b.Loop() {
			is.Keeping(old)
		}
	})
}
