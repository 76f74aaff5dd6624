package mailstore

import (
	"iter"
	"slices"
	"sort"
)

// View is an immutable picture of one mailbox at one MODSEQ. All methods may
// be called from any goroutine.
type View struct {
	mailbox  MailboxID
	counters counters
	keywords []string
	blocks   []*block // in ascending order, none empty
	starts   []uint32 // index of the first message of each block
	length   int
}

// newView joins blocks; it drops empty ones in place.
func newView(m MailboxID, c counters, keywords []string, blocks []*block) *View {
	v := &View{mailbox: m, counters: c, keywords: keywords}
	v.blocks = slices.DeleteFunc(blocks, func(b *block) bool { return len(b.entries) == 0 })
	v.starts = make([]uint32, len(v.blocks))
	for i, b := range v.blocks {
		v.starts[i] = uint32(v.length)
		v.length += len(b.entries)
	}
	return v
}

// Len is the number of messages.
func (v *View) Len() int { return v.length }

// At returns the message with index i; its sequence number is i+1.
func (v *View) At(i int) Entry {
	n := v.blockAt(i)
	return v.blocks[n].entries[i-int(v.starts[n])]
}

// blockAt returns the number of the block that has index i.
func (v *View) blockAt(i int) int {
	return sort.Search(len(v.starts), func(n int) bool { return int(v.starts[n]) > i }) - 1
}

// Index returns the index of the message with this UID.
func (v *View) Index(uid UID) (int, bool) { return v.find(uid) }

// Search returns the index of the first message whose UID is uid or larger,
// and Len when there is none.
func (v *View) Search(uid UID) int {
	i, _ := v.find(uid)
	return i
}

func (v *View) find(uid UID) (int, bool) {
	num := blockOf(uid)
	n := sort.Search(len(v.blocks), func(n int) bool { return v.blocks[n].num >= num })
	if n == len(v.blocks) {
		return v.length, false
	}
	if v.blocks[n].num > num {
		return int(v.starts[n]), false
	}
	i, found := v.blocks[n].find(uid)
	return int(v.starts[n]) + i, found
}

// Blocks walks over the messages from index from on, in blocks: the index of
// the first message of the block, and its messages, which must not be changed.
func (v *View) Blocks(from int) iter.Seq2[int, []Entry] {
	return func(yield func(int, []Entry) bool) {
		if from >= v.length {
			return
		}
		for n := v.blockAt(from); n < len(v.blocks); n++ {
			start, entries := int(v.starts[n]), v.blocks[n].entries
			if skip := from - start; skip > 0 {
				start, entries = from, entries[skip:]
			}
			if !yield(start, entries) {
				return
			}
		}
	}
}

// Keywords returns the names of the mailbox's keywords; the flag of the one
// with index i is Keyword(i). It must not be changed. In another view of the
// mailbox a flag may mean another keyword: see [View.Renamed].
func (v *View) Keywords() []string { return v.keywords }

// Mailbox returns the ID of the mailbox.
func (v *View) Mailbox() MailboxID { return v.mailbox }

// Status returns the state of the mailbox at the MODSEQ of the view.
func (v *View) Status() Status { return v.counters.status() }

// HighestModSeq is the last change that the view shows.
func (v *View) HighestModSeq() ModSeq { return v.counters.highest }

// UIDNext is the UID that the next message gets.
func (v *View) UIDNext() UID { return v.counters.uidNext }

// UIDValidity of the mailbox.
func (v *View) UIDValidity() uint32 { return v.counters.uidValidity }

// replace returns the next version of a view: changed, in ascending order,
// take the places of the blocks with their numbers.
func (v *View) replace(c counters, keywords []string, changed []*block) *View {
	if next := v.swap(changed); next != nil {
		next.counters, next.keywords = c, keywords
		return next
	}
	blocks := make([]*block, 0, len(v.blocks)+len(changed))
	rest := v.blocks
	for _, b := range changed {
		n := sort.Search(len(rest), func(n int) bool { return rest[n].num >= b.num })
		blocks = append(append(blocks, rest[:n]...), b)
		if n < len(rest) && rest[n].num == b.num {
			n++
		}
		rest = rest[n:]
	}
	return newView(v.mailbox, c, keywords, append(blocks, rest...))
}

