package mailstore

import (
	"cmp"
	"iter"
	"slices"
)

// UIDRange is the UIDs from First to Last, both included.
type UIDRange struct{ First, Last UID }

// UIDSet is a set of UIDs: ranges in ascending order that do not touch. Make
// one from anything else with [NewUIDSet].
type UIDSet []UIDRange

// AllUIDs holds every UID.
func AllUIDs() UIDSet { return UIDSet{{1, 1<<32 - 1}} }

// UIDs makes a set of single UIDs in any order.
func UIDs(uids ...UID) UIDSet {
	ranges := make([]UIDRange, len(uids))
	for i, u := range uids {
		ranges[i] = UIDRange{u, u}
	}
	return NewUIDSet(ranges)
}

// NewUIDSet makes a set of ranges in any order; a range may be upside down, as
// in IMAP's 5:3. UID 0 is left out. It may use the memory of ranges.
func NewUIDSet(ranges []UIDRange) UIDSet {
	for i, r := range ranges {
		if r.First > r.Last {
			ranges[i] = UIDRange{r.Last, r.First}
		}
	}
	slices.SortFunc(ranges, func(a, b UIDRange) int { return cmp.Compare(a.First, b.First) })
	set := UIDSet(ranges[:0])
	for _, r := range ranges {
		r.First = max(r.First, 1)
		if r.Last < r.First {
			continue
		}
		if n := len(set); n > 0 && uint64(r.First) <= uint64(set[n-1].Last)+1 {
			set[n-1].Last = max(set[n-1].Last, r.Last)
			continue
		}
		set = append(set, r)
	}
	return set
}

// search returns the number of the first range that ends at uid or later.
func (s UIDSet) search(uid UID) int {
	i, _ := slices.BinarySearchFunc(s, uid, func(r UIDRange, u UID) int { return cmp.Compare(r.Last, u) })
	return i
}

// Contains reports whether uid is in the set.
func (s UIDSet) Contains(uid UID) bool {
	i := s.search(uid)
	return i < len(s) && s[i].First <= uid
}

// after returns the part of the set above uid.
func (s UIDSet) after(uid UID) UIDSet {
	i := s.search(uid)
	if i < len(s) && s[i].Last == uid {
		i++
	}
	rest := slices.Clone(s[i:])
	if len(rest) > 0 {
		rest[0].First = max(rest[0].First, uid+1)
	}
	return rest
}

// upTo returns the part of the set up to uid.
func (s UIDSet) upTo(uid UID) UIDSet {
	i := s.search(uid)
	if i == len(s) || s[i].First > uid {
		return s[:i]
	}
	part := slices.Clone(s[:i+1])
	part[i].Last = uid
	return part
}

// from walks over the UIDs of the set from uid on.
func (s UIDSet) from(uid UID) iter.Seq[UID] {
	return func(yield func(UID) bool) {
		for _, r := range s[s.search(uid):] {
			for u := uint64(max(r.First, uid)); u <= uint64(r.Last); u++ {
				if !yield(UID(u)) {
					return
				}
			}
		}
	}
}

// Intersect returns the UIDs that both sets have.
func (s UIDSet) Intersect(t UIDSet) UIDSet {
	var both UIDSet
	for i, j := 0, 0; i < len(s) && j < len(t); {
		first, last := max(s[i].First, t[j].First), min(s[i].Last, t[j].Last)
		if first <= last {
			both = append(both, UIDRange{first, last})
		}
		if s[i].Last < t[j].Last {
			i++
		} else {
			j++
		}
	}
	return both
}

// All walks over the UIDs in ascending order.
func (s UIDSet) All() iter.Seq[UID] { return s.from(0) }

// Len is the number of UIDs in the set.
func (s UIDSet) Len() int {
	n := 0
	for _, r := range s {
		n += int(r.Last-r.First) + 1
	}
	return n
}

// add appends a UID that is larger than all of the set.
func (s UIDSet) add(uid UID) UIDSet {
	if n := len(s); n > 0 && s[n-1].Last+1 == uid {
		s[n-1].Last = uid
		return s
	}
	return append(s, UIDRange{uid, uid})
}

// join appends a set all of whose UIDs are larger.
func (s UIDSet) join(t UIDSet) UIDSet {
	if len(s) > 0 && len(t) > 0 && s[len(s)-1].Last+1 == t[0].First {
		s[len(s)-1].Last = t[0].Last
		t = t[1:]
	}
	return append(s, t...)
}
