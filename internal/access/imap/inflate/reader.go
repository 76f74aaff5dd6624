package inflate

import (
	"errors"
	"io"
	"slices"
)

// ErrData is a stream that is not DEFLATE.
var ErrData = errors.New("inflate: invalid data")

const (
	window   = 32 << 10 // how far back a stream can refer
	ahead    = 16 << 10 // output that is made before it is read
	maxMatch = 258
)

// state is what comes next in the stream.
type state uint8

const (
	blockHeader state = iota
	storedHeader
	storedBytes
	dynamicCounts
	dynamicOrder
	dynamicLengths
	symbols
	ended
)

// Reader decompresses a stream. The zero value stands at its beginning.
type Reader struct {
	in   []byte // not decoded yet; the caller's
	hold uint64 // the next bits of the stream, the first one lowest
	bits uint   // how many

	history []byte // the last output
	out     int    // of it, what has not been read begins here

	state  state
	final  bool // it is the last block
	stored int  // bytes left of a stored block
	codes  *codes
	err    error
}

// Feed gives the next bytes of the stream, when all before have been used up.
// The Reader uses them until Ready says false.
func (r *Reader) Feed(p []byte) { r.in = p }

// Ready reports whether there is something to read; an error is something too.
// Otherwise the input is used up.
func (r *Reader) Ready() bool {
	if r.out == len(r.history) {
		r.decode()
	}
	return r.out < len(r.history) || r.err != nil
}

// Read gives out what the input so far decides: 0 bytes and no error when it
// decides nothing more, io.EOF when the stream has ended.
func (r *Reader) Read(p []byte) (int, error) {
	if !r.Ready() {
		return 0, nil
	}
	if r.out == len(r.history) {
		return 0, r.err
	}
	n := copy(p, r.history[r.out:])
	r.out += n
	return n, nil
}

// Rest is the input behind the end of the stream.
func (r *Reader) Rest() []byte {
	var rest []byte
	r.bits -= r.bits & 7 // a stream ends with a byte
	for ; r.bits >= 8; r.bits -= 8 {
		rest = append(rest, byte(r.hold))
		r.hold >>= 8
	}
	return append(rest, r.in...)
}

// Shrink gives back the memory that the stream cannot refer to any more. It is
// for times when nothing is to be done.
func (r *Reader) Shrink() {
	r.forget(window)
	if cap(r.history) > len(r.history)+len(r.history)/4 {
		r.history = slices.Clone(r.history)
	}
}

// forget cuts the history, but for what was not read.
func (r *Reader) forget(keep int) {
	if cut := min(len(r.history)-keep, r.out); cut > 0 {
		r.history = r.history[:copy(r.history, r.history[cut:])]
		r.out -= cut
	}
}

// decode makes output until there is enough or the input is used up.
func (r *Reader) decode() {
	for r.err == nil && len(r.history)-r.out < ahead {
		if len(r.history) >= 2*window {
			r.forget(window)
		}
		if !r.step() {
			return
		}
		if r.state == blockHeader && r.out < len(r.history) {
			return // the stream may end with the line that was read: see End
		}
	}
}

// End ends the stream where its writer has flushed it last, and returns the
// input behind that: what follows the block that the last output came from, and
// an empty one behind it, which flushing makes. The Reader is of no use then.
func (r *Reader) End() []byte {
	unread := len(r.history)
	for empty := false; !empty && r.err == nil && r.state != ended && len(r.history) == unread; {
		begins := r.state == blockHeader
		if !r.step() {
			break
		}
		empty = !begins && r.state == blockHeader && len(r.history) == unread
	}
	return r.Rest()
}

// step does what comes next in the stream. False when the input does not
// suffice for it; then it has taken nothing.
func (r *Reader) step() bool {
	switch r.state {
	case blockHeader:
		return r.blockHeader()
	case storedHeader:
		return r.storedHeader()
	case storedBytes:
		return r.storedBytes()
	case dynamicCounts:
		return r.dynamicCounts()
	case dynamicOrder:
		return r.dynamicOrder()
	case dynamicLengths:
		return r.dynamicLengths()
	case symbols:
		return r.symbols()
	case ended:
		r.err = io.EOF
	}
	return true
}