// swap is replace for the changes that are made most: of flags, and deliveries
// into the last block. No message but those at the end gets another index, so
// no other block is looked at: in a mailbox of a million messages they are
// 7,813 places of memory. nil when the changes are others.
func (v *View) swap(changed []*block) *View {
	next := &View{mailbox: v.mailbox, blocks: slices.Clone(v.blocks), starts: v.starts, length: v.length}
	for _, b := range changed {
		n := sort.Search(len(v.blocks), func(n int) bool { return v.blocks[n].num >= b.num })
		if n == len(v.blocks) || v.blocks[n].num != b.num || len(b.entries) == 0 {
			return nil
		}
		grown := len(b.entries) - len(v.blocks[n].entries)
		if grown != 0 && n != len(v.blocks)-1 {
			return nil
		}
		next.blocks[n] = b
		next.length += grown
	}
	return next
}

// Keeping returns the view with those messages of old that it no longer has,
// at their places, so that sequence numbers of a session that may not hear of
// an EXPUNGE yet stay right (RFC 3501 7.4.1). It is v itself when none is gone.
// One that has a keyword whose place is another's now is without it.
func (v *View) Keeping(old *View) *View {
	var changed []*block
	names := renamed(old.keywords, v.keywords)
	eachPair(old, v, func(i, j int) bool {
		if i < 0 {
			return true
		}
		is := v.block(j)
		if b := withGone(old.blocks[i], is, names); b != is {
			changed = append(changed, b)
		}
		return true
	})
	if len(changed) == 0 {
		return v
	}
	return v.replace(v.counters, v.keywords, changed)
}

// withGone returns is with the entries that only was has; is itself when there
// are none. is may be nil. names are for the flags of was.
func withGone(was, is *block, names *renaming) *block {
	if is == nil {
		return names.block(was)
	}
	var merged []Entry
	eachEntry(was.entries, is.entries, func(i, j int) bool {
		if j < 0 {
			merged = append(merged, names.entry(was.entries[i]))
		}
		return true
	})
	if len(merged) == 0 {
		return is
	}
	merged = append(merged, is.entries...)
	slices.SortFunc(merged, func(a, b Entry) int { return int(int64(a.UID) - int64(b.UID)) })
	return &block{num: is.num, entries: merged}
}

// Taking returns the view with those messages of a set as they are in from,
// which is a later view: what a session sees that wants to know only of what
// it did itself. Its keywords are those of from.
func (v *View) Taking(from *View, uids UIDSet) *View {
	v = v.under(from.keywords)
	var changed []*block
	eachPair(v, from, func(i, j int) bool {
		if i < 0 || j < 0 {
			return true
		}
		was, is := v.blocks[i], from.blocks[j]
		merged := &block{num: was.num, entries: slices.Clone(was.entries)}
		differs := false
		for e := range merged.within(uids) {
			if i, ok := is.find(e.UID); ok && *e != is.entries[i] {
				*e, differs = is.entries[i], true
			}
		}
		if differs {
			changed = append(changed, merged)
		}
		return true
	})
	if len(changed) == 0 {
		return v
	}
	return v.replace(v.counters, v.keywords, changed)
}

// WithFlags returns the view with other flags of the messages of a set.
func (v *View) WithFlags(uids UIDSet, flags func(Flags) Flags) *View {
	var changed []*block
	for _, was := range v.blocks {
		var is *block
		for e := range was.within(uids) {
			if is == nil {
				is = &block{num: was.num, entries: slices.Clone(was.entries)}
			}
			i, _ := is.find(e.UID)
			is.entries[i].Flags = flags(e.Flags)
		}
		if is != nil {
			changed = append(changed, is)
		}
	}
	if len(changed) == 0 {
		return v
	}
	return v.replace(v.counters, v.keywords, changed)
}
