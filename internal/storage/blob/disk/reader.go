package disk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"tram/internal/storage/blob"
)

// oneRead is the largest body that AppendBody reads together with its head.
// Moving it over the head afterwards is cheaper than a second read; with large
// bodies it is not.
const oneRead = 128 << 10

// AppendBody implements blob.Store.
func (s *Store) AppendBody(ctx context.Context, dst []byte, id blob.ID) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return dst, err
	}
	n := parseID(id)
	sp, err := s.find(n)
	if err != nil {
		return dst, err
	}
	defer sp.release()
	if n.length > oneRead {
		return sp.appendLarge(dst, n)
	}
	return sp.appendSmall(dst, n)
}

// appendSmall reads a record in one piece.
func (sp spot) appendSmall(dst []byte, n name) ([]byte, error) {
	front := headSize(n.length)
	size := front + int(n.length)
	dst = slices.Grow(dst, size)
	record := dst[len(dst) : len(dst)+size]
	if err := sp.read(record, 0); err != nil {
		return dst, err
	}
	if err := n.checkHead(record[:front]); err != nil {
		return dst, err
	}
	if err := checkBlocks(record[:front], 0, record[front:]); err != nil {
		return dst, err
	}
	copy(record, record[front:])
	return dst[:len(dst)+int(n.length)], nil
}

// appendLarge reads the head first and then the body to its place.
func (sp spot) appendLarge(dst []byte, n name) ([]byte, error) {
	h := make([]byte, headSize(n.length))
	if err := sp.read(h, 0); err != nil {
		return dst, err
	}
	if err := n.checkHead(h); err != nil {
		return dst, err
	}
	dst = slices.Grow(dst, int(n.length))
	body := dst[len(dst) : len(dst)+int(n.length)]
	if err := sp.read(body, int64(len(h))); err != nil {
		return dst, err
	}
	if err := checkBlocks(h, 0, body); err != nil {
		return dst, err
	}
	return dst[:len(dst)+int(n.length)], nil
}

// read fills p from an offset in the record.
func (sp spot) read(p []byte, off int64) error {
	sp.readAhead(sp.offset+off, int64(len(p)))
	got, err := sp.ReadAt(p, sp.offset+off)
	if got == len(p) {
		return nil
	}
	if err == io.EOF {
		err = blob.ErrCorrupt // the pack was cut short behind our back
	}
	return fmt.Errorf("read pack %d at %d: %w", sp.number, sp.offset+off, err)
}

var errReaderClosed = errors.New("blob: reader is closed")

// reader reads ranges of one body. It implements blob.Reader.
type reader struct {
	spot
	length uint32
	head   []byte // verified
	small  [headBytes + 4]byte

	mu    sync.Mutex
	block *[blockBytes]byte // the last block of which only a part was asked for
	held  int64             // its number
	shut  bool
}

var blockBuffers = sync.Pool{New: func() any { return new([blockBytes]byte) }}

// Open implements blob.Store.
func (s *Store) Open(ctx context.Context, id blob.ID) (blob.Reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	n := parseID(id)
	sp, err := s.find(n)
	if err != nil {
		return nil, err
	}
	r := &reader{spot: sp, length: n.length, held: -1}
	if size := headSize(n.length); size <= len(r.small) {
		r.head = r.small[:size]
	} else {
		r.head = make([]byte, size)
	}
	if err = sp.read(r.head, 0); err == nil {
		err = n.checkHead(r.head)
	}
	if err != nil {
		sp.release()
		return nil, err
	}
	return r, nil
}

// Size implements blob.Reader.
func (r *reader) Size() int64 { return int64(r.length) }

// ReadAt implements io.ReaderAt. Whole blocks go straight to p; of others the
// last one is kept, for readers that go through a body in small steps.
func (r *reader) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, fmt.Errorf("blob: read at offset %d", off)
	}
	for n < len(p) && off < r.Size() {
		got, err := r.whole(p[n:], off)
		if got == 0 && err == nil {
			got, err = r.part(p[n:], off)
		}
		if err != nil {
			return n, err
		}
		n, off = n+got, off+int64(got)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// whole reads as many whole blocks as p takes; the last block of a body may be
// short.
func (r *reader) whole(p []byte, off int64) (int, error) {
	if off%blockBytes != 0 {
		return 0, nil
	}
	size := r.Size() - off
	if int64(len(p)) < size {
		size = int64(len(p)) / blockBytes * blockBytes
	}
	if size == 0 {
		return 0, nil
	}
	p = p[:size]
	if err := r.read(p, int64(len(r.head))+off); err != nil {
		return 0, err
	}
	return len(p), checkBlocks(r.head, int(off/blockBytes), p)
}

// part copies from the block at off, of which p does not take all.
func (r *reader) part(p []byte, off int64) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	number := off / blockBytes
	start := number * blockBytes
	size := min(r.Size()-start, blockBytes)
	if r.held != number {
		if r.shut {
			return 0, errReaderClosed
		}
		if r.block == nil {
			r.block = blockBuffers.Get().(*[blockBytes]byte)
		}
		r.held = -1
		if _, err := r.whole(r.block[:size], start); err != nil {
			return 0, err
		}
		r.held = number
	}
	return copy(p, r.block[off-start:size]), nil
}

// Close implements blob.Reader.
func (r *reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.shut {
		return errReaderClosed
	}
	r.shut, r.held = true, -1
	if r.block != nil {
		blockBuffers.Put(r.block)
		r.block = nil
	}
	r.release()
	return nil
}
