package queue

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"tram/internal/storage/kv"
)

func TestHold(t *testing.T) {
	q := newQueue(t, Options{})
	id := add(t, q, letter(1, "a@example.net"))
	change := func(what string, do func(context.Context, Filter) (int, error), want int, state State) {
		t.Helper()
		n, err := do(t.Context(), Only(id))
		if err != nil || n != want {
			t.Fatalf("%s: %d, %v", what, n, err)
		}
		if l := show(t, q, id); l.State != state {
			t.Fatalf("after %s: %v, want %v", what, l.State, state)
		}
	}
	change("hold", q.hold, 1, Held)
	change("hold again", q.hold, 0, Held)
	idle(t, q)
	if _, err := q.Retry(t.Context(), Only(id)); !errors.Is(err, ErrHeld) {
		t.Errorf("retry of a held entry: %v", err)
	}
	change("unhold", q.Unhold, 1, Fresh)
	change("unhold again", q.Unhold, 0, Fresh)
	e := take(t, q)
	change("retry in flight", q.Retry, 0, InFlight)
	change("hold in flight", q.hold, 1, InFlight)
	settle(t, q, e, Outcome{Result: Deferred})
	if l := show(t, q, id); l.State != Held || !l.Hold || l.Rcpts[0].Attempts != 1 {
		t.Fatalf("held in flight, then deferred: %+v", l)
	}
	change("unhold", q.Unhold, 1, Waiting)
	idle(t, q)
	change("retry", q.Retry, 1, Waiting)
	e = take(t, q)
	if !e.Due(0) {
		t.Error("retried recipient is not due")
	}
	change("hold in flight", q.hold, 1, InFlight)
	change("unhold in flight", q.Unhold, 1, InFlight)
	q.Release(e)
	if l := show(t, q, id); l.State != Waiting {
		t.Errorf("released: %v", l.State)
	}
}

func TestHeldInFlightAndReleased(t *testing.T) {
	q := newQueue(t, Options{})
	id := add(t, q, letter(1, "a@example.net"))
	e := take(t, q)
	if _, err := q.Hold(t.Context(), Only(id), ""); err != nil {
		t.Fatal(err)
	}
	q.Release(e)
	if l := show(t, q, id); l.State != Held {
		t.Errorf("state %v, want %v", l.State, Held)
	}
}

func TestDelete(t *testing.T) {
	q := newQueue(t, Options{})
	id := add(t, q, letter(1, "a@example.net"))
	e := take(t, q)
	if n, err := q.Delete(t.Context(), Only(id)); n != 0 || !errors.Is(err, ErrInFlight) {
		t.Errorf("delete in flight: %d, %v", n, err)
	}
	q.Release(e)
	fresh := add(t, q, letter(2, "a@example.net"))
	held := add(t, q, letter(3, "a@example.net"))
	if _, err := q.Hold(t.Context(), Only(held), ""); err != nil {
		t.Fatal(err)
	}
	if n, err := q.Delete(t.Context(), Only(id, fresh, held, 12345)); n != 3 || !errors.Is(err, ErrNotFound) {
		t.Errorf("delete: %d, %v", n, err)
	}
	if s := q.Stats(); s != (Stats{Added: 3}) || q.memory.bytes != 0 {
		t.Errorf("stats %+v", s)
	}
	idle(t, q)
}

func TestCommandsOnManyGoOn(t *testing.T) {
	q := newQueue(t, Options{})
	var ids []ID
	for i := range 3 * editBatch {
		ids = append(ids, add(t, q, letter(i, "a@example.net")), ID(i+1)) // every second one is unknown
	}
	n, err := q.Hold(t.Context(), Only(ids...), "")
	if n != 3*editBatch || !errors.Is(err, ErrNotFound) {
		t.Fatalf("%d held, %v", n, err)
	}
	if lines := strings.Count(err.Error(), "\n") + 1; lines != maxEditErrors+1 {
		t.Errorf("%d lines of errors, want %d", lines, maxEditErrors+1)
	}
	if s := q.Stats(); s.Held != 3*editBatch {
		t.Errorf("stats %+v", s)
	}
}

