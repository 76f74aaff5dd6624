package disk

import (
	"encoding/binary"
	"errors"
	"hash/crc32"

	"tram/internal/storage/blob"
)

const (
	headBytes  = 32       // of a record, without its table; and of a pack
	blockBytes = 64 << 10 // what one checksum of the table covers
	alignment  = 8        // of a record in its pack

	recordVersion = 1
	kindBody      = 'B'
	kindSeal      = 'S'
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errNoRecord says that what was read is not the head of a record.
var errNoRecord = errors.New("no record here")

// place is where a record lies, or once lay.
type place struct{ pack, offset uint32 }

// head is the head of a record.
type head struct {
	tag    uint32
	kind   byte
	length uint32
	first  place // in its first pack
	time   int64 // Unix ns
	sums   []uint32
}

// blocks returns the number of blocks of a body, that is of checksums.
func blocks(length uint32) int { return int((int64(length) + blockBytes - 1) / blockBytes) }

// headSize returns the bytes in front of a body: the head and its table.
func headSize(length uint32) int { return headBytes + 4*blocks(length) }

// recordSize returns the bytes that a record takes in its pack.
func recordSize(length uint32) int64 { return aligned(int64(headSize(length)) + int64(length)) }

func aligned(n int64) int64 { return (n + alignment - 1) &^ (alignment - 1) }

// put writes the head and its table to b, which has room for exactly that, and
// returns the checksum.
func (h *head) put(b []byte) uint32 {
	le := binary.LittleEndian
	le.PutUint32(b[0:], h.tag)
	b[4], b[5], b[6], b[7] = recordVersion, h.kind, 0, 0
	le.PutUint32(b[8:], h.length)
	le.PutUint32(b[12:], h.first.pack)
	le.PutUint32(b[16:], h.first.offset)
	le.PutUint64(b[20:], uint64(h.time))
	for i, sum := range h.sums {
		le.PutUint32(b[headBytes+4*i:], sum)
	}
	sum := headSum(b)
	le.PutUint32(b[28:], sum)
	return sum
}

// headSum computes the checksum of a head. The tag is not covered: it changes
// when the record moves to another pack.
func headSum(b []byte) uint32 {
	return crc32.Update(crc32.Checksum(b[4:28], castagnoli), castagnoli, b[headBytes:])
}

// storedSum returns the checksum that a head carries.
func storedSum(b []byte) uint32 { return binary.LittleEndian.Uint32(b[28:]) }

// parseHead reads the fixed part of a head, without verifying it.
func parseHead(b []byte) head {
	le := binary.LittleEndian
	return head{
		tag:    le.Uint32(b[0:]),
		kind:   b[5],
		length: le.Uint32(b[8:]),
		first:  place{le.Uint32(b[12:]), le.Uint32(b[16:])},
		time:   int64(le.Uint64(b[20:])),
	}
}

// parseTable reads the checksums of n blocks.
func parseTable(b []byte, n int) []uint32 {
	sums := make([]uint32, n)
	for i := range sums {
		sums[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	return sums
}

// makeID names the body of a record.
func makeID(first place, length, sum uint32) (id blob.ID) {
	be := binary.BigEndian
	be.PutUint32(id[0:], first.pack)
	be.PutUint32(id[4:], first.offset)
	be.PutUint32(id[8:], length)
	be.PutUint32(id[12:], sum)
	return id
}

// name is an ID taken apart.
type name struct {
	first       place
	length, sum uint32
}

func parseID(id blob.ID) name {
	be := binary.BigEndian
	return name{
		first:  place{be.Uint32(id[0:]), be.Uint32(id[4:])},
		length: be.Uint32(id[8:]),
		sum:    be.Uint32(id[12:]),
	}
}

// checkHead verifies that b, a head with its table, is that of the named body.
// Anything else is ErrNotFound: the name was made up. ErrCorrupt is a head that
// is the named one but for some damage: all its fields agree with the name, or
// the name's fields put in their places make it whole.
func (n name) checkHead(b []byte) error {
	h := parseHead(b)
	if storedSum(b) == n.sum && h.length == n.length && h.first == n.first {
		if headSum(b) == n.sum && h.kind == kindBody && b[4] == recordVersion {
			return nil
		}
		return blob.ErrCorrupt
	}
	whole := append([]byte(nil), b...)
	binary.LittleEndian.PutUint32(whole[8:], n.length)
	binary.LittleEndian.PutUint32(whole[12:], n.first.pack)
	binary.LittleEndian.PutUint32(whole[16:], n.first.offset)
	if headSum(whole) == n.sum {
		return blob.ErrCorrupt
	}
	return blob.ErrNotFound
}

// checkBlocks verifies a run of whole blocks of a body against the table in b,
// a verified head. data starts at block first.
func checkBlocks(b []byte, first int, data []byte) error {
	for i := first; len(data) > 0; i++ {
		n := min(len(data), blockBytes)
		if crc32.Checksum(data[:n], castagnoli) != binary.LittleEndian.Uint32(b[headBytes+4*i:]) {
			return blob.ErrCorrupt
		}
		data = data[n:]
	}
	return nil
}
