package mailstore

import (
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
	slices.SortFunc(ranges, func(a, b UIDRange) int {
		switch {
		case a.First < b.First:
			return -1
		case a.First > b.First:
			return 1
		}
		return 0
	})
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

// Contains reports whether uid is in the set.
func (s UIDSet) Contains(uid UID) bool {
	i, found := slices.BinarySearchFunc(s, uid, func(r UIDRange, u UID) int {
		switch {
		case r.Last < u:
			return -1
		case r.First > u:
			return 1
		}
		return 0
	})
	return found && i < len(s)
}

// Len is the number of UIDs in the set.
func (s UIDSet) Len() int {
	n := 0
	for _, r := range s {
		n += int(r.Last-r.First) + 1
	}
	return n
}

// All walks over the UIDs in ascending order.
func (s UIDSet) All() iter.Seq[UID] {
	return func(yield func(UID) bool) {
		for _, r := range s {
			for u := uint64(r.First); u <= uint64(r.Last); u++ {
				if !yield(UID(u)) {
					return
				}
			}
		}
	}
}

// add appends a UID that is larger than all of the set.
func (s UIDSet) add(uid UID) UIDSet {
	if n := len(s); n > 0 && s[n-1].Last+1 == uid {
		s[n-1].Last = uid
		return s
	}
	return append(s, UIDRange{uid, uid})
}
