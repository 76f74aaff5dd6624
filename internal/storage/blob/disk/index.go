package disk

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"

	"github.com/cockroachdb/errors/oserror"
	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/storage/blob"
)

const (
	indexMagic   = "tram.mov"
	indexVersion = 1
	entryBytes   = 16

	// indexPiece is how many entries a search reads at once when it has come
	// that close.
	indexPiece = 64
)

// errNoIndex says that a .moved file is missing, damaged or out of date.
var errNoIndex = errors.New("the index of moved bodies is missing or damaged")

// entry says where a record of a removed pack is now.
type entry struct {
	old uint32 // offset in the removed pack
	now place
}

func putEntry(b []byte, number uint32, e entry) {
	le := binary.LittleEndian
	le.PutUint32(b[0:], e.old)
	le.PutUint32(b[4:], e.now.pack)
	le.PutUint32(b[8:], e.now.offset)
	le.PutUint32(b[12:], entrySum(b, number))
}

// entrySum binds an entry to the pack it is about.
func entrySum(b []byte, number uint32) uint32 {
	var n [4]byte
	binary.LittleEndian.PutUint32(n[:], number)
	return crc32.Update(crc32.Checksum(n[:], castagnoli), castagnoli, b[:12])
}

func parseEntry(b []byte, number uint32) (entry, error) {
	le := binary.LittleEndian
	if le.Uint32(b[12:]) != entrySum(b, number) {
		return entry{}, errNoIndex
	}
	return entry{le.Uint32(b[0:]), place{le.Uint32(b[4:]), le.Uint32(b[8:])}}, nil
}

// indexHead returns the first bytes of a .moved file.
func indexHead(number uint32, count int) []byte {
	b := make([]byte, headBytes)
	le := binary.LittleEndian
	copy(b, indexMagic)
	le.PutUint16(b[8:], indexVersion)
	le.PutUint32(b[12:], number)
	le.PutUint32(b[16:], uint32(count))
	le.PutUint32(b[28:], crc32.Checksum(b[:28], castagnoli))
	return b
}

// readIndexHead returns the number of entries.
func readIndexHead(f io.ReaderAt, number uint32) (count int, err error) {
	b := make([]byte, headBytes)
	if n, _ := f.ReadAt(b, 0); n < headBytes {
		return 0, errNoIndex
	}
	le := binary.LittleEndian
	if string(b[:8]) != indexMagic || le.Uint16(b[8:]) != indexVersion || le.Uint32(b[12:]) != number ||
		le.Uint32(b[28:]) != crc32.Checksum(b[:28], castagnoli) {
		return 0, errNoIndex
	}
	return int(le.Uint32(b[16:])), nil
}

// searchIndex finds a record in the .moved file of its first pack. What is not
// there was dead when the pack was removed: ErrNotFound.
func searchIndex(f io.ReaderAt, first place) (place, error) {
	count, err := readIndexHead(f, first.pack)
	if err != nil {
		return place{}, err
	}
	buf := make([]byte, indexPiece*entryBytes)
	lo, hi := 0, count
	for hi-lo > indexPiece {
		mid := (lo + hi) / 2
		es, err := readEntries(f, first.pack, mid, buf[:entryBytes])
		if err != nil {
			return place{}, err
		}
		if es[0].old <= first.offset {
			lo = mid
		} else {
			hi = mid
		}
	}
	es, err := readEntries(f, first.pack, lo, buf[:(hi-lo)*entryBytes])
	if err != nil {
		return place{}, err
	}
	i, ok := slices.BinarySearchFunc(es, first.offset, func(e entry, old uint32) int { return cmp.Compare(e.old, old) })
	if !ok {
		return place{}, blob.ErrNotFound
	}
	return es[i].now, nil
}

// readEntries reads as many entries as fill buf.
func readEntries(f io.ReaderAt, number uint32, from int, buf []byte) ([]entry, error) {
	if n, _ := f.ReadAt(buf, headBytes+int64(from)*entryBytes); n < len(buf) {
		return nil, errNoIndex
	}
	es := make([]entry, len(buf)/entryBytes)
	for i := range es {
		e, err := parseEntry(buf[i*entryBytes:], number)
		if err != nil {
			return nil, err
		}
		es[i] = e
	}
	return es, nil
}

// readIndex reads a whole .moved file.
func (s *Store) readIndex(number uint32) ([]entry, error) {
	h, err := s.indexes.acquire(number)
	if oserror.IsNotExist(err) {
		return nil, errNoIndex
	}
	if err != nil {
		return nil, err
	}
	defer h.release()
	count, err := readIndexHead(h, number)
	if err != nil {
		return nil, err
	}
	info, err := h.Stat()
	if err != nil || info.Size() != headBytes+int64(count)*entryBytes {
		return nil, errNoIndex
	}
	return readEntries(h, number, 0, make([]byte, count*entryBytes))
}

// writeIndex replaces the .moved file of a pack, or removes it when there is no
// entry. The name is durable after syncNames.
func (s *Store) writeIndex(number uint32, es []entry) error {
	path := s.indexes.path(number)
	if len(es) == 0 {
		if err := s.fs.Remove(path); err != nil && !oserror.IsNotExist(err) {
			return fmt.Errorf("remove %s: %w", path, err)
		}
		return nil
	}
	slices.SortFunc(es, func(a, b entry) int { return cmp.Compare(a.old, b.old) })
	b := indexHead(number, len(es))
	for _, e := range es {
		b = append(b, make([]byte, entryBytes)...)
		putEntry(b[len(b)-entryBytes:], number, e)
	}
	draft := s.fs.PathJoin(s.packs, fileName(number, draftSuffix))
	if err := writeFile(s.fs, draft, b); err != nil {
		return fmt.Errorf("write %s: %w", draft, err)
	}
	// Synced before it gets its name: a name never leads to half an index.
	if err := s.fs.Rename(draft, path); err != nil {
		return fmt.Errorf("rename %s: %w", draft, err)
	}
	return nil
}

// writeFile makes a file with this content and syncs it.
func writeFile(fs vfs.FS, path string, b []byte) error {
	f, err := fs.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}
