package disk

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/storage/blob"
)

// pack is a pack file that exists.
type pack struct {
	number uint32
	size   atomic.Int64 // bytes, of the pack in the making those written
	newest atomic.Int64 // Unix ns of its newest body, 0 when not known yet

	touched time.Time // when this process appended last; guarded by appender.mu
}

// appender writes the pack in the making.
type appender struct {
	tickets atomic.Uint64 // records written; a sync covers those up to one

	mu    sync.Mutex // held for the order of records, never across a sync; hand waits for a write under it
	next  uint32     // number of the next pack
	pack  *pack      // nil: the next record begins one
	file  *unsynced
	tag   uint32
	ready int64       // the file is filled with zeros up to here (prepare.go)
	begun int64       // the disk has begun with the bytes before this (hand)
	whole bool        // the file system syncs whole files only
	dirty []*unsynced // files with bytes that no sync has covered
	names bool        // a pack was made since the directory was synced
	first uint64      // ticket of this process's first record in the pack, 0 for none yet
}

// unsynced is a pack file that is written to.
type unsynced struct {
	vfs.File
	queued bool // in appender.dirty
	last   bool // nothing more is written: close it after the sync
}

// draft is a body ready to be appended. It lies in memory or in a spool.
type draft struct {
	length uint32
	sums   []uint32
	raw    []byte // room for the head, the body, padding; or
	spool  vfs.File
}

// appended is a record that was written to its pack.
type appended struct {
	id     blob.ID
	ticket uint64 // to wait for
	// settled says that the pack is durable, with its head and its name: a record
	// can be written again at its place after a crash.
	settled bool
}

// append writes a record behind the last one.
func (s *Store) append(d *draft) (done appended, err error) {
	a := &s.log
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := s.err(); err != nil {
		return done, err
	}
	if a.pack == nil || a.pack.size.Load() >= s.o.PackBytes {
		if err := s.roll(); err != nil {
			return done, s.fail(err)
		}
	}
	offset := a.pack.size.Load()
	a.pack.touched = time.Now()
	h := head{
		tag: a.tag, kind: kindBody, length: d.length, sums: d.sums,
		first: place{a.pack.number, uint32(offset)}, time: a.pack.touched.UnixNano(),
	}
	a.touch(a.file)
	if err := s.prepare(offset + recordSize(d.length)); err != nil {
		return done, s.fail(fmt.Errorf("prepare pack %d: %w", a.pack.number, err))
	}
	sum, err := a.write(&h, d, offset)
	if errors.Is(err, errSource) {
		// The spool is bad, not the pack: the next record overwrites the rest.
		return done, err
	}
	if err != nil {
		return done, s.fail(fmt.Errorf("append to pack %d: %w", a.pack.number, err))
	}
	a.pack.size.Store(offset + recordSize(d.length))
	a.pack.newest.Store(max(a.pack.newest.Load(), h.time))
	done.id, done.ticket = makeID(h.first, d.length, sum), a.tickets.Add(1)
	if a.first == 0 {
		a.first = done.ticket
	}
	done.settled = s.group.Durable(a.first)
	if err := a.hand(done.settled); err != nil {
		return done, s.fail(fmt.Errorf("write pack %d: %w", a.pack.number, err))
	}
	return done, nil
}

// write puts a record at an offset: from memory in one piece, from a spool body
// first, so that there is no head before a whole body.
func (a *appender) write(h *head, d *draft, offset int64) (sum uint32, err error) {
	n := headSize(d.length)
	if d.spool == nil {
		sum = h.put(d.raw[:n])
		_, err = a.file.WriteAt(d.raw, offset)
		return sum, err
	}
	if err := copyBody(a.file, offset+int64(n), d.spool, 0, d.length, h.sums); err != nil {
		return 0, err
	}
	b := make([]byte, n)
	sum = h.put(b)
	_, err = a.file.WriteAt(b, offset)
	return sum, err
}

// handBytes is how many bytes of bodies that ride lie in memory before the disk
// begins with them. Nobody waits for them until the log is given up; then they
// would be many at once, in the way of those who wait for the log.
const handBytes = 256 << 10

