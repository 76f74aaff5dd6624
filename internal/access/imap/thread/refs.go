package thread

import (
	"cmp"
	"slices"
)

// Refs threads by Message-ID and references alone: subjects do not join
// threads, and the threads stand in the order of their latest messages (REFS of
// draft-ietf-morg-inthread, by sent dates as in Dovecot).
func Refs(msgs []Message) *Forest {
	b := newBuilder(msgs)
	for i := range msgs {
		b.link(int32(i))
	}
	f := b.forest()
	f.prune()
	f.sortSiblings()
	f.sortByLatest()
	return f
}

// sortByLatest orders the threads by their latest messages.
func (f *Forest) sortByLatest() {
	latest := make([]*Message, len(f.kids))
	for _, n := range f.postorder() {
		m := f.first(n)
		for _, kid := range f.kids[n] {
			if k := latest[kid]; later(k, m) {
				m = k
			}
		}
		latest[n] = m
	}
	slices.SortFunc(f.root, func(a, b int32) int {
		if later(latest[b], latest[a]) {
			return -1
		}
		return 1
	})
}

// later reports whether a comes behind b.
func later(a, b *Message) bool {
	return cmp.Or(cmp.Compare(a.Date, b.Date), cmp.Compare(a.Number, b.Number)) > 0
}
