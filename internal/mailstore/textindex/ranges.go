package textindex

import (
	"encoding/binary"
	"fmt"
	"sort"
)

// Range is the UIDs from First to Last, both included.
type Range struct{ First, Last uint32 }

// addUID appends a UID that is larger than all before it.
func addUID(set []Range, uid uint32) []Range {
	if n := len(set); n > 0 && set[n-1].Last+1 == uid {
		set[n-1].Last = uid
		return set
	}
	return append(set, Range{uid, uid})
}

// count is the number of UIDs of a set.
func count(set []Range) (n uint32) {
	for _, r := range set {
		n += r.Last - r.First + 1
	}
	return n
}

// contains reports whether a set has a UID.
func contains(set []Range, uid uint32) bool {
	i := sort.Search(len(set), func(i int) bool { return set[i].Last >= uid })
	return i < len(set) && set[i].First <= uid
}

// appendRanges appends the number of ranges, and for each the distance from the
// end of the one before and its length less one.
func appendRanges(dst []byte, set []Range) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(set)))
	last := uint32(0)
	for _, r := range set {
		dst = binary.AppendUvarint(dst, uint64(r.First-last))
		dst = binary.AppendUvarint(dst, uint64(r.Last-r.First))
		last = r.Last
	}
	return dst
}

// version is the first byte of every record.
const version = 1

// decoder reads the fields of a record. After the first that is not there it
// gives zeros.
type decoder struct {
	b   []byte
	bad bool
}

func decode(value []byte) decoder {
	if len(value) == 0 || value[0] != version {
		return decoder{bad: true}
	}
	return decoder{b: value[1:]}
}

func (d *decoder) uint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.bad, d.b = true, nil
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) uint32() uint32 {
	v := d.uint()
	if v > 1<<32-1 {
		d.bad = true
	}
	return uint32(v)
}

// ranges reads a set; its UIDs ascend.
func (d *decoder) ranges() []Range {
	n := d.uint()
	if n > uint64(len(d.b)) { // a range has two bytes at least
		d.bad = true
		return nil
	}
	set := make([]Range, 0, n)
	last := uint64(0)
	for range n {
		first := last + d.uint()
		end := first + d.uint()
		if d.bad || end > 1<<32-1 || end < first || first <= last {
			d.bad = true
			return nil
		}
		set = append(set, Range{uint32(first), uint32(end)})
		last = end
	}
	return set
}

func (d *decoder) err(what string) error {
	if d.bad || len(d.b) > 0 {
		return fmt.Errorf("%w: %s", ErrCorrupt, what)
	}
	return nil
}
