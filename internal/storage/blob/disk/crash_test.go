package disk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/storage/blob"
	"tram/internal/storage/faultfs"
)

var ctx = context.Background()

// tiny options make a sweep see several packs, spools and collections.
func tiny(fs vfs.FS) Options {
	return Options{FS: fs, PackBytes: 30_000, MemoryBody: 5_000, OpenPacks: 2}
}

// journal is what an outside observer knows: the bodies that were acknowledged
// and are in use.
type journal struct {
	mu   sync.Mutex
	live map[blob.ID][]byte
	ever map[place]bool // where bodies were that were acknowledged, in use or not
}

func newJournal() *journal { return &journal{live: map[blob.ID][]byte{}, ever: map[place]bool{}} }

func (j *journal) copy() *journal {
	j.mu.Lock()
	defer j.mu.Unlock()
	return &journal{live: maps.Clone(j.live), ever: maps.Clone(j.ever)}
}

func (j *journal) report(fn func(blob.ID)) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	for id := range j.live {
		fn(id)
	}
	return nil
}

// forget drops every body but each nth, in the order of their names.
func (j *journal) forget(n int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	ids := slices.SortedFunc(maps.Keys(j.live), func(a, b blob.ID) int { return bytes.Compare(a[:], b[:]) })
	for i, id := range ids {
		if (i+1)%n != 0 {
			delete(j.live, id)
		}
	}
}

func testBody(i int) []byte { return bytes.Repeat(fmt.Appendf(nil, "%d,", i), 1+i*i*37%2500) }

// put writes body i and notes it.
func (j *journal) put(s *Store, i int) error {
	w, err := s.Create(ctx)
	if err != nil {
		return err
	}
	defer w.Abort()
	if _, err := w.Write(testBody(i)); err != nil {
		return err
	}
	id, err := w.Commit(ctx)
	if err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	at := parseID(id).first
	if j.ever[at] {
		return fmt.Errorf("the name %x was used before for another body", id)
	}
	j.ever[at], j.live[id] = true, testBody(i)
	return nil
}

// check reads every body in use.
func (j *journal) check(s *Store) error {
	for id, want := range j.live {
		got, err := s.AppendBody(ctx, nil, id)
		if err != nil || !bytes.Equal(got, want) {
			return fmt.Errorf("body %x of %d bytes: got %d, %w", id, len(want), len(got), err)
		}
	}
	return nil
}

// work writes, forgets and collects.
func (j *journal) work(s *Store, from, to int) error {
	for i := from; i < to; i++ {
		if err := j.put(s, i); err != nil {
			return err
		}
		if i%12 != 11 {
			continue
		}
		j.forget(3)
		if _, err := s.Collect(ctx, time.Now().Add(time.Hour), j.report); err != nil {
			return err
		}
	}
	return nil
}

// reopen opens what a crash left, checks it and works on.
func (j *journal) reopen(fs vfs.FS) error {
	s, err := Open("data/blobs", tiny(fs))
	if err != nil {
		return err
	}
	defer s.Close()
	if err := j.check(s); err != nil {
		return err
	}
	if err := j.work(s, 1008, 1012); err != nil {
		return fmt.Errorf("working on: %w", err)
	}
	return j.check(s)
}

const sweepSeed = 1

// TestCrashSweep crashes after every operation on the disk, and crashes what
// comes out of it once more at the end.
func TestCrashSweep(t *testing.T) {
	mem := vfs.NewCrashableMem()
	disk := faultfs.New(mem)
	j := newJournal()
	points := 0
	disk.After(faultfs.Any, func(op faultfs.Op) {
		acked := j.copy()
		for _, keep := range []int{0, 50, 100} {
			points++
			again := faultfs.Clone(mem, keep, sweepSeed, op)
			left := acked.copy()
			if err := left.reopen(again); err != nil {
				t.Fatalf("crash after %v, %d %% kept, seed %d: %v", op, keep, sweepSeed, err)
			}
			if err := left.reopen(faultfs.Clone(again, 0, sweepSeed, op)); err != nil {
				t.Fatalf("crash after %v, %d %% kept, seed %d, and another crash: %v", op, keep, sweepSeed, err)
			}
		}
	})
	s, err := Open("data/blobs", tiny(disk))
	if err != nil {
		t.Fatal(err)
	}
	bodies := 72
	if testing.Short() {
		bodies = 24
	}
	if err := j.work(s, 0, bodies); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	t.Logf("crash points: %d", points)
}

