package imapwire

import (
	"math"
	"slices"
	"strconv"
)

// Star is "*" in a [Range]: the largest number in use. 0 is no message number
// and no UID, so it is free for that.
const Star = 0

// Range is First:Last, in either order; equal for a single number.
type Range struct{ First, Last uint32 }

// NumSet is a sequence-set (RFC 3501 9): message numbers or UIDs.
type NumSet struct {
	Ranges []Range
	Saved  bool // "$": the result of the last SEARCH (RFC 5182)
}

// NumSet reads a sequence-set.
func (d *Decoder) NumSet(ptr *NumSet) bool {
	p, ok := d.span(classSequence)
	if !ok || len(p) == 0 || !d.countToken() {
		return false
	}
	set, ok := parseNumSet(p)
	if !ok {
		return d.Fail("Invalid messageset")
	}
	*ptr = set
	return true
}

// ExpectNumSet reads a sequence-set.
func (d *Decoder) ExpectNumSet(ptr *NumSet) bool {
	return d.NumSet(ptr) || d.Fail("Invalid messageset")
}

func parseNumSet(p []byte) (NumSet, bool) {
	if view(p) == "$" {
		return NumSet{Saved: true}, true
	}
	var set NumSet
	for {
		var r Range
		var ok bool
		if r.First, p, ok = cutNumber(p); !ok {
			return NumSet{}, false
		}
		r.Last = r.First
		if len(p) > 0 && p[0] == ':' {
			if r.Last, p, ok = cutNumber(p[1:]); !ok {
				return NumSet{}, false
			}
		}
		set.Ranges = append(set.Ranges, r)
		if len(p) == 0 {
			return set, true
		}
		if p[0] != ',' {
			return NumSet{}, false
		}
		p = p[1:]
	}
}

// cutNumber reads nz-number or "*" from the beginning of p.
func cutNumber(p []byte) (uint32, []byte, bool) {
	if len(p) > 0 && p[0] == '*' {
		return Star, p[1:], true
	}
	n := runLength(p, classDigit)
	v, ok := parseNumber(p[:n], math.MaxUint32)
	return uint32(v), p[n:], ok && v != 0
}

// Resolve gives the set as ascending ranges that neither touch nor overlap,
// with "*" replaced by largest. With largest 0 nothing is in use, and a lone
// "*" names nothing.
func (s NumSet) Resolve(largest uint32) []Range {
	out := make([]Range, 0, len(s.Ranges))
	for _, r := range s.Ranges {
		if r.First == Star {
			r.First = largest
		}
		if r.Last == Star {
			r.Last = largest
		}
		if r.First > r.Last {
			r.First, r.Last = r.Last, r.First
		}
		if r.Last == 0 {
			continue
		}
		out = append(out, Range{max(r.First, 1), r.Last})
	}
	return Normalize(out)
}

// Normalize sorts ranges and joins those that touch. It works in place.
func Normalize(ranges []Range) []Range {
	if !slices.IsSortedFunc(ranges, byFirst) {
		slices.SortFunc(ranges, byFirst)
	}
	out := ranges[:0]
	for _, r := range ranges {
		if k := len(out) - 1; k >= 0 && (out[k].Last == math.MaxUint32 || r.First <= out[k].Last+1) {
			out[k].Last = max(out[k].Last, r.Last)
			continue
		}
		out = append(out, r)
	}
	return out
}

func byFirst(a, b Range) int {
	switch {
	case a.First < b.First:
		return -1
	case a.First > b.First:
		return 1
	}
	return 0
}

// AddNumber appends n to ranges in ascending order of n, joining it to the
// last range where it can.
func AddNumber(ranges []Range, n uint32) []Range {
	if k := len(ranges) - 1; k >= 0 && ranges[k].Last+1 == n {
		ranges[k].Last = n
		return ranges
	}
	return append(ranges, Range{n, n})
}

// AppendRanges appends the ranges as a sequence-set, "1:3,5".
func AppendRanges(dst []byte, ranges []Range) []byte {
	for i, r := range ranges {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendStar(dst, r.First)
		if r.Last != r.First {
			dst = append(dst, ':')
			dst = appendStar(dst, r.Last)
		}
	}
	return dst
}

func appendStar(dst []byte, n uint32) []byte {
	if n == Star {
		return append(dst, '*')
	}
	return strconv.AppendUint(dst, uint64(n), 10)
}
