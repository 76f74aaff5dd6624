package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tram/internal/storage/kv"
)

// What an administrator does to the entries that a filter chooses. All of it is
// on disk when it returns.
//
// Agents may be at work on the same entries. The record is the truth, and it
// changes under the lock of its shard: a command changes the record first and
// then tells the schedule; SettleTx keeps what a command wrote; Next looks at
// the record before it hands out an entry that was tried. So whatever the
// order, an entry ends where the last commit put it.
//
// Like Select a command reads on as it goes: what comes into the queue while
// it runs may or may not be chosen.

const (
	// editBatch is how many entries one commit changes.
	editBatch = 256
	// maxEditErrors bounds the errors that a command on many entries names.
	maxEditErrors = 10
)

// errSkip leaves an entry alone without a complaint.
var errSkip = errors.New("skip")

// Retry makes entries due now and returns how many. Their destinations are tried
// even when they are taken for unreachable, see [Entry.Asked]. Entries in
// flight are left alone; held ones are refused with ErrHeld when they are named
// and else left alone.
//
// Like all commands it goes on past entries that it cannot change; the error
// then names the first of them.
func (q *Queue) Retry(ctx context.Context, f Filter) (int, error) {
	now := time.Now()
	named := f.isNamed()
	return q.rewrite(ctx, f, func(e *Entry) error {
		switch {
		case q.state(e.ID) == InFlight, e.Hold && !named:
			return errSkip
		case e.Hold:
			return ErrHeld
		}
		for i := range e.Rcpts {
			if e.Rcpts[i].Next.After(now) {
				e.Rcpts[i].Next = now
			}
		}
		return nil
	}, (*slot).ask)
}

// ask notes that somebody asked for the next attempt.
func (sl *slot) ask() { sl.asked = sl.waits() }

// RetryDomain makes everything due now that waits for a domain, as ETRN asks
// (RFC 1985), and returns how many entries. "@example.org" stands for
// example.org and its subdomains.
func (q *Queue) RetryDomain(ctx context.Context, domain string) (n int, err error) {
	if len(domain) > 0 && domain[0] == '@' {
		domain = domain[1:]
		if n, err = q.RetryDomain(ctx, "."+domain); err != nil {
			return n, err
		}
	}
	if domain == "" {
		return 0, fmt.Errorf("%w: no domain", ErrBadFilter)
	}
	more, err := q.Retry(ctx, Filter{Domain: domain, States: []State{Waiting}})
	return n + more, err
}

// Hold stops entries, notes why, and returns how many. One in flight is held
// when its flight ends, if it then still has recipients.
func (q *Queue) Hold(ctx context.Context, f Filter, reason string) (int, error) {
	reason = cutReply(reason)
	return q.rewrite(ctx, f, func(e *Entry) error {
		if e.Hold && e.HoldReason == reason {
			return errSkip
		}
		e.Hold, e.HoldReason = true, reason
		return nil
	}, nil)
}

// Unhold lets held entries go on and returns how many.
func (q *Queue) Unhold(ctx context.Context, f Filter) (int, error) {
	return q.rewrite(ctx, f, func(e *Entry) error {
		if !e.Hold {
			return errSkip
		}
		e.Hold, e.HoldReason = false, ""
		return nil
	}, nil)
}

// rewrite changes the records of entries, batch by batch, and syncs. mark, when
// not nil, is called for the slot of each changed entry, with mu held.
func (q *Queue) rewrite(ctx context.Context, f Filter, change func(*Entry) error, mark func(*slot)) (int, error) {
	return q.edit(ctx, f, func(shard kv.Account, ids []ID) (int, []error, error) {
		var changed []*Entry
		var failures []error
		err := q.db.Update(ctx, []kv.Account{shard}, func(tx kv.Tx) (err error) {
			changed, failures, err = q.rewriteTx(tx.Account(shard), ids, change)
			return err
		})
		if err != nil {
			return 0, nil, err
		}
		q.mu.Lock()
		defer q.mu.Unlock()
		for _, e := range changed {
			q.publish(e)
			if sl := q.schedule.find(e.ID); sl != nil && mark != nil {
				mark(sl)
			}
		}
		return len(changed), failures, nil
	})
}

