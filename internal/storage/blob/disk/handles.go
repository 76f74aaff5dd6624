package disk

import (
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// maxOpenIndexes is how many .moved files are kept open.
const maxOpenIndexes = 16

// handles keeps files open for reading, a bounded number of them. A file that
// is in use is never closed, nor is one that was dropped while in use: it can
// be read to the end although its name is gone.
type handles struct {
	fs     vfs.FS
	dir    string
	suffix string
	limit  int

	mu   sync.Mutex
	open map[uint32]*handle
	tick uint64 // grows with each use
}

// handle is an open file. Whoever acquired it releases it.
type handle struct {
	vfs.File
	ahead  ahead
	owner  *handles
	number uint32
	users  int
	used   uint64
	loose  bool // not in the map any more: the last user closes it
}

func newHandles(fs vfs.FS, dir, suffix string, limit int) handles {
	return handles{fs: fs, dir: dir, suffix: suffix, limit: limit, open: map[uint32]*handle{}}
}

func (h *handles) path(number uint32) string {
	return h.fs.PathJoin(h.dir, fileName(number, h.suffix))
}

// acquire opens the file of a pack, or finds it open.
func (h *handles) acquire(number uint32) (*handle, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tick++
	f := h.open[number]
	if f == nil {
		file, err := h.fs.Open(h.path(number))
		if err != nil {
			return nil, err
		}
		h.shrink(h.limit - 1)
		f = &handle{File: file, owner: h, number: number}
		h.open[number] = f
	}
	f.users++
	f.used = h.tick
	return f, nil
}

func (f *handle) release() {
	h := f.owner
	h.mu.Lock()
	defer h.mu.Unlock()
	if f.users--; f.users > 0 {
		return
	}
	if f.loose {
		f.File.Close()
		return
	}
	h.shrink(h.limit)
}

// shrink closes files that nobody uses, the longest unused first, until n are
// open.
func (h *handles) shrink(n int) {
	for len(h.open) > n {
		var oldest *handle
		for _, f := range h.open {
			if f.users == 0 && (oldest == nil || f.used < oldest.used) {
				oldest = f
			}
		}
		if oldest == nil {
			return
		}
		delete(h.open, oldest.number)
		oldest.File.Close()
	}
}

// drop forgets a file, because it was removed or replaced.
func (h *handles) drop(number uint32) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f := h.open[number]
	if f == nil {
		return
	}
	delete(h.open, number)
	if f.users == 0 {
		f.File.Close()
	} else {
		f.loose = true
	}
}

func (h *handles) closeAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for number, f := range h.open {
		delete(h.open, number)
		if f.users == 0 {
			f.File.Close()
		} else {
			f.loose = true
		}
	}
}
