package ground

import (
	"errors"
	"flag"
	"fmt"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/storage/blob"
	"tram/internal/storage/blob/disk"
	"tram/internal/storage/faultfs"
	"tram/internal/storage/kv"
	"tram/internal/storage/kv/pebble"
)

const sweepSeed = 1

var (
	steps  = flag.Int("steps", 120, "steps of TestCrashSweep")
	stride = flag.Int64("stride", 1, "each so many operations of TestFaultSweep fail")
)

// keeps are the shares of unsynced data, in percent, that a crash may leave.
var keeps = []int{0, 50, 100}

// reopen opens what a crash left, works on, crashes it again, and opens that. At
// least min steps must be there.
func reopen(fs *vfs.MemFS, op faultfs.Op, keep, min int, open opener) error {
	w, err := openWorld(fs, open)
	if err != nil {
		return err
	}
	defer w.close()
	if w.done < min {
		return fmt.Errorf("%d steps were acknowledged, %d are left", min, w.done)
	}
	if err := w.verify(keep); err != nil {
		return err
	}
	for range 3 {
		if err := w.step(); err != nil {
			return fmt.Errorf("working on: %w", err)
		}
	}
	if err := w.db.Sync(ctx, accountOf(w.done)); err != nil {
		return fmt.Errorf("working on: %w", err)
	}
	again, err := openWorld(faultfs.Clone(fs, 0, sweepSeed, op), open)
	if err != nil {
		return fmt.Errorf("after work and another crash: %w", err)
	}
	defer again.close()
	if again.done < w.done {
		return fmt.Errorf("after work and another crash: %d steps were acknowledged, %d are left", w.done, again.done)
	}
	return nil
}

// verify holds that a hole in a pack, where a body was staged that nobody named,
// is not taken for damage. What a crash leaves of it in part may be.
func (w *world) verify(keep int) (err error) {
	if keep > 0 {
		return nil
	}
	verifying := w.blobs.Verify(ctx, func(id blob.ID, wrong error) {
		err = fmt.Errorf("verify reports %x: %w", id, wrong)
	})
	return errors.Join(err, verifying)
}

// reopenCrashing crashes the opening itself after each of its operations.
func reopenCrashing(fs *vfs.MemFS, min int, open opener) error {
	inner := faultfs.New(fs)
	var wrong error
	inner.After(faultfs.Any, func(op faultfs.Op) {
		for _, keep := range keeps {
			if err := reopen(faultfs.Clone(fs, keep, sweepSeed, op), op, 50, min, open); err != nil && wrong == nil {
				wrong = fmt.Errorf("and while it was opened, after %v, %d %% kept: %w", op, keep, err)
			}
		}
	})
	w, err := openWorld(inner, open)
	if err != nil {
		return err
	}
	inner.After(0, nil)
	return errors.Join(wrong, w.close())
}

// sweep runs the history on a disk that crashes after every operation. Every
// fifth step is waited for.
func sweep(steps int, open opener, stop func() bool, found func(op faultfs.Op, keep int, err error)) (points int, err error) {
	mem := vfs.NewCrashableMem()
	inner := faultfs.New(mem)
	var acked atomic.Int64
	inner.After(faultfs.Any, func(op faultfs.Op) {
		if stop() {
			return
		}
		min := int(acked.Load())
		for _, keep := range keeps {
			points++
			if err := reopen(faultfs.Clone(mem, keep, sweepSeed, op), op, keep, min, open); err != nil {
				found(op, keep, err)
			}
		}
		if op.Seq%128 == 0 {
			if err := reopenCrashing(faultfs.Clone(mem, 50, sweepSeed, op), min, open); err != nil {
				found(op, 50, err)
			}
		}
	})
	w, err := openWorld(inner, open)
	if err != nil {
		return points, err
	}
	for w.done < steps && !stop() {
		if err := w.step(); err != nil {
			return points, err
		}
		if w.done%5 == 0 {
			if err := w.db.Sync(ctx, accountOf(w.done)); err != nil {
				return points, err
			}
			acked.Store(int64(w.done))
		}
		if w.done%40 == 0 {
			if err := w.collect(); err != nil {
				return points, err
			}
		}
	}
	return points, w.close()
}

// collect reclaims what no record names, whatever its age. Nobody stores
// anything meanwhile.
func (w *world) collect() error {
	for a := kv.FirstUser; a < kv.FirstUser+historyAccounts; a++ {
		if err := w.db.Sync(ctx, a); err != nil {
			return err
		}
	}
	_, err := w.blobs.Collect(ctx, time.Now().Add(time.Hour), func(report func(blob.ID)) error {
		for _, i := range after(w.done) {
			report(w.ids[i])
		}
		return nil
	})
	return err
}

