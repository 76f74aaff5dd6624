package queue

import (
	"context"
	"errors"
	"time"

	"tram/internal/storage/kv"
)

const (
	// longestSleep bounds the sleep of the schedule, so that a clock that was
	// set, or a machine that slept, is noticed.
	longestSleep = time.Minute
	// clockSlack is how far the clock may be set back without notice.
	clockSlack = 10 * time.Second
)

// Next blocks for a due entry and marks it in flight, in memory. The caller
// ends the flight with exactly one of Settled, Release and Postpone.
//
// Due entries come by the class of their priority, with turns for the lower
// ones, and within a class in the order in which they became due. Fresh mail
// goes before mail that was deferred, three to one, and deferred mail takes at most
// half of Options.MaxInFlight: hosts that do not answer cannot hold up mail
// for those that do. At that bound Next waits for a flight to end.
//
// The error is that of ctx or of the store.
func (q *Queue) Next(ctx context.Context) (*Entry, error) {
	for {
		e, err := q.TryNext(ctx)
		if e != nil || err != nil {
			return e, err
		}
		select {
		case <-q.wake:
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-q.db.Failed():
			return nil, kv.ErrFailed
		}
	}
}

// TryNext is Next without blocking: nil, nil when no entry is due.
func (q *Queue) TryNext(ctx context.Context) (*Entry, error) {
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-q.db.Failed():
			return nil, kv.ErrFailed
		default:
		}
		off := q.takeOff()
		if off.again {
			continue
		}
		if off.id == 0 {
			return nil, nil
		}
		e := off.e
		if e == nil {
			var err error
			if e, err = q.read(ctx, off.id); err != nil {
				return nil, err
			}
			if e == nil {
				continue
			}
		}
		e.Asked = off.asked
		e.flight = flight{key: keyOf(e.ID), due: e.dueUntil(time.Now())}
		return e, nil
	}
}

// dueUntil is up to when recipients are to be tried: all whose time has come.
// When none has, and no warning or deadline is the reason either, the schedule
// knows better than the record (the clock was set back), and the first is due.
func (e *Entry) dueUntil(now time.Time) time.Time {
	first := timeOf(e.attempt())
	warns := !e.Warn.IsZero() && !e.Warn.After(now) && e.warns()
	if first.After(now) && !warns && !e.overdue(now) {
		return first
	}
	return now
}

// taken is what the schedule gives out.
type taken struct {
	id    ID     // 0: nothing is due
	e     *Entry // nil when the entry must be read
	asked bool
	again bool // ask once more
}

// takeOff marks the entry that is due first as in flight.
func (q *Queue) takeOff() taken {
	now := time.Now()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.checkClock(now)
	sl := q.choose(millis(now))
	for parks := 0; sl != nil && q.park(sl, now); parks++ {
		if parks == maxParks { // let others have the lock
			return taken{again: true}
		}
		sl = q.choose(millis(now))
	}
	if sl == nil {
		q.sleep(now)
		return taken{}
	}
	q.turns.took(int(sl.class))
	q.schedule.set(sl, InFlight)
	off := taken{id: sl.id, asked: sl.asked, e: q.memory.take(sl.id)}
	if q.choose(millis(now)) != nil {
		q.signal() // work for another caller
	}
	return off
}

// sleep sets the timer for the entry that will be due first.
func (q *Queue) sleep(now time.Time) {
	// What is due but at a bound needs no timer: the end of a flight wakes us.
	at, ok := q.schedule.firstAfter(millis(now))
	if !ok {
		return
	}
	d := min(timeOf(at).Sub(now), longestSleep)
	if q.timer == nil {
		q.timer = time.AfterFunc(d, q.signal)
		return
	}
	q.timer.Reset(d)
}

// checkClock moves the schedule along when the clock was set back, or mail
// would wait for a future that was a mistake. A clock set ahead only makes
// mail due early, once.
func (q *Queue) checkClock(now time.Time) {
	// Round strips the monotonic reading: one difference is by the clock on
	// the wall, the other by time that really passed.
	set := now.Round(0).Sub(q.looked.Round(0)) - now.Sub(q.looked)
	q.looked = now
	if set < -clockSlack {
		q.log.Warn("clock was set back, retry times move along", "by", -set)
		q.schedule.shift(set)
		q.backlog = backlog{}
	}
}

// read gets an entry that is not in memory. nil, nil means that it is not to
// be handed out after all. On an error of the store it goes back to its lane.
func (q *Queue) read(ctx context.Context, id ID) (e *Entry, err error) {
	err = q.db.View(ctx, Shard(id), func(r kv.Reader) error {
		e, err = q.get(r, id)
		return err
	})
	if err == nil && !e.Hold {
		return e, nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	sl := q.schedule.find(id)
	switch {
	case sl == nil:
		return nil, nil
	case err == nil: // held between our look at the schedule and at the record
		q.schedule.set(sl, Held)
		return nil, nil
	case errors.Is(err, ErrNotFound):
		q.log.Error("queue record has vanished", "id", id.String())
		q.schedule.remove(sl)
		return nil, nil
	case errors.Is(err, ErrDamaged):
		q.log.Error("queue record cannot be read", "id", id.String(), "err", err)
		q.schedule.set(sl, Damaged)
		return nil, nil
	}
	q.schedule.wait(sl, sl.next, sl.tried)
	q.signal()
	return nil, err
}

// Sync waits until an entry is durable. Mail leaves for another host only
// after it: an entry that was made by AddTx may not be on disk yet, and after
// a crash its forerunner would be sent again.
func (q *Queue) Sync(ctx context.Context, e *Entry) error { return q.db.Sync(ctx, Shard(e.ID)) }
