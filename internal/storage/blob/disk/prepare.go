package disk

import (
	"io"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// A sync of a file that has grown, or that has new blocks, must write the
// journal of the file system too; one of bytes that replace others need not, and
// takes half the time. So a pack grows in steps, each paid for by one sync for
// many. The price is that most bytes are written twice, the first time in large
// pieces.

// prepareRoom is how many steps must be free on the disk: the last room is for
// mail.
const prepareRoom = 64

// prepare fills the pack with zeros so that a record up to end lies within, as
// long as it does not get larger than a full pack, which ends in its seal. It
// is no more than a favour, which a disk that is nearly full is not asked for.
func (s *Store) prepare(end int64) error {
	a, step := &s.log, min(s.o.PrepareBytes, s.o.PackBytes/16)
	if end <= a.ready {
		return nil
	}
	if end > a.ready+step || a.ready+step > s.o.PackBytes || s.scarce(prepareRoom*step) {
		a.ready = end
		return nil
	}
	err := a.writeZeros(a.ready, step)
	if vfs.IsNoSpaceError(err) {
		a.ready = end // the record goes there now: it is not to be filled later
		return nil
	}
	if err == nil {
		a.ready += step
	}
	return err
}

// writeZeros writes n zeros at an offset, in pieces: a step at once would be as
// much memory for each message as the message.
func (a *appender) writeZeros(at, n int64) error {
	buf := copyPieces.Get().(*[copyPiece + alignment]byte)
	defer copyPieces.Put(buf)
	for n > 0 {
		piece := buf[:min(n, copyPiece)]
		clear(piece) // a vfs.File may scribble on what it is given
		if _, err := a.file.WriteAt(piece, at); err != nil {
			return err
		}
		at, n = at+int64(len(piece)), n-int64(len(piece))
	}
	return nil
}

// scarce reports whether less than so many bytes are free, as far as the file
// system tells.
func (s *Store) scarce(bytes int64) bool {
	usage, err := s.fs.GetDiskUsage(s.packs)
	return err == nil && usage.AvailBytes < uint64(bytes)
}

// endOfData is where the zeros begin at the end of a pack, as far as they can be
// prepared, rounded up to where a record can begin.
func endOfData(f io.ReaderAt, size int64) int64 {
	var b [4 << 10]byte
	for end := size; end > 0 && size-end <= DefaultPrepareBytes; {
		start := max(0, end-int64(len(b)))
		piece := b[:end-start]
		if n, _ := f.ReadAt(piece, start); n < len(piece) {
			return size
		}
		for i := len(piece) - 1; i >= 0; i-- {
			if piece[i] != 0 {
				return min(size, (start+int64(i)+alignment)/alignment*alignment)
			}
		}
		end = start
	}
	return size
}

// zeroFrom reports whether there is nothing but zeros from an offset on.
func zeroFrom(f io.ReaderAt, from, size int64) bool {
	var b [32 << 10]byte
	for from < size {
		piece := b[:min(int64(len(b)), size-from)]
		if n, _ := f.ReadAt(piece, from); n < len(piece) {
			return false
		}
		for _, c := range piece {
			if c != 0 {
				return false
			}
		}
		from += int64(len(piece))
	}
	return true
}
