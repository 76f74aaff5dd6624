package queue

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/storage/faultfs"
	"tram/internal/storage/kv"
	"tram/internal/storage/kv/pebble"
)

// journal is what the world outside knows of a queue: the picture after each
// commit, and how many of them were acknowledged.
type journal struct {
	mu     sync.Mutex
	states []picture
	acked  int // index of the last acknowledged one
}

// note adds the picture after a commit that is about to be made: from now on
// a crash may show it.
func (j *journal) note(change func(picture)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	p := maps.Clone(j.states[len(j.states)-1])
	change(p)
	j.states = append(j.states, p)
}

func (j *journal) ack() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.acked = len(j.states) - 1
}

// since returns the pictures from the given one up to now.
func (j *journal) since(first int) []picture {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.states[first:])
}

func (j *journal) acknowledged() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.acked
}

// script is a life of a queue with every kind of commit. It stops at the first
// error, which it returns.
func script(q *Queue, j *journal) error {
	ctx := context.Background()
	pad := make([]byte, 2000) // so that memtables are flushed on the way
	for i := range pad {
		pad[i] = 'x'
	}
	for i := range 30 {
		m := letter(i, fmt.Sprintf("a%d@example.net", i), fmt.Sprintf("b%d@example.net", i))
		m.Header = fmt.Appendf(nil, "X-Pad: %s\r\n", pad)
		m.ID = q.NewID()
		j.note(func(p picture) { p[m.ID] = describe(&Entry{Message: m}) })
		if _, err := q.Add(ctx, m); err != nil {
			return err
		}
		j.ack()
		if err := q.scriptStep(ctx, i, j); err != nil {
			return err
		}
	}
	return nil
}

func (q *Queue) scriptStep(ctx context.Context, i int, j *journal) error {
	e, err := q.TryNext(ctx)
	if err != nil || e == nil {
		return err
	}
	outcomes := [][]Outcome{
		{{Result: Delivered}, {Result: Delivered}},
		{{Result: Delivered}, {Result: Deferred, Next: time.Now()}},
		{{Result: Deferred}, {Result: Failed}},
	}[i%3][:len(e.Rcpts)]
	j.note(func(p picture) { applyOutcomes(p, e, outcomes, p[e.ID]) })
	if i%2 == 0 { // remote: settled and synced
		if err := q.Settle(ctx, e, outcomes); err != nil {
			return err
		}
		j.ack()
	} else { // local: not synced
		err := q.db.Update(ctx, []kv.Account{Shard(e.ID)}, func(tx kv.Tx) error { return q.SettleTx(tx, e, outcomes) })
		if err != nil {
			return err
		}
		q.Settled(e)
	}
	if i%5 != 2 || i%3 == 0 {
		return nil
	}
	j.note(func(p picture) { p[e.ID] += "hold" })
	if _, err := q.Hold(ctx, Only(e.ID), ""); err != nil {
		return err
	}
	j.ack()
	return nil
}

// reopen reads a queue from what is left of a disk.
func reopen(fs vfs.FS) (picture, error) {
	db, err := pebble.Open("kv", pebble.Options{FS: fs, MemTableBytes: 64 << 10, CacheBytes: 1 << 20})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	q, err := Open(context.Background(), db, Options{})
	if err != nil {
		return nil, err
	}
	got, err := q.List(context.Background(), Filter{})
	p := picture{}
	for _, l := range got {
		p[l.ID] = describe(&l.Entry)
	}
	return p, err
}

// check compares what a crash left with what it may have left.
func (j *journal) check(fs vfs.FS, may []picture) error {
	got, err := reopen(fs)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(may, func(p picture) bool { return maps.Equal(p, got) }) {
		return fmt.Errorf("found %v\nmay be one of %v", got, may)
	}
	return nil
}

// crash is the disk at one point of the script.
type crash struct {
	op   faultfs.Op
	keep int
	fs   *vfs.MemFS
	may  []picture
}

// sweep runs the script on a disk and crashes it after every write and sync.
// It returns how many crashes showed something that must not be.
func sweep(t testing.TB, spoil func(*faultfs.FS)) (points, violations int) {
	t.Helper()
	mem := vfs.NewCrashableMem()
	disk := faultfs.New(mem)
	j := &journal{states: []picture{{}}}
	var crashes []crash
	db, err := pebble.Open("kv", pebble.Options{FS: disk, MemTableBytes: 32 << 10})
	if err != nil {
		t.Fatal(err)
	}
	q := openQueue(t, db, Options{Shards: 3})
	spoil(disk)
	disk.After(faultfs.Write|faultfs.Sync, func(op faultfs.Op) {
		// The script may run on while this is a write of Pebble's own: what was
		// acknowledged before the clone must be in it, what was begun until
		// after the clone may be.
		first := j.acknowledged()
		for _, keep := range []int{0, 50, 100} {
			fs := faultfs.Clone(mem, keep, 1, op)
			crashes = append(crashes, crash{op, keep, fs, j.since(first)})
		}
	})
	if err := script(q, j); err != nil {
		t.Fatal(err)
	}
	disk.After(0, nil)
	db.Close()
	for _, c := range crashes {
		points++
		if err := j.check(c.fs, c.may); err != nil {
			if violations++; violations == 1 {
				t.Logf("crash after %v, %d %% kept: %v", c.op, c.keep, err)
			}
		}
	}
	return points, violations
}

func TestCrashAfterEveryWrite(t *testing.T) {
	points, violations := sweep(t, func(*faultfs.FS) {})
	t.Logf("crash points: %d, violations: %d", points, violations)
	if points < 200 || violations > 0 {
		t.Errorf("crash points: %d, violations: %d", points, violations)
	}
}

// TestSweepBites proves that the sweep would notice a sync that is skipped.
func TestSweepBites(t *testing.T) {
	_, violations := sweep(t, func(disk *faultfs.FS) { disk.Lie(func(string) bool { return true }) })
	if violations == 0 {
		t.Error("a disk that does not sync passes the sweep")
	}
}

// TestFailEveryWrite fails the Nth write or sync, for every N: what was
// acknowledged before is there after a restart, and nothing was acknowledged
// after it.
func TestFailEveryWrite(t *testing.T) {
	for _, fail := range []error{syscall.EIO, syscall.ENOSPC} {
		points := 0
		for n := int64(1); failAt(t, n, fail); n++ {
			points++
		}
		if points < 50 {
			t.Errorf("%v: only %d operations were failed", fail, points)
		}
	}
}

// failAt fails operation n of the script; false when it has fewer.
func failAt(t *testing.T, n int64, fail error) bool {
	t.Helper()
	mem := vfs.NewCrashableMem()
	disk := faultfs.New(mem)
	db, err := pebble.Open("kv", pebble.Options{FS: disk, MemTableBytes: 32 << 10, CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	q := openQueue(t, db, Options{Shards: 3})
	disk.Inject(faultfs.Fault{Nth: n, Err: fail})
	j := &journal{states: []picture{{}}}
	// An error is not certain: what the log gets ahead of its records, and what is
	// written behind the script, nobody needs.
	_ = script(q, j)
	db.Close()
	if err := j.check(faultfs.Clone(mem, 0, 1, faultfs.Op{Seq: n}), j.since(j.acknowledged())); err != nil {
		t.Fatalf("%v at operation %d: %v", fail, n, err)
	}
	return disk.Fired() != nil
}
