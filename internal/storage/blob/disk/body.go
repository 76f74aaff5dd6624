package disk

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/storage/blob"
)

// bodies hands out the memory in which bodies are collected: pieces of a few
// sizes, pooled, and never more than a budget in all.
type bodies struct {
	limit  int   // the largest body in memory
	budget int64 // bytes of all pieces in use
	used   atomic.Int64
	pools  [len(pieceSizes)]sync.Pool
}

// pieceSizes are the sizes of pieces. Each is four times the one before, so a
// body that grows through them is copied once and a third on average.
var pieceSizes = [...]int{8 << 10, 32 << 10, 128 << 10, DefaultMemoryBody + pieceRoom}

// pieceRoom is what a piece needs beside the largest body: the head with its
// table in front, the padding behind.
const pieceRoom = headBytes + 4*DefaultMemoryBody/blockBytes + alignment

// piece is memory for a body. The zero piece is none.
type piece struct {
	b     []byte
	class int
}

// get returns a piece of at least n bytes, or false when the budget is used up
// or no piece is that large.
func (p *bodies) get(n int) (piece, bool) {
	for class, size := range pieceSizes {
		if size < n {
			continue
		}
		if p.used.Add(int64(size)) > p.budget {
			p.used.Add(-int64(size))
			return piece{}, false
		}
		if b, ok := p.pools[class].Get().(*[]byte); ok {
			return piece{*b, class}, true
		}
		return piece{make([]byte, size), class}, true
	}
	return piece{}, false
}

func (p *bodies) put(m piece) {
	if m.b == nil {
		return
	}
	p.used.Add(-int64(len(m.b)))
	p.pools[m.class].Put(&m.b)
}

// sums computes the table of a body while it streams by.
type sums struct {
	done []uint32 // of whole blocks
	sum  uint32   // of the block that is being filled
	fill int      // its bytes so far
}

func (s *sums) write(p []byte) {
	for len(p) > 0 {
		n := min(len(p), blockBytes-s.fill)
		s.sum = crc32.Update(s.sum, castagnoli, p[:n])
		if s.fill += n; s.fill == blockBytes {
			s.done = append(s.done, s.sum)
			s.sum, s.fill = 0, 0
		}
		p = p[n:]
	}
}

// table returns the checksums of all blocks.
func (s *sums) table() []uint32 {
	if s.fill > 0 {
		return append(s.done, s.sum)
	}
	return s.done
}

// copyPiece is how much is read or copied at once: whole blocks.
const copyPiece = 4 * blockBytes

// copyPieces have room for padding behind.
var copyPieces = sync.Pool{New: func() any { return new([copyPiece + alignment]byte) }}

// errSource wraps what went wrong on the side that copyBody reads from.
var errSource = errors.New("read a body to copy it")

// copyBody copies a body between files, verifying it on the way, and pads it.
// When the source is damaged or cannot be read (errSource), something was
// written, but no head in front of it.
func copyBody(to vfs.File, at int64, from io.ReaderAt, off int64, length uint32, table []uint32) error {
	buf := copyPieces.Get().(*[copyPiece + alignment]byte)
	defer copyPieces.Put(buf)
	for left := int64(length); left > 0; {
		n := int(min(left, copyPiece))
		if got, err := from.ReadAt(buf[:n], off); got < n {
			return fmt.Errorf("%w: %w", errSource, err)
		}
		var s sums
		s.write(buf[:n])
		for _, sum := range s.table() {
			if sum != table[0] {
				return fmt.Errorf("%w: %w", errSource, blob.ErrCorrupt)
			}
			table = table[1:]
		}
		left, off = left-int64(n), off+int64(n)
		b := buf[:n]
		if left == 0 {
			// The padding too, so that the record takes its full size in the file.
			pad := int(recordSize(length)) - headSize(length) - int(length)
			clear(buf[n : n+pad])
			b = buf[:n+pad]
		}
		if _, err := to.WriteAt(b, at); err != nil {
			return err
		}
		at += int64(n)
	}
	return nil
}
