package disk

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/cockroachdb/errors/oserror"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// open makes the directories, cleans up what a crash left, and finds the end
// of the last pack.
func (s *Store) open(dir string) error {
	for _, d := range []string{dir, s.packs, s.tmp} {
		if err := makeDir(s.fs, d); err != nil {
			return err
		}
	}
	lock, err := s.fs.Lock(s.fs.PathJoin(dir, "LOCK"))
	if err != nil {
		return fmt.Errorf("lock: %w (is another process running on it?)", err)
	}
	s.lock = lock
	if err := s.cleanUp(); err != nil {
		return err
	}
	if err := s.redo(); err != nil {
		return err
	}
	if err := s.listPacks(); err != nil {
		return err
	}
	return s.resume()
}

// makeDir makes a directory, and its parents where they are missing. Its name is
// synced in any case: a process that was killed may have made it and not come
// to that.
func makeDir(fs vfs.FS, dir string) error {
	parent := fs.PathDir(dir)
	if _, err := fs.Stat(parent); oserror.IsNotExist(err) && parent != dir {
		if err := makeDir(fs, parent); err != nil {
			return err
		}
	}
	if err := fs.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return syncDir(fs, parent)
}

// cleanUp removes unfinished bodies and unfinished .moved files.
func (s *Store) cleanUp() error {
	for _, d := range []struct{ dir, suffix string }{{s.tmp, ""}, {s.packs, draftSuffix}} {
		names, err := s.fs.List(d.dir)
		if err != nil {
			return err
		}
		for _, name := range names {
			if !strings.HasSuffix(name, d.suffix) {
				continue
			}
			if err := s.fs.Remove(s.fs.PathJoin(d.dir, name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// listPacks finds the packs that exist.
func (s *Store) listPacks() error {
	names, err := s.fs.List(s.packs)
	if err != nil {
		return err
	}
	s.log.next = 1
	for _, file := range names {
		if n, ok := parseFileName(file, movedSuffix); ok {
			// Its pack existed once. The highest pack is never removed, so this
			// matters only when somebody else removed it.
			s.log.next = max(s.log.next, n+1)
		}
		n, ok := parseFileName(file, packSuffix)
		if !ok {
			continue
		}
		info, err := s.fs.Stat(s.files.path(n))
		if err != nil {
			return err
		}
		p := &pack{number: n}
		p.size.Store(info.Size())
		s.known[n] = p
		s.log.next = max(s.log.next, n+1)
	}
	return nil
}

// highest returns the number of the highest pack, 0 when there is none.
func (s *Store) highest() uint32 {
	var n uint32
	for number := range s.known {
		n = max(n, number)
	}
	return n
}

// resume continues the last pack when all of it is whole. A pack with a torn
// tail stays as it is, and the next record begins a new one: nothing is ever
// written behind a torn record, where a later recovery would not look for it.
func (s *Store) resume() error {
	p := s.known[s.highest()]
	if p == nil {
		return nil
	}
	size := p.size.Load()
	tag, end, err := s.readThrough(p)
	if err != nil || end == sealed {
		return err
	}
	if end == torn {
		s.o.Logger.Warn("blob store: the last pack ends in an unfinished record, a new one is begun", "pack", p.number)
		return nil
	}
	file, err := s.fs.OpenReadWrite(s.files.path(p.number), vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	s.log.pack, s.log.file, s.log.tag, s.log.ready = p, &unsynced{File: file}, tag, size
	// A killed process may not have come to sync the name of the pack. It is with
	// the first record of this process.
	s.log.names = true
	return nil
}

// The ways in which a pack ends.
type packEnd int

const (
	whole  packEnd = iota // after a record: more can be appended
	sealed                // with a seal
	torn                  // with something else
)

// readThrough verifies a pack and tells how it ends.
func (s *Store) readThrough(p *pack) (tag uint32, end packEnd, err error) {
	h, err := s.files.acquire(p.number)
	if err != nil {
		return 0, torn, err
	}
	defer h.release()
	if isSealed(h, p) {
		return 0, sealed, nil
	}
	sc, err := newScanner(h, p.number, p.size.Load())
	if errors.Is(err, errPackHead) {
		return 0, torn, nil
	}
	if err != nil {
		return 0, torn, err
	}
	for {
		it, err := sc.next()
		if err == io.EOF {
			return sc.tag, whole, nil
		}
		if err != nil {
			return 0, torn, err
		}
		if it.err != nil && zeroFrom(h, it.offset, sc.size) {
			p.size.Store(it.offset) // the rest is prepared for what comes
			return sc.tag, whole, nil
		}
		if !it.body() || sc.verify(&it) != nil {
			return 0, torn, nil
		}
		p.newest.Store(max(p.newest.Load(), it.head.time))
	}
}

// isSealed reports whether a pack ends in its seal, and if so takes its size and
// the time of the newest body from it.
func isSealed(f io.ReaderAt, p *pack) bool {
	b := make([]byte, headBytes)
	at := endOfData(f, p.size.Load()) - headBytes
	if at < headBytes {
		return false
	}
	if n, _ := f.ReadAt(b, at); n < headBytes {
		return false
	}
	h := parseHead(b)
	if h.kind != kindSeal || headSum(b) != storedSum(b) || h.first != (place{p.number, uint32(at)}) {
		return false
	}
	p.newest.Store(h.time)
	p.size.Store(at + headBytes)
	return true
}

// pack returns a pack that exists, or nil.
func (s *Store) pack(number uint32) *pack {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.known[number]
}

// numbers returns the packs that exist, in ascending order.
func (s *Store) numbers() []uint32 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var ns []uint32
	for n := range s.known {
		ns = append(ns, n)
	}
	slices.Sort(ns)
	return ns
}

// syncDir makes the names in a directory durable.
func syncDir(fs vfs.FS, dir string) error {
	d, err := fs.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