// TestCrashSweepBites loses bodies on a disk that does not sync packs, or names.
func TestCrashSweepBites(t *testing.T) {
	for _, what := range []string{".pack", "packs", "blobs"} {
		mem := vfs.NewCrashableMem()
		disk := faultfs.New(mem)
		disk.Lie(func(path string) bool { return strings.HasSuffix(path, what) })
		s, err := Open("data/blobs", tiny(disk))
		if err != nil {
			t.Fatal(err)
		}
		j := newJournal()
		if err := j.work(s, 0, 5); err != nil {
			t.Fatal(err)
		}
		if err := j.reopen(faultfs.Clone(mem, 0, sweepSeed, faultfs.Op{})); err == nil {
			t.Errorf("a disk that never syncs %s lost nothing: the sweep proves nothing", what)
		}
		s.Close()
	}
}

// TestFaultSweep fails every operation on the disk in turn.
func TestFaultSweep(t *testing.T) {
	points := 0
	for n := int64(1); ; n++ {
		fault := faultfs.Fault{Nth: n, Kinds: faultfs.Any, Err: syscall.EIO, Later: n%2 == 0, Short: n%3 == 0}
		if n%4 == 0 {
			fault.Err = syscall.ENOSPC
		}
		fired, err := failOnce(fault)
		if err != nil {
			t.Fatalf("fault %+v: %v", fault, err)
		}
		if !fired {
			break
		}
		points++
	}
	t.Logf("fault points: %d", points)
	if points < 50 {
		t.Errorf("only %d faults fired", points)
	}
}

// failOnce works until an operation fails, and looks at what is left.
func failOnce(fault faultfs.Fault) (fired bool, err error) {
	mem := vfs.NewCrashableMem()
	disk := faultfs.New(mem)
	s, err := Open("data/blobs", tiny(disk))
	if err != nil {
		return false, err
	}
	disk.Inject(fault)
	j := newJournal()
	err = j.work(s, 0, 36)
	fired = disk.Fired() != nil
	if fired != (err != nil) && disk.Fired() != nil && disk.Fired().Kind != faultfs.Remove {
		return fired, fmt.Errorf("%v failed and the work ended with %v", disk.Fired(), err)
	}
	if err := failedForGood(s, disk.Fired(), j); err != nil {
		return fired, fmt.Errorf("%v: %w", disk.Fired(), err)
	}
	s.Close()
	if disk.Fired() != nil {
		fired = true
	}
	for _, keep := range []int{0, 50, 100} {
		if err := j.copy().reopen(faultfs.Clone(mem, keep, sweepSeed, faultfs.Op{Seq: fault.Nth})); err != nil {
			return fired, fmt.Errorf("%v, opened again with %d %% kept: %w", disk.Fired(), keep, err)
		}
	}
	return fired, nil
}

// failedForGood checks that a store whose pack could not be written or synced
// acknowledges nothing more and still reads. What fails otherwise is a spool, a
// collection: nothing was promised.
func failedForGood(s *Store, op *faultfs.Op, j *journal) error {
	failed := s.err() != nil
	if op == nil {
		return s.err()
	}
	if op.Kind == faultfs.Sync && !strings.HasSuffix(op.Path, draftSuffix) && !failed {
		return errors.New("a failed sync did not fail the store")
	}
	if failed {
		select {
		case <-s.Failed():
		default:
			return errors.New("Failed is not closed")
		}
		for i := range 3 {
			if err := j.put(s, 2000+i); !errors.Is(err, blob.ErrFailed) {
				return fmt.Errorf("a body after the failure: %w", err)
			}
		}
	}
	return j.check(s)
}

// TestFailureReleasesAll fails a sync that many wait for.
func TestFailureReleasesAll(t *testing.T) {
	disk := faultfs.New(vfs.NewMem())
	s := openAt(t, small(disk))
	disk.Inject(faultfs.Fault{Nth: 5, Kinds: faultfs.Sync, Err: syscall.EIO})
	j := newJournal()
	var wg sync.WaitGroup
	for w := range 20 {
		wg.Go(func() {
			for i := range 100 {
				if err := j.put(s, w*100+i); err != nil {
					if !errors.Is(err, blob.ErrFailed) || !errors.Is(err, syscall.EIO) {
						t.Errorf("Commit = %v, want ErrFailed and the cause", err)
					}
					return
				}
			}
			t.Error("a writer was never told")
		})
	}
	wg.Wait()
	if err := s.Close(); !errors.Is(err, blob.ErrFailed) {
		t.Errorf("Close = %v, want ErrFailed", err)
	}
}
