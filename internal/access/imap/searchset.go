package imap

import (
	"tram/internal/mail/imapwire"
	"tram/internal/mailstore"
)

// maxNarrowing is how many sequence-sets of a search narrow what is looked at.
// Those beyond it are asked about each message, as other keys are.
const maxNarrowing = 16

// within is the UIDs outside of which the program matches nothing, as far as
// its sequence-sets say: a search for a few of a million messages looks at a
// few.
func (p *program) within(set *bound) mailstore.UIDSet {
	most := maxNarrowing
	within, some := set.within(p.key, &most)
	if !some {
		return mailstore.AllUIDs()
	}
	return within
}

// within is the same for a key; some is false for one that says nothing of it,
// or comes behind the most that are asked.
func (b *bound) within(k key, most *int) (within mailstore.UIDSet, some bool) {
	switch k := k.(type) {
	case setKey:
		if *most == 0 {
			return nil, false
		}
		*most--
		return uidSet(b.sets[k.slot]), true
	case andKey:
		for _, sub := range k {
			switch of, ok := b.within(sub, most); {
			case ok && some:
				within = intersect(within, of)
			case ok:
				within, some = of, true
			}
		}
	}
	return within, some
}

func uidSet(ranges []imapwire.Range) mailstore.UIDSet {
	out := make(mailstore.UIDSet, len(ranges))
	for i, r := range ranges {
		out[i] = mailstore.UIDRange{First: mailstore.UID(r.First), Last: mailstore.UID(r.Last)}
	}
	return out
}

// intersect is what is in both sets.
func intersect(a, b mailstore.UIDSet) mailstore.UIDSet {
	var out mailstore.UIDSet
	for len(a) > 0 && len(b) > 0 {
		if lo, hi := max(a[0].First, b[0].First), min(a[0].Last, b[0].Last); lo <= hi {
			out = append(out, mailstore.UIDRange{First: lo, Last: hi})
		}
		if a[0].Last < b[0].Last {
			a = a[1:]
		} else {
			b = b[1:]
		}
	}
	return out
}

// uidsOf is the messages with these indexes, which ascend.
func uidsOf(v *mailstore.View, indexes []uint32) mailstore.UIDSet {
	var set mailstore.UIDSet
	for e := range entriesAt(v, indexes) {
		set = addUID(set, e.UID)
	}
	return set
}

// entriesAt walks over the messages with these indexes, which ascend.
func entriesAt(v *mailstore.View, indexes []uint32) func(yield func(mailstore.Entry) bool) {
	return func(yield func(mailstore.Entry) bool) {
		for len(indexes) > 0 {
			for first, block := range v.Blocks(int(indexes[0])) {
				for len(indexes) > 0 && int(indexes[0]) < first+len(block) {
					if !yield(block[int(indexes[0])-first]) {
						return
					}
					indexes = indexes[1:]
				}
				if len(indexes) == 0 || int(indexes[0]) > first+2*len(block) {
					break // far away: look for its block
				}
			}
		}
	}
}

// union is what is in one of the sets.
func union(a, b mailstore.UIDSet) mailstore.UIDSet {
	switch {
	case len(a) == 0:
		return b
	case len(b) == 0:
		return a
	}
	return mailstore.NewUIDSet(append(append(make(mailstore.UIDSet, 0, len(a)+len(b)), a...), b...))
}

// without is what is in a and not in b.
func without(a, b mailstore.UIDSet) mailstore.UIDSet {
	var out mailstore.UIDSet
	for _, r := range a {
		for len(b) > 0 && b[0].Last < r.First {
			b = b[1:]
		}
		rest := b
		first := uint64(r.First)
		for len(rest) > 0 && rest[0].First <= r.Last {
			if uint64(rest[0].First) > first {
				out = append(out, mailstore.UIDRange{First: mailstore.UID(first), Last: rest[0].First - 1})
			}
			first = max(first, uint64(rest[0].Last)+1)
			rest = rest[1:]
		}
		if first <= uint64(r.Last) {
			out = append(out, mailstore.UIDRange{First: mailstore.UID(first), Last: r.Last})
		}
	}
	return out
}
