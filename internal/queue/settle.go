package queue

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"tram/internal/mail/dsn"
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

	// Action refines Delivered for reports: dsn.Relayed to a host that sends no
	// reports, dsn.Expanded; empty means dsn.Delivered. The queue keeps none of it.
	Action dsn.Action
	// Warned notes in the same commit that the sender was told of the delay,
	// with any Result that leaves the recipient in the queue.
	Warned bool
}

// after is what SettleTx did in a flight.
type after struct {
	runs  int  // of SettleTx
	left  bool // recipients were left after the last one
	next  int64
	tried bool
}

// minPause keeps an entry that comes back from being handed out again at once,
// whatever time it asks for: an agent that fails in a loop must not burn the
// processor.
const minPause = 5 * time.Second

// SettleTx writes what became of the recipients into tx, which spans
// Shard(e.ID): outcomes[i] is that of e.Rcpts[i]. Recipients that were
// delivered or have failed are struck out; the record goes when none is left.
// After the commit call Settled; when the commit failed, Release.
//
// A flight may settle in several commits, the local recipients in one and each
// remote host in its own: the others are Untouched, or have the outcome that
// was settled before, which changes nothing. SettleTx may run more than once
// for one commit.
func (q *Queue) SettleTx(tx kv.Tx, e *Entry, outcomes []Outcome) error {
	if len(outcomes) != len(e.Rcpts) {
		return fmt.Errorf("queue: %d outcomes for %d recipients of %s", len(outcomes), len(e.Rcpts), e.ID)
	}
	a := &e.flight.after
	a.runs++
	a.left = false
	sp := tx.Account(Shard(e.ID))
	if allFinished(outcomes) {
		return sp.Delete(e.flight.key[:])
	}
	// Not e but the record is the truth: an administrator may have put the
	// entry on hold since e was read, an earlier commit of this flight may
	// have struck out recipients.
	current, err := q.get(sp, e.ID)
	if errors.Is(err, ErrNotFound) {
		return nil // all were settled before
	}
	if err != nil {
		return fmt.Errorf("settle %s: %w", e.ID, err)
	}
	if err := q.strike(current, e, outcomes, time.Now()); err != nil {
		return err
	}
	if len(current.Rcpts) == 0 {
		return sp.Delete(e.flight.key[:])
	}
	a.left, a.tried = true, current.tried()
	a.next, err = q.put(sp, current)
	return err
}

// allFinished reports that no recipient is left, whatever the record says.
func allFinished(outcomes []Outcome) bool {
	for i := range outcomes {
		if r := outcomes[i].Result; r != Delivered && r != Failed {
			return false
		}
	}
	return true
}

// strike takes the finished recipients out of a record and notes the attempts
// of the deferred ones. Numbers tell which recipient of the entry, as it was
// handed out, is which of the record.
func (q *Queue) strike(record, e *Entry, outcomes []Outcome, now time.Time) error {
	left := record.Rcpts[:0]
	i := 0
	for _, r := range record.Rcpts {
		for i < len(e.Rcpts) && e.Rcpts[i].number != r.number {
			i++ // struck out before
		}
		if i == len(e.Rcpts) {
			return fmt.Errorf("queue: record of %s is not that of the flight", e.ID)
		}
		switch o := &outcomes[i]; o.Result {
		case Delivered, Failed:
			continue
		case Deferred:
			q.noteAttempt(&r, e.Rcpts[i].Attempts+1, o, now)
		}
		r.Warned = r.Warned || outcomes[i].Warned
		left = append(left, r)
	}
	record.Rcpts = left
	return nil
}

// noteAttempt notes a failed attempt. The number of attempts comes from outside,
// so that settling twice counts once.
func (q *Queue) noteAttempt(r *Rcpt, attempts int, o *Outcome, now time.Time) {
	if r.Attempts == attempts {
		return
	}
	r.Attempts = attempts
	r.Tried = now
	r.LastReply = cutReply(o.Reply)
	r.Next = o.Next
	if r.Next.IsZero() {
		r.Next = now.Add(q.wait(attempts))
	}
	if latest := now.Add(q.maxDefer()); r.Next.After(latest) {
		r.Next = latest
	}
}

// cutReply bounds a reply that a stranger may have made endless, and takes
// control characters out: it will be shown on terminals.
func cutReply(s string) string {
	if len(s) > MaxReply {
		s = strings.ToValidUTF8(s[:MaxReply], "")
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return ' '
		}
		return r
	}, s)
}

// get reads the record of an entry.
func (q *Queue) get(r kv.Reader, id ID) (*Entry, error) {
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
	e.ID, e.flight.key = id, key
	q.finish(e)
	return e, nil
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