// TestCommandsBesideAgents lets agents and administrators loose on the same
// entries. Run with -race. In the end each message was delivered exactly once
// or deleted, and memory and store agree.
func TestCommandsBesideAgents(t *testing.T) {
	q := newQueue(t, Options{})
	const entries = 120
	ctx, stop := context.WithTimeout(t.Context(), 3*time.Minute)
	defer stop()
	var mu sync.Mutex
	delivered, deleted := map[ID]int{}, map[ID]bool{}
	var ids []ID
	for i := range entries {
		ids = append(ids, add(t, q, letter(i, "a@example.net", "b@example.net")))
	}
	finished := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(delivered)+len(deleted) == entries
	}
	var group sync.WaitGroup
	for agent := range 3 {
		group.Go(func() {
			for n := agent; !finished() && ctx.Err() == nil; n++ {
				e, err := q.TryNext(ctx)
				if err != nil {
					t.Error(err)
					return
				}
				if e == nil {
					continue
				}
				switch n % 4 {
				case 0:
					q.Release(e)
				case 1:
					q.Settle(ctx, e, []Outcome{{Result: Deferred, Next: time.Now()}, {Result: Deferred, Next: time.Now()}}[:len(e.Rcpts)])
				default:
					err := q.db.Update(ctx, []kv.Account{Shard(e.ID)}, func(tx kv.Tx) error {
						return q.SettleTx(tx, e, []Outcome{{Result: Delivered}, {Result: Delivered}}[:len(e.Rcpts)])
					})
					if err != nil {
						t.Error(err)
					}
					q.Settled(e)
					mu.Lock()
					delivered[e.ID]++
					mu.Unlock()
				}
			}
		})
	}
	for admin := range 2 {
		group.Go(func() {
			for n := admin; !finished() && ctx.Err() == nil; n++ {
				id := ids[n*7919%entries]
				q.Hold(ctx, Only(id), "")
				q.Retry(ctx, Only(id))
				if n%13 == 0 {
					if n, _ := q.Delete(ctx, Only(id)); n == 1 {
						mu.Lock()
						deleted[id] = true
						mu.Unlock()
					}
				}
				q.Unhold(ctx, Only(id))
				q.Retry(ctx, Only(id))
			}
		})
	}
	group.Wait()
	if ctx.Err() != nil {
		t.Fatalf("not finished: %d delivered, %d deleted, %+v", len(delivered), len(deleted), q.Stats())
	}
	for id, n := range delivered {
		if n != 1 || deleted[id] {
			t.Errorf("%s: delivered %d times, deleted %v", id, n, deleted[id])
		}
	}
	if got, err := q.List(t.Context(), Filter{}); err != nil || len(got) != 0 || q.Len() != 0 {
		t.Errorf("%d records and %d slots are left, %v", len(got), q.Len(), err)
	}
}

func TestDamagedRecord(t *testing.T) {
	q := newQueue(t, Options{})
	bad := add(t, q, letter(1, "a@example.net"))
	spoil(t, q, bad, func(b []byte) []byte { return b[:headLength+5] })
	worse := add(t, q, letter(2, "a@example.net"))
	spoil(t, q, worse, func(b []byte) []byte { return []byte("?") })
	good := add(t, q, letter(3, "a@example.net"))
	settle(t, q, take(t, q), Outcome{Result: Delivered}) // bad was still in memory

	bad = add(t, q, letter(1, "a@example.net"))
	spoil(t, q, bad, func(b []byte) []byte { return b[:headLength+5] })
	q.memory = memory{}
	q = openQueue(t, q.db, Options{}) // after a restart
	if s := q.Stats(); s.Damaged != 1 || s.Fresh != 2 {
		t.Fatalf("stats %+v", s)
	}
	if e := take(t, q); e.ID != good {
		t.Errorf("got %s, want %s", e.ID, good)
	}
	idle(t, q) // finds that bad is damaged
	if s := q.Stats(); s.Damaged != 2 {
		t.Fatalf("stats %+v", s)
	}
	all, err := q.List(t.Context(), Filter{States: []State{Damaged}})
	if err != nil || len(all) != 2 || all[0].ID != worse || all[1].ID != bad || !errors.Is(all[1].Err, ErrDamaged) {
		t.Errorf("listed: %v, %v", all, err)
	}
	for _, do := range []func(context.Context, Filter) (int, error){q.hold, q.Unhold, q.Retry} {
		if n, err := do(t.Context(), Only(bad)); n != 0 || !errors.Is(err, ErrDamaged) {
			t.Errorf("command on a damaged entry: %d, %v", n, err)
		}
	}
	if _, err := q.Show(t.Context(), bad); !errors.Is(err, ErrDamaged) {
		t.Errorf("show: %v", err)
	}
	if n, err := q.Delete(t.Context(), Only(bad, worse)); n != 2 || err != nil {
		t.Errorf("delete: %d, %v", n, err)
	}
}

// spoil changes the record of an entry behind the queue's back.
func spoil(t testing.TB, q *Queue, id ID, change func([]byte) []byte) {
	t.Helper()
	err := q.db.Update(t.Context(), []kv.Account{Shard(id)}, func(tx kv.Tx) error {
		sp, key := tx.Account(Shard(id)), keyOf(id)
		value, err := sp.Get(key[:])
		if err != nil {
			return fmt.Errorf("%s: %w", id, err)
		}
		return sp.Set(key[:], change(append([]byte(nil), value...)))
	})
	if err != nil {
		t.Fatal(err)
	}
}
