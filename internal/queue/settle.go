package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tram/internal/storage/kv"
)

// Result is what became of one recipient in one flight.
type Result uint8

// The results.
const (
	Untouched Result = iota // not tried; nothing changes
	Delivered               // taken over by a mailbox or another host
	Deferred                // to be tried again
	Failed                  // given up; the caller queues the bounce in the same commit
)

// Outcome is the result of one recipient.
type Outcome struct {
	Result Result
	Next   time.Time // Deferred: when to try again; zero follows the retry schedule
	Reply  string    // what the other side said
}

// after is what the last run of SettleTx did.
type after struct {
	done bool // SettleTx ran
	left bool // recipients are left
	next int64

	delivered, deferred, failed uint64
}

// minPause keeps an entry that comes back from being handed out again at once,
// whatever time it asks for: an agent that fails in a loop must not burn the
// processor.
const minPause = 5 * time.Second

// SettleTx writes what became of the recipients, one outcome each, into tx,
// which spans Shard(e.ID). Recipients that were delivered or have failed are
// struck out; the record goes when none is left. After the commit call
// Settled; when the commit failed, Release.
//
// SettleTx may run several times for one commit.
func (q *Queue) SettleTx(tx kv.Tx, e *Entry, outcomes []Outcome) error {
	if len(outcomes) != len(e.Rcpts) {
		return fmt.Errorf("queue: %d outcomes for %d recipients of %s", len(outcomes), len(e.Rcpts), e.ID)
	}
	e.flight.after = tally(outcomes)
	e.flight.key = keyOf(e.ID)
	sp := tx.Account(Shard(e.ID))
	if !e.flight.after.left {
		return sp.Delete(e.flight.key[:])
	}
	// Not e but the record is the truth: an administrator may have put the
	// entry on hold since e was read.
	current, err := get(sp, e.ID)
	if err != nil {
		return fmt.Errorf("settle %s: %w", e.ID, err)
	}
	q.strike(current, outcomes, time.Now())
	e.flight.after.next = current.next()
	return q.put(sp, current)
}

// tally counts the outcomes.
func tally(outcomes []Outcome) after {
	a := after{done: true}
	for i := range outcomes {
		switch outcomes[i].Result {
		case Delivered:
			a.delivered++
		case Failed:
			a.failed++
		case Deferred:
			a.deferred++
			a.left = true
		default:
			a.left = true
		}
	}
	return a
}

// strike takes the finished recipients out of e and notes the attempts of the
// deferred ones.
func (q *Queue) strike(e *Entry, outcomes []Outcome, now time.Time) {
	left := e.Rcpts[:0]
	for i, o := range outcomes {
		r := e.Rcpts[i]
		switch o.Result {
		case Delivered, Failed:
			continue
		case Deferred:
			r.Attempts++
			r.Tried = now
			r.LastReply = cutReply(o.Reply)
			r.Next = o.Next
			if r.Next.IsZero() {
				r.Next = now.Add(q.wait(r.Attempts))
			}
			if latest := now.Add(q.maxDefer()); r.Next.After(latest) {
				r.Next = latest
			}
		}
		left = append(left, r)
	}
	e.Rcpts = left
}

// cutReply bounds a reply that a stranger may have made endless.
func cutReply(s string) string { return s[:min(len(s), MaxReply)] }

// get reads the record of an entry.
func get(r kv.Reader, id ID) (*Entry, error) {
	key := keyOf(id)
	value, err := r.Get(key[:])
	if errors.Is(err, kv.ErrNotFound) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	e, err := decodeRecord(value)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	e.ID = id
	return e, nil
}

// Settled ends a flight after the commit of its SettleTx.
func (q *Queue) Settled(e *Entry) {
	a := e.flight.after
	q.mu.Lock()
	defer q.mu.Unlock()
	sl := q.land(e)
	if sl == nil {
		return
	}
	q.totals.delivered += a.delivered
	q.totals.deferred += a.deferred
	q.totals.failed += a.failed
	if a.done && !a.left {
		q.schedule.remove(sl)
		return
	}
	q.rest(sl, a.next, sl.tried || a.deferred > 0)
}

// Settle is SettleTx in a commit of its own, synced, followed by Settled or
// Release. What happened outside, at another host, must be on disk soon, or a
// crash repeats it.
func (q *Queue) Settle(ctx context.Context, e *Entry, outcomes []Outcome) error {
	shard := Shard(e.ID)
	err := q.db.Update(ctx, []kv.Account{shard}, func(tx kv.Tx) error { return q.SettleTx(tx, e, outcomes) })
	if err != nil {
		q.Release(e)
		return fmt.Errorf("settle %s: %w", e.ID, err)
	}
	q.Settled(e)
	return q.db.Sync(context.WithoutCancel(ctx), shard)
}

// Release ends a flight in which nothing was done, or whose commit failed. The
// entry is due again shortly.
func (q *Queue) Release(e *Entry) { q.Postpone(e, time.Time{}) }

// Postpone ends a flight in which nothing was done, without a record: the
// entry is due again at until, or after a restart.
func (q *Queue) Postpone(e *Entry, until time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if sl := q.land(e); sl != nil {
		q.rest(sl, millis(until), sl.tried)
		if sl.state == Fresh {
			q.memory.keep(e)
		}
	}
}

// land ends the flight of e, once; nil when it was over. The caller holds mu.
func (q *Queue) land(e *Entry) *slot {
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
