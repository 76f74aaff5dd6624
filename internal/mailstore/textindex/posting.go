package textindex

import (
	"encoding/binary"
	"math/bits"
)

// appendList appends the ordinals of the messages that have a term, ascending
// and at least one, and says whether they are a bitmap.
func appendList(dst []byte, ords []uint32) ([]byte, bool) {
	size := 0
	last := uint32(0)
	for _, o := range ords {
		size += varintLen(o - last)
		last = o
	}
	if whole := int(last)/8 + 1; whole < size {
		start := len(dst)
		for range whole {
			dst = append(dst, 0)
		}
		for _, o := range ords {
			dst[start+int(o/8)] |= 1 << (o % 8)
		}
		return dst, true
	}
	last = 0
	for _, o := range ords {
		dst = binary.AppendUvarint(dst, uint64(o-last))
		last = o
	}
	return dst, false
}

func varintLen(n uint32) int { return (bits.Len32(n|1) + 6) / 7 }

// list is the stored postings of a term.
type list struct {
	data   []byte
	bitmap bool
}

// each calls fn for the ordinals of a list; false when it is damaged.
func (l list) each(docs uint32, fn func(uint32)) bool {
	if l.bitmap {
		for i, b := range l.data {
			for ; b != 0; b &= b - 1 {
				o := uint32(i)*8 + uint32(bits.TrailingZeros8(b))
				if o >= docs {
					return false
				}
				fn(o)
			}
		}
		return true
	}
	o := uint64(0)
	for p := l.data; len(p) > 0; {
		if p[0] < 0x80 {
			o, p = o+uint64(p[0]), p[1:]
		} else {
			d, n := binary.Uvarint(p)
			if n <= 0 {
				return false
			}
			o, p = o+d, p[n:]
		}
		if o >= uint64(docs) {
			return false
		}
		fn(uint32(o))
	}
	return true
}

// bitset is a set of ordinals.
type bitset []byte

func newBitset(docs uint32) bitset { return make(bitset, (docs+7)/8) }

// add adds the ordinals of a list; false when it is damaged.
func (s bitset) add(l list, docs uint32) bool {
	if !l.bitmap {
		return l.each(docs, func(o uint32) { s[o/8] |= 1 << (o % 8) })
	}
	if len(l.data) > len(s) {
		return false
	}
	for i, b := range l.data {
		s[i] |= b
	}
	return docs%8 == 0 || len(s) == 0 || s[len(s)-1]>>(docs%8) == 0
}

func (s bitset) and(t bitset) {
	for i := range s {
		s[i] &= t[i]
	}
}

func (s bitset) or(t bitset) {
	for i := range s {
		s[i] |= t[i]
	}
}

func (s bitset) count() (n int) {
	for _, b := range s {
		n += bits.OnesCount8(b)
	}
	return n
}

func (s bitset) has(o uint32) bool { return s[o/8]&(1<<(o%8)) != 0 }

// blockReader reads a record of postings term by term, in order.
type blockReader struct {
	sizes, data []byte
	bad         bool
}

// newBlockReader begins to read a record of postings with n terms.
func newBlockReader(value []byte, n int) blockReader {
	if len(value) == 0 || value[0] != version {
		return blockReader{bad: true}
	}
	sizes := value[1:]
	rest := sizes
	for range n {
		_, k := binary.Uvarint(rest)
		if k <= 0 {
			return blockReader{bad: true}
		}
		rest = rest[k:]
	}
	return blockReader{sizes: sizes[:len(sizes)-len(rest)], data: rest}
}

// next returns the list of the next term; of one behind the last it is empty.
func (r *blockReader) next() list {
	size, k := binary.Uvarint(r.sizes)
	if k <= 0 || size>>1 > uint64(len(r.data)) {
		r.bad = true
		return list{}
	}
	n := size >> 1
	l := list{data: r.data[:n:n], bitmap: size&1 != 0}
	r.sizes, r.data = r.sizes[k:], r.data[n:]
	return l
}
