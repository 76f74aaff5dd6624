package queue

import (
	"context"
	"errors"
	"time"

	"tram/internal/storage/kv"
)

// flight is what the queue notes about an entry in the hands of an agent.
type flight struct {
	key   entryKey
	due   time.Time // recipients whose Next is not later are to be tried
	after after
	over  bool // guarded by Queue.mu
}

// The end of a flight: the schedule learns how the entry stands now.

// Settled ends a flight after the commit of its SettleTx, the last one if
// there were several.
func (q *Queue) Settled(e *Entry) {
	a := e.flight.after
	if a.runs != 1 {
		// SettleTx ran again, and perhaps not every run was committed: only the
		// record knows. In the ordinary case it need not be read.
		a = q.review(e.ID)
	}
	q.land(e, a)
}

// review reads from the record how an entry stands. What cannot be read is
// left to the next flight, which will report it.
func (q *Queue) review(id ID) (a after) {
	err := q.db.View(context.Background(), Shard(id), func(r kv.Reader) error {
		key := keyOf(id)
		value, err := r.Get(key[:])
		if errors.Is(err, kv.ErrNotFound) {
			return nil
		}
		a.left = true
		if err != nil {
			return err
		}
		h, err := decodeHead(value)
		a.next, a.tried = h.next, h.flags&flagTried != 0
		return err
	})
	a.left = a.left || err != nil
	return a
}

// Release ends a flight in which nothing was done, or whose commit failed. The
// entry is due again shortly.
func (q *Queue) Release(e *Entry) { q.Postpone(e, time.Time{}) }

// Postpone ends a flight in which nothing was done, without a record: the
// entry is due again at until, or after a restart.
func (q *Queue) Postpone(e *Entry, until time.Time) {
	if e.flight.after.runs > 0 {
		// A commit may have been made before the one that failed, and then e is
		// not what the record says any more: it must not be handed out again.
		a := q.review(e.ID)
		a.next = max(a.next, millis(until))
		q.land(e, a)
		return
	}
	now := time.Now()
	if e.attempt() > millis(e.flight.due) {
		// It was handed out for its warning alone, and nobody was warned: that
		// will do with the next attempt.
		until = latest(until, timeOf(e.attempt()))
	}
	next := e.noLater(millis(until), now)
	q.mu.Lock()
	defer q.mu.Unlock()
	if sl := q.slotOf(e); sl != nil {
		q.rest(sl, next, sl.tried)
		sl.postponed = sl.waits()
		if sl.state == Fresh {
			// A copy: a late Release of this e must not end the next flight.
			again := *e
			again.flight = flight{}
			q.memory.keep(&again)
		}
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// land ends a flight after which the entry stands as a says.
func (q *Queue) land(e *Entry, a after) {
	q.mu.Lock()
	defer q.mu.Unlock()
	sl := q.slotOf(e)
	switch {
	case sl == nil:
	case a.left:
		q.rest(sl, a.next, a.tried)
	default:
		q.schedule.remove(sl)
	}
}

// slotOf ends the flight of e and returns its slot; nil when it was over, for
// a flight ends once. The caller holds mu.
func (q *Queue) slotOf(e *Entry) *slot {
	if e.flight.over {
		return nil
	}
	e.flight.over = true
	q.signal() // room for another flight
	return q.schedule.find(e.ID)
}

// rest puts an entry whose flight has ended on hold or back into its lane.
// The caller holds mu.
func (q *Queue) rest(sl *slot, next int64, tried bool) {
	if sl.hold {
		sl.hold = false
		sl.tried = tried
		q.schedule.set(sl, Held)
		return
	}
	q.schedule.wait(sl, max(next, millis(time.Now().Add(minPause))), tried)
}
