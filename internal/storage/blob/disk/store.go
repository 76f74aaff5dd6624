package disk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/storage/blob"
	"tram/internal/storage/groupsync"
)

// Store is a blob store in one directory. It implements blob.Store.
type Store struct {
	o     Options
	fs    vfs.FS
	packs string // the directory of packs
	tmp   string // the directory of bodies on their way in
	lock  io.Closer

	log     appender
	group   *groupsync.Group
	files   handles // packs, for reading
	indexes handles // .moved files
	bodies  bodies
	spools  atomic.Uint64 // temporary files made so far

	// mu guards where bodies are: which packs exist and what the .moved files
	// say. Collect changes both together.
	mu    sync.RWMutex
	known map[uint32]*pack

	collecting sync.Mutex // one collection, or rebuilding of indexes, at a time
	rebuilt    bool       // the .moved files are complete; guarded by collecting

	closed  atomic.Bool
	gate    sync.Mutex // guards running and the setting of closed
	idle    *sync.Cond // signalled when running becomes 0
	running int        // commits and collections that have not ended

	failure sync.Once
	failed  chan struct{}
	cause   error // set before failed is closed
}

var (
	_ blob.Store  = (*Store)(nil)
	_ blob.Upkeep = (*Store)(nil)
)

// errClosed is what calls after Close return.
var errClosed = errors.New("blob: store is closed")

// Open opens the store in dir and makes it when it does not exist. Only one
// process can have it open.
func Open(dir string, o Options) (*Store, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Store{
		o:      o,
		fs:     o.FS,
		packs:  o.FS.PathJoin(dir, "packs"),
		tmp:    o.FS.PathJoin(dir, "tmp"),
		known:  map[uint32]*pack{},
		failed: make(chan struct{}),
	}
	s.idle = sync.NewCond(&s.gate)
	s.group = groupsync.New(s.log.tickets.Load, s.flush)
	s.files = newHandles(s.fs, s.packs, packSuffix, o.OpenPacks)
	s.indexes = newHandles(s.fs, s.packs, movedSuffix, maxOpenIndexes)
	s.bodies.limit, s.bodies.budget = o.MemoryBody, o.MemoryBudget
	if err := s.open(dir); err != nil {
		if s.lock != nil {
			s.lock.Close()
		}
		return nil, fmt.Errorf("open blob store %s: %w", dir, err)
	}
	return s, nil
}

// Failed implements blob.Store.
func (s *Store) Failed() <-chan struct{} { return s.failed }

// fail marks the store as failed, once, and returns the error for the caller.
func (s *Store) fail(cause error) error {
	s.failure.Do(func() {
		s.cause = cause
		if s.o.OnFailure != nil {
			s.o.OnFailure(cause)
		}
		close(s.failed)
		s.o.Logger.Error("blob store failed, nothing is written any more", "cause", cause)
	})
	return s.err()
}

// err returns nil while the store is well.
func (s *Store) err() error {
	select {
	case <-s.failed:
		return fmt.Errorf("%w: %w", blob.ErrFailed, s.cause)
	default:
		return nil
	}
}

// enter registers a call; leave ends it.
func (s *Store) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.gate.Lock()
	defer s.gate.Unlock()
	if s.closed.Load() {
		return errClosed
	}
	s.running++
	return nil
}

func (s *Store) leave() {
	s.gate.Lock()
	defer s.gate.Unlock()
	if s.running--; s.running == 0 {
		s.idle.Broadcast()
	}
}

// Close waits for commits and collections that run, syncs and closes. Readers
// that are still open go on; writers can only be aborted.
func (s *Store) Close() error {
	s.gate.Lock()
	if s.closed.Load() {
		s.gate.Unlock()
		return errClosed
	}
	s.closed.Store(true)
	for s.running > 0 {
		s.idle.Wait()
	}
	s.gate.Unlock()
	// A ticket of our own, drawn now, stands for all that was written. Settle, and
	// not flush: the key-value store beside may call it too while it closes.
	s.log.tickets.Add(1)
	err := s.err()
	if err == nil {
		err = s.Settle()
	}
	s.log.close()
	s.files.closeAll()
	s.indexes.closeAll()
	return errors.Join(err, s.lock.Close())
}
