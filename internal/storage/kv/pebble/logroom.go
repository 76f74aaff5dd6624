package pebble

import "github.com/cockroachdb/pebble/v2/vfs"

// A sync of a log that has grown, or that has new blocks, waits for the journal
// of the file system too; one of bytes that replace others does not, and takes
// little more than half the time. Pebble uses logs again for that reason, but a
// log with riders becomes longer than the one before it. So a log grows by
// zeros, in steps, each paid for by one sync for many. Whoever reads a log takes
// zeros for its end.

const (
	// maxLogStep is how far a log grows at once, in bytes.
	maxLogStep = 1 << 20
	// logPiece is how much of a step is written at once: the page cache keeps
	// the pieces as they came, and counts a whole one for each write into it.
	logPiece = 16 << 10
	// logRoomSteps must be free on the disk: the last room is for mail.
	logRoomSteps = 64
)

// logRoom fills a log with zeros ahead of what is written. It is no more than a
// favour, which a disk that is nearly full is not asked for.
type logRoom struct {
	fs     vfs.FS
	file   vfs.File
	name   string
	step   int64 // bytes
	end    int64 // of what was written
	filled int64 // there are bytes up to here, at least to end
}

// newLogRoom is for a log that is written from its beginning. One that is used
// again has bytes already.
func newLogRoom(fs vfs.FS, file vfs.File, name string, step int64) *logRoom {
	r := &logRoom{fs: fs, file: file, name: name, step: step}
	if info, err := file.Stat(); err == nil {
		r.filled = info.Size()
	}
	return r
}

// reserve prepares the place of the next n bytes.
func (r *logRoom) reserve(n int) error {
	r.end += int64(n)
	if r.end <= r.filled {
		return nil
	}
	if r.end > r.filled+r.step || r.scarce() {
		r.filled = r.end
		return nil
	}
	err := r.fill()
	if vfs.IsNoSpaceError(err) {
		r.filled = max(r.filled, r.end) // what is written now is not to be filled later
		return nil
	}
	return err
}

// fill appends a step of zeros.
func (r *logRoom) fill() error {
	zeros := make([]byte, min(logPiece, r.step))
	for to := r.filled + r.step; r.filled < to; {
		piece := zeros[:min(int64(len(zeros)), to-r.filled)]
		clear(piece) // a vfs.File may scribble on what it is given
		if _, err := r.file.WriteAt(piece, r.filled); err != nil {
			return err
		}
		r.filled += int64(len(piece))
	}
	return nil
}

// scarce reports whether the disk has little room left, as far as the file
// system tells.
func (r *logRoom) scarce() bool {
	usage, err := r.fs.GetDiskUsage(r.fs.PathDir(r.name))
	return err == nil && usage.AvailBytes < uint64(logRoomSteps*r.step)
}