// TestCrashSweep: name and body, or neither.
func TestCrashSweep(t *testing.T) {
	n := *steps
	if testing.Short() {
		n = 25
	}
	points, err := sweep(n, properly, t.Failed, func(op faultfs.Op, keep int, err error) {
		t.Errorf("crash after %v, %d %% kept, seed %d: %v", op, keep, sweepSeed, err)
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("crash points: %d", points)
}

// TestSweepBites leaves out one half of the proof at a time.
func TestSweepBites(t *testing.T) {
	nothing := func(func([]byte) error) error { return nil }
	for _, c := range []struct {
		name string
		open opener
	}{
		{"no redo", func(fs vfs.FS) (*pebble.DB, *disk.Store, error) {
			o := sizes(fs)
			o.KV.FS, o.Blobs.FS = fs, fs
			o.Blobs.Redo = nothing
			b, err := disk.Open("blobs", o.Blobs)
			if err != nil {
				return nil, nil, err
			}
			o.KV.Barrier = b.Settle
			db, err := pebble.Open("kv", o.KV)
			return db, b, err
		}},
		{"no barrier", func(fs vfs.FS) (*pebble.DB, *disk.Store, error) {
			o := sizes(fs)
			o.KV.FS, o.Blobs.FS = fs, fs
			o.Blobs.Redo = func(apply func([]byte) error) error { return pebble.Riders(fs, "kv", apply) }
			b, err := disk.Open("blobs", o.Blobs)
			if err != nil {
				return nil, nil, err
			}
			db, err := pebble.Open("kv", o.KV)
			return db, b, err
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var violations []string
			_, err := sweep(160, c.open, func() bool { return len(violations) > 0 }, func(op faultfs.Op, keep int, err error) {
				violations = append(violations, fmt.Sprintf("crash after %v, %d %% kept: %v", op, keep, err))
			})
			if len(violations) == 0 {
				t.Fatalf("the sweep found nothing (%v)", err)
			}
			t.Log(violations[0])
		})
	}
}

// TestFaultSweep fails every operation on the disk in turn: nothing is
// acknowledged after it, and what was acknowledged before is there.
func TestFaultSweep(t *testing.T) {
	each := *stride
	if testing.Short() {
		each = 11
	}
	points := 0
	for n := int64(1); !t.Failed(); n += each {
		fault := faultfs.Fault{Nth: n, Kinds: faultfs.Write | faultfs.Sync | faultfs.Create | faultfs.Rename}
		fault.Err, fault.Later, fault.Short = syscall.EIO, n%2 == 0, n%3 == 0
		if n%4 == 0 {
			fault.Err = syscall.ENOSPC
		}
		fired, err := failOnce(fault)
		if err != nil {
			t.Errorf("fault %+v: %v", fault, err)
		}
		if !fired {
			break
		}
		points++
	}
	t.Logf("fault points: %d", points)
	if points < 10 {
		t.Errorf("only %d faults fired", points)
	}
}

// failOnce works until an operation fails, and looks at what is left.
func failOnce(fault faultfs.Fault) (fired bool, err error) {
	mem := vfs.NewCrashableMem()
	inner := faultfs.New(mem)
	w, err := openWorld(inner, properly)
	if err != nil {
		return false, err
	}
	inner.Inject(fault)
	acked := 0
	for w.done < 40 {
		if err = w.step(); err == nil {
			err = w.db.Sync(ctx, accountOf(w.done))
		}
		if err != nil {
			break
		}
		acked = w.done
	}
	op := inner.Fired()
	if op != nil && err == nil {
		// It failed behind the back of the last step: not for the next one.
		<-w.db.Failed()
		if err = w.step(); err == nil {
			err = w.db.Sync(ctx, accountOf(w.done))
		}
	}
	_ = w.close() // it says what err says
	if op == nil {
		return inner.Fired() != nil, err
	}
	if !errors.Is(err, kv.ErrFailed) && !errors.Is(err, blob.ErrFailed) {
		return true, fmt.Errorf("%v failed and the work ended with %w", op, err)
	}
	for _, keep := range keeps {
		if err := reopen(faultfs.Clone(mem, keep, sweepSeed, *op), *op, 50, acked, properly); err != nil {
			return true, fmt.Errorf("%v, opened again with %d %% kept: %w", op, keep, err)
		}
	}
	return true, nil
}
