package queue

import (
	"testing"
	"time"
)

// TestHasten: only what was postponed for want of a place comes sooner.
func TestHasten(t *testing.T) {
	q := newQueue(t, Options{})
	add(t, q, letter(1, "x@b.example"))
	postponed := take(t, q)
	q.Postpone(postponed, time.Now().Add(time.Hour))
	add(t, q, letter(2, "y@b.example"))
	deferred := take(t, q)
	settle(t, q, deferred, Outcome{Result: Deferred, Next: time.Now().Add(time.Hour)})
	idle(t, q)
	q.Hasten([]ID{postponed.ID, deferred.ID, 1})
	e := take(t, q)
	if e.ID != postponed.ID {
		t.Fatalf("%s came", e.ID)
	}
	idle(t, q)
	q.Hasten([]ID{postponed.ID}) // in flight: nothing happens
	idle(t, q)
	q.Release(e)
}
