package mta

import (
	"io"

	"tram/internal/queue"
	"tram/internal/storage/blob"
)

// text is an entry of the queue as it leaves: its own header lines, then the
// body that it shares with others.
type text struct {
	header []byte
	body   io.ReaderAt
}

func textOf(e *queue.Entry, body blob.Reader) *io.SectionReader {
	return io.NewSectionReader(text{e.Header, body}, 0, int64(len(e.Header))+body.Size())
}

// ReadAt implements io.ReaderAt.
func (t text) ReadAt(p []byte, off int64) (n int, err error) {
	if off < int64(len(t.header)) {
		n = copy(p, t.header[off:])
		if n == len(p) {
			return n, nil
		}
	}
	m, err := t.body.ReadAt(p[n:], off+int64(n)-int64(len(t.header)))
	return n + m, err
}
