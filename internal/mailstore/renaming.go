package mailstore

import (
	"math/bits"
	"slices"
	"strings"
)

// renaming says what flags of one table of keywords are with another one.
type renaming struct {
	moved Flags     // those that mean something else there
	to    [64]Flags // by their bits, the same keyword there; 0 when it has no place any more
}

// renamed compares two tables of keywords; nil when all flags of the first mean
// the same in the second.
func renamed(from, to []string) *renaming {
	var r *renaming
	for i, name := range from {
		if i < len(to) && (to[i] == name || strings.EqualFold(to[i], name)) {
			continue
		}
		if r == nil {
			r = &renaming{}
		}
		r.moved |= Keyword(i)
		if k := keywordIndex(to, name); k >= 0 {
			r.to[keywordShift+i] = Keyword(k)
		}
	}
	return r
}

// flags translates flags. What has no place any more is lost: no message that
// is left has it.
func (r *renaming) flags(f Flags) Flags {
	if r == nil || f&r.moved == 0 {
		return f
	}
	out := f &^ r.moved
	for rest := f & r.moved; rest != 0; rest &= rest - 1 {
		out |= r.to[bits.TrailingZeros64(uint64(rest))]
	}
	return out
}

// entry translates a message.
func (r *renaming) entry(e Entry) Entry {
	e.Flags = r.flags(e.Flags)
	return e
}

// block translates a block; b itself when nothing in it is different.
func (r *renaming) block(b *block) *block {
	if r == nil || b.together()&r.moved == 0 {
		return b
	}
	is := &block{num: b.num, entries: slices.Clone(b.entries)}
	for i := range is.entries {
		is.entries[i] = r.entry(is.entries[i])
	}
	return is
}

// under returns the view with another table of keywords.
func (v *View) under(table []string) *View {
	if slices.Equal(v.keywords, table) {
		return v
	}
	var changed []*block
	if r := renamed(v.keywords, table); r != nil {
		for _, was := range v.blocks {
			if is := r.block(was); is != was {
				changed = append(changed, is)
			}
		}
	}
	return v.replace(v.counters, table, changed)
}

// Renamed returns the flags that mean another keyword in an older view of the
// mailbox than they do in this one.
func (v *View) Renamed(old *View) Flags {
	if r := renamed(old.keywords, v.keywords); r != nil {
		return r.moved
	}
	return 0
}
