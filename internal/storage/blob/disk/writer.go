package disk

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/storage/blob"
)

// writer collects one body: in memory, then, when it gets too large or memory
// too short, in a spool, a temporary file. It implements blob.Writer.
type writer struct {
	s     *Store
	size  int64
	sums  sums
	mem   piece
	spool vfs.File // not nil: the body is there and not in mem
	path  string   // of the spool
	err   error    // the error that spoilt the body
	done  bool     // committed, staged or given up

	waiting []byte // the end of the body, not in the spool yet
	spooled int64  // bytes in the spool
}

// spoolPiece is the least that is written to a spool at once. A body comes in
// pieces as small as its sender likes: a system call for each would let a few
// megabytes of dots cost seconds.
const spoolPiece = 16 << 10

// errDone is what a writer says after Commit or Abort.
var errDone = errors.New("blob: the body was committed or given up")

// bodyStart is where a body begins in its piece: the head comes in front.
const bodyStart = pieceRoom - alignment

// Create implements blob.Store.
func (s *Store) Create(ctx context.Context) (blob.Writer, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.leave()
	if err := s.err(); err != nil {
		return nil, err
	}
	return &writer{s: s}, nil
}

// Size implements blob.Writer.
func (w *writer) Size() int64 { return w.size }

// Write implements blob.Writer. A body that was spoilt by an error stays so.
func (w *writer) Write(p []byte) (int, error) {
	if w.err == nil {
		w.err = w.write(p)
	}
	if w.err != nil {
		return 0, w.err
	}
	return len(p), nil
}

func (w *writer) write(p []byte) error {
	switch {
	case w.done:
		return errDone
	case w.size+int64(len(p)) > w.s.o.MaxBody:
		return blob.ErrTooLarge
	}
	w.sums.write(p)
	w.size += int64(len(p))
	if w.spool == nil && w.grow() {
		copy(w.mem.b[bodyStart+int(w.size)-len(p):], p)
		return nil
	}
	return w.toSpool(p)
}

// grow makes room in memory for w.size bytes.
func (w *writer) grow() bool {
	if w.size > int64(w.s.bodies.limit) {
		return false
	}
	need := pieceRoom + int(w.size)
	if need <= len(w.mem.b) {
		return true
	}
	larger, ok := w.s.bodies.get(need)
	if !ok {
		return false
	}
	copy(larger.b, w.mem.b)
	w.s.bodies.put(w.mem)
	w.mem = larger
	return true
}

// toSpool appends p to the spool. The first call moves there what is in memory.
func (w *writer) toSpool(p []byte) error {
	before := w.size - int64(len(p))
	if w.spool == nil {
		w.path = w.s.fs.PathJoin(w.s.tmp, strconv.FormatUint(w.s.spools.Add(1), 10))
		f, err := w.s.fs.OpenReadWrite(w.path, vfs.WriteCategoryUnspecified)
		if err != nil {
			return fmt.Errorf("spool a body: %w", err)
		}
		w.spool = f
		if before > 0 {
			if err := w.spoolNow(w.mem.b[bodyStart : bodyStart+before]); err != nil {
				return err
			}
		}
		w.freeMemory()
	}
	if len(w.waiting)+len(p) > spoolPiece {
		if err := w.spoolWaiting(); err != nil {
			return err
		}
	}
	if len(p) >= spoolPiece {
		return w.spoolNow(p)
	}
	if w.waiting == nil {
		w.waiting = make([]byte, 0, spoolPiece)
	}
	w.waiting = append(w.waiting, p...)
	return nil
}

// spoolWaiting writes the pieces that were too small for a write each.
func (w *writer) spoolWaiting() error {
	p := w.waiting
	w.waiting = p[:0]
	if len(p) == 0 {
		return nil
	}
	return w.spoolNow(p)
}

func (w *writer) spoolNow(p []byte) error {
	// Not Write: a vfs.File may scribble on what it is given, and p is the
	// caller's.
	if _, err := w.spool.WriteAt(p, w.spooled); err != nil {
		return fmt.Errorf("spool a body: %w", err)
	}
	w.spooled += int64(len(p))
	return nil
}

// Commit implements blob.Writer.
func (w *writer) Commit(ctx context.Context) (blob.ID, error) {
	if w.done {
		return blob.ID{}, errDone
	}
	defer w.Abort()
	if w.err == nil {
		w.err = w.spoolWaiting()
	}
	if w.err != nil {
		return blob.ID{}, w.err
	}
	if err := w.s.enter(ctx); err != nil {
		return blob.ID{}, err
	}
	defer w.s.leave()
	done, err := w.s.append(w.draft())
	if err != nil {
		return blob.ID{}, err
	}
	w.freeMemory() // before the wait: others can use it
	return w.s.await(ctx, done)
}

// await returns the name of a record when it is durable.
func (s *Store) await(ctx context.Context, r appended) (blob.ID, error) {
	err := s.group.Wait(ctx, r.ticket)
	if failed := s.err(); failed != nil {
		err = failed
	}
	if err != nil {
		return blob.ID{}, err
	}
	return r.id, nil
}

// draft lays the body out for the pack.
func (w *writer) draft() *draft {
	d := &draft{length: uint32(w.size), sums: w.sums.table(), spool: w.spool}
	if w.spool != nil {
		return d
	}
	if w.mem.b == nil { // an empty body
		d.raw = make([]byte, recordSize(0))
		return d
	}
	start := bodyStart - headSize(d.length)
	d.raw = w.mem.b[start : start+int(recordSize(d.length))]
	clear(d.raw[headSize(d.length)+int(d.length):])
	return d
}

// Abort implements blob.Writer.
func (w *writer) Abort() {
	w.done = true
	w.freeMemory()
	if w.spool != nil {
		w.spool.Close()
		_ = w.s.fs.Remove(w.path) // a leftover is removed by the next Open
		w.spool = nil
	}
}

func (w *writer) freeMemory() {
	w.s.bodies.put(w.mem)
	w.mem = piece{}
}