func (q *Queue) rewriteTx(sp kv.Space, ids []ID, change func(*Entry) error) (changed []*Entry, failures []error, err error) {
	for _, id := range ids {
		e, err := q.get(sp, id)
		switch {
		case err == nil:
			err = change(e)
		case !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrDamaged):
			return nil, nil, err
		}
		switch {
		case err == nil:
			changed = append(changed, e)
		case !errors.Is(err, errSkip):
			failures = append(failures, fmt.Errorf("%s: %w", id, err))
		}
	}
	// After all the reading: a transaction that reads what it wrote is slower.
	for _, e := range changed {
		if _, err := q.put(sp, e); err != nil {
			return nil, nil, err
		}
	}
	return changed, failures, nil
}

// publish brings the schedule in line with a record that a command changed.
// The caller holds mu.
func (q *Queue) publish(e *Entry) {
	sl := q.schedule.find(e.ID)
	switch {
	case sl == nil: // settled meanwhile, or not yet published by Added
	case sl.state == InFlight:
		sl.hold = e.Hold
	case e.Hold:
		q.memory.take(e.ID)
		q.schedule.set(sl, Held)
	default:
		q.schedule.wait(sl, q.inReach(e.wake(time.Now()), e.waitsForRelease()), e.tried())
		q.signal()
	}
}

// inReach corrects a time that was written while the clock was wrong. Who waits
// for the release that the sender asked for may wait longer.
func (q *Queue) inReach(next int64, release bool) int64 {
	now := time.Now()
	most := q.maxDefer()
	if release {
		most = MaxRelease
	}
	if next > millis(now.Add(most)) {
		return millis(now)
	}
	return next
}

// edit runs a command on the entries that f chooses, shard by shard in batches,
// and syncs.
func (q *Queue) edit(ctx context.Context, f Filter, batch func(kv.Account, []ID) (int, []error, error)) (n int, err error) {
	select {
	case q.editing <- struct{}{}:
		defer func() { <-q.editing }()
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	var failures failures
	run := func(shard kv.Account, ids []ID) error {
		changed, failed, err := batch(shard, ids)
		n += changed
		failures.add(failed)
		return err
	}
	if f.isNamed() {
		err = q.eachNamed(ctx, f.IDs, run)
	} else {
		err = q.eachChosen(ctx, &f, run)
	}
	if err != nil {
		return n, err
	}
	return n, failures.err()
}

// eachNamed calls run for batches of entries that a command names, whether they
// exist or not: that they do not is for the command to say.
func (q *Queue) eachNamed(ctx context.Context, ids []ID, run func(kv.Account, []ID) error) error {
	for shard, ids := range byShard(ids) {
		for len(ids) > 0 {
			part := ids[:min(len(ids), editBatch)]
			ids = ids[len(part):]
			if err := run(shard, part); err != nil {
				return err
			}
		}
		if err := q.db.Sync(ctx, shard); err != nil {
			return err
		}
	}
	return nil
}

// eachChosen calls run for batches of the entries that f chooses.
func (q *Queue) eachChosen(ctx context.Context, f *Filter, run func(kv.Account, []ID) error) error {
	m, err := f.compile()
	if err != nil {
		return err
	}
	for _, shard := range q.accounts {
		c := cursor{shard: shard}
		for !c.done {
			c.found = nil
			if err := q.fill(ctx, m, &c); err != nil {
				return err
			}
			if len(c.found) == 0 {
				break
			}
			ids := make([]ID, len(c.found))
			for i := range c.found {
				ids[i] = c.found[i].ID
			}
			if err := run(shard, ids); err != nil {
				return err
			}
		}
		if err := q.db.Sync(ctx, shard); err != nil {
			return err
		}
	}
	return nil
}

func byShard(ids []ID) map[kv.Account][]ID {
	shards := make(map[kv.Account][]ID)
	for _, id := range ids {
		shards[Shard(id)] = append(shards[Shard(id)], id)
	}
	return shards
}

// failures gathers the errors of single entries.
type failures struct {
	errs []error
	more int
}

func (f *failures) add(errs []error) {
	for _, err := range errs {
		if len(f.errs) == maxEditErrors {
			f.more++
			continue
		}
		f.errs = append(f.errs, err)
	}
}

func (f *failures) err() error {
	if f.more > 0 {
		return errors.Join(append(f.errs, fmt.Errorf("and %d entries more", f.more))...)
	}
	return errors.Join(f.errs...)
}
