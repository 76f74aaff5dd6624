package sim

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/storage/blob/disk"
	"tram/internal/storage/faultfs"
	"tram/internal/storage/ground"
	"tram/internal/storage/kv"
	"tram/internal/storage/kv/pebble"
)

var (
	points = flag.Int64("points", 10_000, "crash points of TestCrashSweep")
	seed   = flag.Uint64("seed", 0, "seed of the first round; 0 draws one")
)

func firstSeed() uint64 {
	if *seed != 0 {
		return *seed
	}
	return rand.Uint64N(1 << 40)
}

// TestCrashSweep is the promise of this project, checked.
func TestCrashSweep(t *testing.T) {
	n := *points
	if testing.Short() {
		n = 600
	}
	result, err := Crash(t.Context(), firstSeed(), n)
	for _, v := range result.Violations {
		t.Error(v)
	}
	if err != nil {
		t.Error(err)
	}
	t.Logf("messages that the other host has twice, because its reply was lost: %d", result.Doubles)
	fmt.Println(result)
	if result.Points < n {
		t.Errorf("only %d crash points", result.Points)
	}
}

// biteRounds is how many rounds a sweep has to find what is broken: some of it
// shows only when a log is given up at the right moment. A full sweep has more.
const biteRounds = 8

// TestSweepBites breaks the store on purpose: a sweep that finds nothing then
// is worth nothing.
func TestSweepBites(t *testing.T) {
	for _, c := range []struct {
		name    string
		wreck   func(*faultfs.FS)
		options worldOptions
	}{
		{name: "no sync before the reply", wreck: func(fs *faultfs.FS) {
			fs.Lie(func(string) bool { return true })
		}},
		{name: "no queue removal in the commit of the delivery", options: worldOptions{wrapDB: dropQueueRemoval}},
		{name: "no report in the commit of the delivery", options: worldOptions{mute: true}},
		{name: "no redo of bodies after a crash", options: worldOptions{open: withoutRedo}},
		{name: "no barrier before a log is given up", options: worldOptions{open: withoutBarrier}},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
			defer cancel()
			for seed, rounds := firstSeed(), 0; rounds < biteRounds; rounds++ {
				s := newSweep(seed+uint64(rounds), 4)
				s.wreck, s.options = c.wreck, c.options
				s.patience = time.Second // what is lost never comes out of the queue
				err := s.round(ctx)
				t.Logf("%s; the round ended with: %v", &Result{Points: s.points.Load(), Count: s.result.Count}, err)
				if s.result.Count > 0 {
					t.Log(s.result.Violations[0])
					return
				}
			}
			t.Error("the sweep found nothing")
		})
	}
}

// withoutRedo forgets the bodies that ride in the log.
func withoutRedo(fs vfs.FS) (*pebble.DB, *disk.Store, error) {
	o := sizes(fs)
	o.Blobs.Redo = func(func([]byte) error) error { return nil }
	return byHand(o, func(b *disk.Store) func() error { return b.Settle })
}

// withoutBarrier gives logs up while only they have some bodies.
func withoutBarrier(fs vfs.FS) (*pebble.DB, *disk.Store, error) {
	o := sizes(fs)
	o.KV.MemTableBytes = 32 << 10 // a log has a short life
	o.Blobs.Redo = func(apply func([]byte) error) error { return pebble.Riders(fs, "kv", apply) }
	return byHand(o, func(*disk.Store) func() error { return nil })
}

// byHand opens the stores as package ground does, with another barrier.
func byHand(o ground.Options, barrier func(*disk.Store) func() error) (*pebble.DB, *disk.Store, error) {
	b, err := disk.Open("blobs", o.Blobs)
	if err != nil {
		return nil, nil, err
	}
	o.KV.Barrier = barrier(b)
	db, err := pebble.Open("kv", o.KV)
	if err != nil {
		return nil, nil, errors.Join(err, b.Close())
	}
	return db, b, nil
}

// dropQueueRemoval is a store that forgets to remove the queue entry when the
// same commit fills a mailbox.
func dropQueueRemoval(db kv.DB) kv.DB { return forgetful{db} }

type forgetful struct{ kv.DB }

func (f forgetful) Update(ctx context.Context, accounts []kv.Account, fn func(kv.Tx) error) error {
	mailbox := false
	for _, a := range accounts {
		mailbox = mailbox || a >= kv.FirstUser
	}
	if !mailbox {
		return f.DB.Update(ctx, accounts, fn)
	}
	return f.DB.Update(ctx, accounts, func(tx kv.Tx) error { return fn(forgetfulTx{tx}) })
}

type forgetfulTx struct{ kv.Tx }

func (f forgetfulTx) Account(a kv.Account) kv.Space {
	if a >= kv.FirstQueue && a <= kv.LastQueue {
		return forgetfulSpace{f.Tx.Account(a)}
	}
	return f.Tx.Account(a)
}

type forgetfulSpace struct{ kv.Space }

func (forgetfulSpace) Delete([]byte) error { return nil }

var faultPoints = flag.Int("faults", 300, "failing operations of TestFaultSweep")

// TestFaultSweep fails the Nth write or sync.
func TestFaultSweep(t *testing.T) {
	n := *faultPoints
	if testing.Short() {
		n = 20
	}
	result, err := Faults(t.Context(), firstSeed(), n)
	for _, v := range result.Violations {
		t.Error(v)
	}
	if err != nil {
		t.Error(err)
	}
	fmt.Printf("failing operations: %d, violations: %d\n", result.Points, result.Count)
}
