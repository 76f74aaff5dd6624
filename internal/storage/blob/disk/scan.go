package disk

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"tram/internal/storage/blob"
)

// item is what a scan finds in a pack: a record with a whole head, or damage.
type item struct {
	offset int64
	head   head   // its body is not verified
	raw    []byte // the head with its table, valid until the next item
	id     blob.ID
	err    error // damage: nothing but offset is known
}

// body reports whether the item is a body.
func (i *item) body() bool { return i.err == nil && i.head.kind == kindBody }

// scanner walks over the records of a pack. Behind damage it searches for the
// next record.
type scanner struct {
	file   io.ReaderAt
	number uint32
	size   int64
	flags  uint16
	tag    uint32
	at     int64
	buf    []byte
}

// newScanner reads the head of a pack. When it is damaged the tag is taken
// from the first record; errPackHead says that this failed too.
func newScanner(file io.ReaderAt, number uint32, size int64) (*scanner, error) {
	s := &scanner{file: file, number: number, size: size, at: headBytes, flags: packMoved}
	b := make([]byte, headBytes)
	if _, err := io.ReadFull(io.NewSectionReader(file, 0, size), b); err != nil {
		return nil, errPackHead
	}
	flags, tag, err := parsePackHead(b, number)
	if err == nil {
		s.flags, s.tag = flags, tag
		return s, nil
	}
	if !errors.Is(err, errPackHead) {
		return nil, err
	}
	if n, _ := file.ReadAt(b[:4], headBytes); n == 4 {
		s.tag = binary.LittleEndian.Uint32(b)
		if _, err := s.read(headBytes); err == nil {
			return s, nil
		}
	}
	return nil, errPackHead
}

// next returns the next item, or io.EOF at the end of the pack. Damage is
// reported once, however long it is.
func (s *scanner) next() (item, error) {
	if s.at >= s.size {
		return item{}, io.EOF
	}
	it, err := s.read(s.at)
	if errors.Is(err, errNoRecord) {
		it = item{offset: s.at, err: err}
		s.at, err = s.search(s.at + alignment)
		return it, err
	}
	if err != nil {
		return it, err
	}
	s.at += recordSize(it.head.length)
	return it, nil
}

// read reads the record at an offset. errNoRecord says that there is none.
func (s *scanner) read(at int64) (item, error) {
	b, err := s.bytes(at, headBytes)
	if err != nil {
		return item{}, err
	}
	h := parseHead(b)
	if h.tag != s.tag || at+recordSize(h.length) > s.size {
		return item{}, errNoRecord
	}
	if b, err = s.bytes(at, headSize(h.length)); err != nil {
		return item{}, err
	}
	if headSum(b) != storedSum(b) || b[4] != recordVersion {
		return item{}, errNoRecord
	}
	h.sums = parseTable(b[headBytes:], blocks(h.length))
	return item{offset: at, head: h, raw: b, id: makeID(h.first, h.length, storedSum(b))}, nil
}

// bytes reads n bytes. Less is no record.
func (s *scanner) bytes(at int64, n int) ([]byte, error) {
	if n > cap(s.buf) {
		s.buf = make([]byte, n)
	}
	b := s.buf[:n]
	got, err := s.file.ReadAt(b, at)
	switch {
	case got == n:
		return b, nil
	case err == io.EOF:
		return nil, errNoRecord
	}
	return nil, fmt.Errorf("read pack %d at %d: %w", s.number, at, err)
}

// search returns the offset of the first record at or behind at, or the size of
// the pack.
func (s *scanner) search(at int64) (int64, error) {
	var piece [blockBytes]byte
	for ; at < s.size; at += int64(len(piece)) {
		n, err := s.file.ReadAt(piece[:], at)
		if n == 0 && err != io.EOF {
			return 0, fmt.Errorf("read pack %d at %d: %w", s.number, at, err)
		}
		for i := 0; i+4 <= n; i += alignment {
			if binary.LittleEndian.Uint32(piece[i:]) != s.tag {
				continue
			}
			if _, err := s.read(at + int64(i)); err == nil {
				return at + int64(i), nil
			}
		}
	}
	return s.size, nil
}

// verify reads the body of a record and checks it.
func (s *scanner) verify(it *item) error {
	buf := copyPieces.Get().(*[copyPiece + alignment]byte)
	defer copyPieces.Put(buf)
	at := it.offset + int64(len(it.raw))
	for off := int64(0); off < int64(it.head.length); off += copyPiece {
		b := buf[:min(int64(it.head.length)-off, copyPiece)]
		if got, err := s.file.ReadAt(b, at+off); got < len(b) {
			return fmt.Errorf("read pack %d at %d: %w", s.number, at+off, err)
		}
		if err := checkBlocks(it.raw, int(off/blockBytes), b); err != nil {
			return err
		}
	}
	return nil
}