// hand lets the disk begin with what it was not given yet. It promises nothing.
func (a *appender) hand(rides bool) (err error) {
	size := a.pack.size.Load()
	if !rides || a.whole || size-a.begun < handBytes {
		return nil
	}
	a.begun = size
	a.whole, err = a.file.SyncTo(size)
	return err
}

// touch queues a file for the next sync.
func (a *appender) touch(f *unsynced) {
	if !f.queued {
		f.queued = true
		a.dirty = append(a.dirty, f)
	}
}

// roll seals the pack in the making and begins the next one. The name of the
// new pack is durable with the next sync, before anything in it is acknowledged:
// until then nothing in it rides.
func (s *Store) roll() error {
	a := &s.log
	if a.pack != nil {
		if err := a.seal(); err != nil {
			return err
		}
	}
	p, f, tag, err := s.createPack(a.next, 0)
	if err != nil {
		return err
	}
	a.next++
	a.pack, a.file, a.tag, a.names, a.ready, a.begun, a.first = p, f, tag, true, headBytes, headBytes, 0
	s.mu.Lock()
	s.known[p.number] = p
	s.mu.Unlock()
	return nil
}

// seal ends the pack in the making.
func (a *appender) seal() error {
	offset := a.pack.size.Load()
	b := sealOf(a.pack, a.tag)
	a.touch(a.file)
	a.file.last = true
	if _, err := a.file.WriteAt(b, offset); err != nil {
		return fmt.Errorf("seal pack %d: %w", a.pack.number, err)
	}
	a.pack.size.Store(offset + headBytes)
	a.pack, a.file = nil, nil
	return nil
}

// sealOf returns the seal of a pack.
func sealOf(p *pack, tag uint32) []byte {
	h := head{tag: tag, kind: kindSeal, first: place{p.number, uint32(p.size.Load())}, time: p.newest.Load()}
	b := make([]byte, headBytes)
	h.put(b)
	return b
}

// createPack makes the file of a pack and writes its head.
func (s *Store) createPack(number uint32, flags uint16) (*pack, *unsynced, uint32, error) {
	file, err := s.fs.OpenReadWrite(s.files.path(number), vfs.WriteCategoryUnspecified)
	if err != nil {
		return nil, nil, 0, fmt.Errorf("create pack %d: %w", number, err)
	}
	tag := newTag()
	if _, err := file.WriteAt(packHead(number, flags, tag, time.Now()), 0); err != nil {
		file.Close()
		return nil, nil, 0, fmt.Errorf("create pack %d: %w", number, err)
	}
	p := &pack{number: number}
	p.size.Store(headBytes)
	return p, &unsynced{File: file}, tag, nil
}

// flush makes every record durable that was appended before. It is called by
// one goroutine at a time on behalf of all who wait.
func (s *Store) flush() error {
	a := &s.log
	a.mu.Lock()
	files, names := a.dirty, a.names
	a.dirty, a.names = nil, false
	finished := map[*unsynced]bool{}
	for _, f := range files {
		f.queued, finished[f] = false, f.last
	}
	a.mu.Unlock()
	for _, f := range files {
		// fdatasync is enough: it takes the size of the file along.
		if err := f.SyncData(); err != nil {
			return s.fail(fmt.Errorf("sync a pack: %w", err))
		}
		if finished[f] {
			f.Close()
		}
	}
	if names {
		if err := s.syncNames(); err != nil {
			return err
		}
	}
	return s.err()
}

// Settle makes every body durable that was staged so far. It costs nothing when
// all are, and shares a sync with those who commit.
func (s *Store) Settle() error {
	err := s.group.Wait(context.Background(), s.log.tickets.Load())
	if failed := s.err(); failed != nil {
		return failed
	}
	return err
}

// syncNames makes the names in the directory of packs durable. Whoever finds
// that it failed, nothing is acknowledged any more: the kernel tells of a lost
// write only once.
func (s *Store) syncNames() error {
	if err := syncDir(s.fs, s.packs); err != nil {
		return s.fail(fmt.Errorf("sync %s: %w", s.packs, err))
	}
	return nil
}

// close closes the files without a further sync.
func (a *appender) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, f := range a.dirty {
		if f != a.file {
			f.Close()
		}
	}
	if a.file != nil {
		a.file.Close()
	}
	a.pack, a.file, a.dirty = nil, nil, nil
}
