package inflate

import "sync"

const (
	endOfBlock  = 256
	maxCodeBits = 15
	fastBits    = 9 // codes up to this length are found in one step
	maxLiterals = 288
	maxLengths  = maxLiterals + 32
)

// What the symbols of lengths and distances stand for (RFC 1951 3.2.5).
var (
	lengthBase = [...]uint16{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
		163, 195, 227, maxMatch}
	lengthExtra  = [...]uint8{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0}
	distanceBase = [...]uint16{1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537,
		2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577}
	distanceExtra = [...]uint8{0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13}

	// lengthOrder is the order of the code lengths of code lengths (3.2.7).
	lengthOrder = [...]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
)

// code is a Huffman code.
type code struct {
	count  [maxCodeBits + 1]uint16 // codes of each length
	symbol [maxLiterals]uint16     // in the order of the codes
	fast   [1 << fastBits]uint16   // by the next bits: symbol<<4 | length, 0 for longer codes
}

// codes are those of a block, and the lengths that they are made of while the
// block's head is read.
type codes struct {
	literals, distances code

	lengths                 [maxLengths]uint8
	nLiterals, nDist, nCode int // how many lengths there are
	n                       int // how many have been read
}

// fixedCodes are those of blocks without codes of their own (RFC 1951 3.2.6).
var fixedCodes = sync.OnceValue(func() *codes {
	c := new(codes)
	for i := range maxLiterals {
		switch {
		case i < 144:
			c.lengths[i] = 8
		case i < 256:
			c.lengths[i] = 9
		case i < 280:
			c.lengths[i] = 7
		default:
			c.lengths[i] = 8
		}
	}
	for i := range 32 {
		c.lengths[maxLiterals+i] = 5
	}
	c.literals.make(c.lengths[:maxLiterals])
	c.distances.make(c.lengths[maxLiterals:])
	return c
})

// make builds a code from its lengths (RFC 1951 3.2.2). False when there is no
// such code. One with codes left over is allowed if it has one symbol at most:
// zlib makes those where a block has one distance, or none.
func (c *code) make(lengths []uint8) bool {
	*c = code{}
	for _, n := range lengths {
		c.count[n]++
	}
	c.count[0] = 0
	left, used := 1, 0
	var next, first [maxCodeBits + 1]uint16 // index of the next symbol, and the first code, of each length
	at, start := uint16(0), uint16(0)
	for n := 1; n <= maxCodeBits; n++ {
		left = left<<1 - int(c.count[n])
		if left < 0 {
			return false
		}
		used += int(c.count[n])
		start = (start + c.count[n-1]) << 1
		next[n], first[n] = at, start
		at += c.count[n]
	}
	if left > 0 && used > 1 {
		return false
	}
	index := next
	for sym, n := range lengths {
		if n == 0 {
			continue
		}
		value := first[n] + next[n] - index[n]
		c.symbol[next[n]] = uint16(sym)
		next[n]++
		if n <= fastBits {
			c.addFast(value, n, uint16(sym))
		}
	}
	return true
}

// addFast enters a code at all places whose lowest bits are it. Codes come with
// their highest bit first.
func (c *code) addFast(value uint16, n uint8, sym uint16) {
	reversed := 0
	for i := range n {
		reversed |= int(value>>i&1) << (n - 1 - i)
	}
	for ; reversed < len(c.fast); reversed += 1 << n {
		c.fast[reversed] = sym<<4 | uint16(n)
	}
}

// symbol reads one symbol. False when the bits do not suffice.
func (r *Reader) symbol(c *code) (int, bool) {
	if e := c.fast[r.hold&(1<<fastBits-1)]; e != 0 {
		n := uint(e & 15)
		if n > r.bits {
			return 0, false
		}
		r.drop(n)
		return int(e >> 4), true
	}
	value, first, index := 0, 0, 0
	for n := uint(1); n <= maxCodeBits; n++ {
		if n > r.bits {
			return 0, false
		}
		value |= int(r.hold>>(n-1)) & 1
		count := int(c.count[n])
		if value < first+count {
			r.drop(n)
			return int(c.symbol[index+value-first]), true
		}
		index += count
		first = (first + count) << 1
		value <<= 1
	}
	r.fail()
	return 0, false
}

// dynamicCounts reads HLIT, HDIST and HCLEN (RFC 1951 3.2.7).
func (r *Reader) dynamicCounts() bool {
	if r.fill(); r.bits < 14 {
		return false
	}
	c := r.codes
	c.nLiterals, c.nDist, c.nCode = int(r.drop(5))+257, int(r.drop(5))+1, int(r.drop(4))+4
	if c.nLiterals > 286 || c.nDist > len(distanceBase) {
		return r.fail()
	}
	r.state = dynamicOrder
	return true
}

// dynamicOrder reads the code that the lengths are written in.
func (r *Reader) dynamicOrder() bool {
	c := r.codes
	for ; c.n < c.nCode; c.n++ {
		if r.fill(); r.bits < 3 {
			return false
		}
		c.lengths[lengthOrder[c.n]] = uint8(r.drop(3))
	}
	if !c.literals.make(c.lengths[:len(lengthOrder)]) {
		return r.fail()
	}
	c.lengths, c.n = [maxLengths]uint8{}, 0
	r.state = dynamicLengths
	return true
}

// dynamicLengths reads the lengths and makes the codes of the block.
func (r *Reader) dynamicLengths() bool {
	c := r.codes
	for c.n < c.nLiterals+c.nDist {
		r.fill()
		hold, bits := r.hold, r.bits
		sym, ok := r.symbol(&c.literals)
		if r.err != nil {
			return true
		}
		if !ok || !r.length(sym) {
			r.hold, r.bits = hold, bits
			return false
		}
		if r.err != nil {
			return true
		}
	}
	if !c.literals.make(c.lengths[:c.nLiterals]) ||
		!c.distances.make(c.lengths[c.nLiterals:c.nLiterals+c.nDist]) {
		return r.fail()
	}
	r.state = symbols
	return true
}

// length takes one symbol of the lengths: a length, or how often to repeat the
// last one or none. False when the input does not suffice.
func (r *Reader) length(sym int) bool {
	c := r.codes
	value, times := uint8(sym), 1
	if sym >= 16 {
		repeat := [...]struct {
			base uint16
			bits uint8
		}{{3, 2}, {3, 3}, {11, 7}}[sym-16]
		n, ok := r.extra(repeat.base, repeat.bits)
		if !ok {
			return false
		}
		value, times = 0, n
		if sym == 16 {
			if c.n == 0 {
				return r.fail()
			}
			value = c.lengths[c.n-1]
		}
	}
	if c.n+times > c.nLiterals+c.nDist {
		return r.fail()
	}
	for range times {
		c.lengths[c.n] = value
		c.n++
	}
	return true
}
