package queue

import (
	"context"
	"errors"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/storage/faultfs"
	"tram/internal/storage/kv"
)

// settleTx settles in a commit of its own but does not end the flight.
func settleTx(t testing.TB, q *Queue, e *Entry, outcomes ...Outcome) {
	t.Helper()
	err := q.db.Update(t.Context(), []kv.Account{Shard(e.ID)}, func(tx kv.Tx) error {
		return q.SettleTx(tx, e, outcomes)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestFlightSettlesInSteps settles local and remote recipients in commits of
// their own, as an agent does.
func TestFlightSettlesInSteps(t *testing.T) {
	q := newQueue(t, Options{})
	id := add(t, q, letter(1, "a@example.net", "b@example.net", "c@example.net", "d@example.net"))
	e := take(t, q)
	done, again, gone := Outcome{Result: Delivered}, Outcome{Result: Deferred, Reply: "451 later"}, Outcome{Result: Failed}

	settleTx(t, q, e, Outcome{}, done, Outcome{}, Outcome{})
	if l := show(t, q, id); len(l.Rcpts) != 3 || l.Rcpts[1].To.Local != "c" || l.State != InFlight {
		t.Fatalf("after the first step: %+v", l)
	}
	settleTx(t, q, e, again, done, Outcome{}, Outcome{}) // repeats what was settled
	settleTx(t, q, e, again, Outcome{}, gone, Outcome{}) // counts the deferral once
	if l := show(t, q, id); len(l.Rcpts) != 2 || l.Rcpts[0].Attempts != 1 || l.Rcpts[1].To.Local != "d" {
		t.Fatalf("after the third step: %+v", l)
	}
	q.Settled(e)
	if l := show(t, q, id); l.State != Waiting {
		t.Errorf("state %v, want %v", l.State, Waiting)
	}
	if _, err := q.Retry(t.Context(), Only(id)); err != nil {
		t.Fatal(err)
	}
	e = take(t, q)
	settleTx(t, q, e, done, Outcome{})
	settleTx(t, q, e, Outcome{}, done)
	settleTx(t, q, e, done, done)
	q.Settled(e)
	if q.Len() != 0 {
		t.Errorf("%d entries are left", q.Len())
	}
}

// TestReleaseAfterAStep ends a flight of which one step was committed: what
// was delivered must not come again.
func TestReleaseAfterAStep(t *testing.T) {
	for name, end := range map[string]func(*Queue, *Entry){
		"release":                     (*Queue).Release,
		"postpone":                    func(q *Queue, e *Entry) { q.Postpone(e, time.Now()) },
		"settled after a failed step": failedStep,
	} {
		t.Run(name, func(t *testing.T) {
			q := newQueue(t, Options{})
			id := add(t, q, letter(1, "a@example.net", "b@example.net"))
			e := take(t, q)
			settleTx(t, q, e, Outcome{Result: Delivered}, Outcome{})
			end(q, e)
			if _, err := q.Retry(t.Context(), Only(id)); err != nil {
				t.Fatal(err)
			}
			e = take(t, q)
			if len(e.Rcpts) != 1 || e.Rcpts[0].To.Local != "b" {
				t.Errorf("handed out again for %+v", e.Rcpts)
			}
		})
	}
}

// failedStep settles everything in a commit that is then rolled back.
func failedStep(q *Queue, e *Entry) {
	full := errors.New("mailbox is full")
	q.db.Update(context.Background(), []kv.Account{Shard(e.ID)}, func(tx kv.Tx) error {
		q.SettleTx(tx, e, []Outcome{{Result: Delivered}, {Result: Delivered}})
		return full
	})
	q.Settled(e)
}

func TestSettleWantsAnOutcomeForEach(t *testing.T) {
	q := newQueue(t, Options{})
	add(t, q, letter(1, "a@example.net", "b@example.net"))
	e := take(t, q)
	if err := q.Settle(t.Context(), e, []Outcome{{Result: Delivered}}); err == nil {
		t.Error("one outcome for two recipients was accepted")
	}
	if s := q.Stats(); s.Fresh != 1 {
		t.Errorf("entry was not released: %+v", s)
	}
}

// TestBounceInTheSameCommit moves a message from one entry to another.
func TestBounceInTheSameCommit(t *testing.T) {
	q := newQueue(t, Options{})
	add(t, q, letter(1, "a@example.net"))
	e := take(t, q)
	p, err := q.Prepare(letter(2, "an@example.org"))
	if err != nil {
		t.Fatal(err)
	}
	err = q.db.Update(t.Context(), []kv.Account{Shard(e.ID), p.Shard()}, func(tx kv.Tx) error {
		if err := q.SettleTx(tx, e, []Outcome{{Result: Failed}}); err != nil {
			return err
		}
		return q.AddTx(tx, p)
	})
	if err != nil {
		t.Fatal(err)
	}
	idle(t, q)
	q.Settled(e)
	q.Added(p)
	bounce := take(t, q)
	if bounce.ID != p.ID() || q.Len() != 1 {
		t.Errorf("got %s of %d, want %s", bounce.ID, q.Len(), p.ID())
	}
	if err := q.Sync(t.Context(), bounce); err != nil {
		t.Error(err)
	}
}

// TestFailedStore lets the first sync fail: nothing is acknowledged after it
// and nothing is handed out.
func TestFailedStore(t *testing.T) {
	disk := faultfs.New(vfs.NewMem())
	db := openStore(t, disk)
	defer db.Close()
	q := openQueue(t, db, Options{})
	add(t, q, letter(1, "a@example.net"))
	add(t, q, letter(2, "a@example.net"))
	e := take(t, q)
	disk.Inject(faultfs.Fault{Nth: 1, Kinds: faultfs.Sync, Err: syscall.EIO})
	for range 3 {
		if _, err := q.Add(t.Context(), letter(3, "a@example.net")); !errors.Is(err, kv.ErrFailed) {
			t.Fatalf("add: %v", err)
		}
	}
	if q.Len() != 2 {
		t.Errorf("%d entries, want 2", q.Len())
	}
	if err := q.Settle(t.Context(), e, []Outcome{{Result: Delivered}}); !errors.Is(err, kv.ErrFailed) {
		t.Errorf("settle: %v", err)
	}
	if _, err := q.Next(t.Context()); !errors.Is(err, kv.ErrFailed) {
		t.Errorf("next: %v", err)
	}
	if _, err := q.Hold(t.Context(), Only(e.ID), ""); !errors.Is(err, kv.ErrFailed) {
		t.Errorf("hold: %v", err)
	}
}
