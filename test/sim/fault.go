package sim

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/storage/faultfs"
)

// faultRound runs one small round whose disk fails at the Nth operation of
// these kinds (and, with later, at all that follow), then pulls the plug and
// compares. fired is false when the round ended before the Nth operation.
func faultRound(ctx context.Context, seed uint64, fault faultfs.Fault) (violations []string, fired bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	mem := vfs.NewCrashableMem()
	fs := faultfs.New(mem)
	m := newModel()
	host, err := startSink()
	if err != nil {
		return nil, false, err
	}
	defer host.Close()
	files, err := filesUnder()
	if err != nil {
		return nil, false, err
	}
	defer os.RemoveAll(files)
	w, err := openWorld(ctx, fs, worldOptions{relay: host.Addr(), files: files})
	if err != nil {
		return nil, false, err
	}
	if err := w.furnish(ctx); err != nil {
		return nil, false, errors.Join(err, w.close())
	}
	fs.Inject(fault)
	watchFailure(ctx, w, m)
	_ = runWork(ctx, w, m, seed, 2) // refusals are what is wanted; what was promised is checked
	// Disarmed first: the writes of closing are not part of the round.
	fs.Heal()
	op := fs.Fired()
	if op == nil {
		return nil, false, w.close()
	}
	m.mu.Lock()
	told := m.clone()
	told.outside(w, host)
	violations = append(violations, lateAcknowledgements(m)...)
	m.mu.Unlock()
	clone := faultfs.Clone(mem, 0, seed, *op)
	_ = w.close() // it failed; whatever it says, the clone is the judge
	s := &sweep{seed: seed}
	violations = append(violations, s.recover(ctx, clone, told, alone)...)
	for i, v := range violations {
		violations[i] = fmt.Sprintf("seed %d, %v at %s: %s", seed, fault.Err, op, v)
	}
	return violations, true, nil
}

// watchFailure tells the model when the store says that it failed: what a
// client asks for after that may not be acknowledged.
func watchFailure(ctx context.Context, w *world, m *model) {
	go func() {
		select {
		case <-w.db.Failed():
		case <-w.blobs.Failed():
		case <-ctx.Done():
			return
		}
		m.mu.Lock()
		m.failed = true
		m.mu.Unlock()
	}()
}

func lateAcknowledgements(m *model) []string {
	var out []string
	for _, what := range m.late {
		out = append(out, what+" was acknowledged after the store had failed")
	}
	return out
}

// Faults sweeps over the first writes and syncs of a round: each fails once
// with EIO and once, with all that follow, with ENOSPC.
func Faults(ctx context.Context, seed uint64, points int) (*Result, error) {
	result := &Result{}
	for n := int64(1); result.Points < int64(points); n++ {
		any := false
		for _, f := range []faultfs.Fault{
			{Nth: n, Kinds: faultfs.Sync, Err: syscall.EIO},
			{Nth: n, Kinds: faultfs.Write, Err: syscall.EIO, Short: true},
			{Nth: n, Kinds: faultfs.Write, Err: syscall.ENOSPC, Later: true, Short: true},
			{Nth: n, Kinds: faultfs.Write | faultfs.Sync, Err: syscall.EIO, Later: true},
		} {
			began := time.Now()
			violations, fired, err := faultRound(ctx, seed, f)
			if err != nil {
				return result, fmt.Errorf("seed %d, %d: %w after %v", seed, n, err, time.Since(began))
			}
			if !fired {
				continue
			}
			any = true
			result.Points++
			result.Count += int64(len(violations))
			result.Violations = append(result.Violations, violations[:min(len(violations), 3)]...)
			if len(result.Violations) > maxViolations {
				return result, nil
			}
		}
		if !any {
			n, seed = 0, seed+1 // the round is shorter than n: go on with another
		}
	}
	return result, nil
}