func (r *Reader) fail() bool {
	r.err = ErrData
	return true
}

// fill takes input until there are more bits than any step needs, 48, or no
// input is left.
func (r *Reader) fill() {
	for r.bits <= 56 && len(r.in) > 0 {
		r.hold |= uint64(r.in[0]) << r.bits
		r.bits += 8
		r.in = r.in[1:]
	}
}

// drop takes n bits away.
func (r *Reader) drop(n uint) uint64 {
	v := r.hold & (1<<n - 1)
	r.hold >>= n
	r.bits -= n
	return v
}

// blockHeader reads BFINAL and BTYPE (RFC 1951 3.2.3).
func (r *Reader) blockHeader() bool {
	if r.fill(); r.bits < 3 {
		return false
	}
	r.final = r.drop(1) == 1
	switch r.drop(2) {
	case 0:
		r.drop(r.bits & 7)
		r.state = storedHeader
	case 1:
		r.codes, r.state = fixedCodes(), symbols
	case 2:
		r.codes, r.state = new(codes), dynamicCounts
	default:
		return r.fail()
	}
	return true
}

// blockEnd goes on to the next block.
func (r *Reader) blockEnd() bool {
	r.codes, r.state = nil, blockHeader
	if r.final {
		r.state = ended
	}
	return true
}

// storedHeader reads LEN and NLEN (RFC 1951 3.2.4).
func (r *Reader) storedHeader() bool {
	if r.fill(); r.bits < 32 {
		return false
	}
	n, not := r.drop(16), r.drop(16)
	if n != not^0xffff {
		return r.fail()
	}
	r.stored, r.state = int(n), storedBytes
	return true
}

func (r *Reader) storedBytes() bool {
	for ; r.stored > 0 && r.bits >= 8; r.stored-- {
		r.history = append(r.history, byte(r.drop(8)))
	}
	n := min(r.stored, len(r.in), ahead)
	r.history = append(r.history, r.in[:n]...)
	r.in, r.stored = r.in[n:], r.stored-n
	if r.stored == 0 {
		return r.blockEnd()
	}
	return n > 0
}

// symbols decodes literals and matches (RFC 1951 3.2.5) until there is enough
// output, the block ends or the input does.
func (r *Reader) symbols() bool {
	for len(r.history)-r.out < ahead {
		r.fill()
		hold, bits := r.hold, r.bits
		sym, ok := r.symbol(&r.codes.literals)
		switch {
		case r.err != nil:
			return true
		case !ok:
			return false
		case sym < endOfBlock:
			r.history = append(r.history, byte(sym))
		case sym == endOfBlock:
			return r.blockEnd()
		default:
			if !r.match(sym) {
				r.hold, r.bits = hold, bits
				return false
			}
		}
		if len(r.history) >= 2*window {
			r.forget(window)
		}
	}
	return true
}

// match copies a string from the history. False when the input does not
// suffice.
func (r *Reader) match(sym int) bool {
	if sym >= endOfBlock+1+len(lengthBase) {
		return r.fail()
	}
	length, ok := r.extra(lengthBase[sym-endOfBlock-1], lengthExtra[sym-endOfBlock-1])
	if !ok {
		return false
	}
	d, ok := r.symbol(&r.codes.distances)
	if !ok || r.err != nil {
		return r.err != nil
	}
	if d >= len(distanceBase) {
		return r.fail()
	}
	distance, ok := r.extra(distanceBase[d], distanceExtra[d])
	if !ok {
		return false
	}
	if distance > len(r.history) {
		return r.fail()
	}
	from := len(r.history) - distance
	for i := range length { // they may overlap
		r.history = append(r.history, r.history[from+i])
	}
	return true
}

// extra adds the bits that follow a symbol to its base.
func (r *Reader) extra(base uint16, bits uint8) (int, bool) {
	if r.bits < uint(bits) {
		return 0, false
	}
	return int(base) + int(r.drop(uint(bits))), true
}
