package mailstore

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"tram/internal/mailstore/textindex"
	"tram/internal/storage/kv"
)

// When the worker looks at an account.
const (
	indexQuiet = 500 * time.Millisecond // after its last change: deliveries come in bursts,
	indexWait  = 30 * time.Second       // but not longer than this after the first one, unless somebody searches
	indexBurst = 1024                   // messages that are worth a segment while more are coming
)

// indexer is told which accounts changed or were searched, and makes their text
// indexes, one account at a time.
type indexer struct {
	off     bool
	wake    chan struct{}
	changes atomic.Uint64 // of mailboxes

	mu      sync.Mutex
	pending map[kv.Account]*indexDue
	broken  map[brokenIndex]struct{}

	work    sync.Mutex // held by whoever writes indexes
	builder textindex.Builder
}

// indexDue is an account that waits for the worker.
type indexDue struct {
	id          kv.Account
	first, last time.Time // changes since it was looked at
	searched    bool      // somebody waits for it
}

// left is how long until the account is due.
func (d *indexDue) left(now time.Time) time.Duration {
	if d.searched {
		return 0
	}
	return min(d.last.Add(indexQuiet).Sub(now), d.first.Add(indexWait).Sub(now))
}

// atLeast is how many new messages of a mailbox are worth the work. While more
// are coming it is left to them.
func (d *indexDue) atLeast(now time.Time) int {
	if d.searched || now.Sub(d.last) >= indexQuiet {
		return indexMessages
	}
	return indexBurst
}

// brokenIndex is the index of a mailbox that did not decode.
type brokenIndex struct {
	account kv.Account
	mailbox MailboxID
}

func newIndexer(off bool) *indexer {
	return &indexer{off: off, wake: make(chan struct{}, 1),
		pending: map[kv.Account]*indexDue{}, broken: map[brokenIndex]struct{}{}}
}

// note says that accounts changed.
func (x *indexer) note(ids ...kv.Account) {
	if x.off {
		return
	}
	x.changes.Add(1)
	now := time.Now()
	x.mu.Lock()
	defer x.mu.Unlock()
	waiting := len(x.pending)
	for _, id := range ids {
		x.due(id, now)
	}
	if waiting == 0 && len(x.pending) > 0 { // else nobody is due before those who wait already
		x.ring()
	}
}

// searched says that somebody searches an account.
func (x *indexer) searched(id kv.Account) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if due := x.due(id, time.Now()); due != nil && !due.searched {
		due.searched = true
		x.ring()
	}
}

// wanted reports whether somebody has searched an account since it was taken.
func (x *indexer) wanted(id kv.Account) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	due := x.pending[id]
	return due != nil && due.searched
}

// due returns the entry of an account in pending, nil for the queue's: a
// delivery names those too.
func (x *indexer) due(id kv.Account, now time.Time) *indexDue {
	if id < kv.FirstUser {
		return nil
	}
	due := x.pending[id]
	if due == nil {
		due = &indexDue{id: id, first: now}
		x.pending[id] = due
	}
	due.last = now
	return due
}

// ring wakes the worker.
func (x *indexer) ring() {
	select {
	case x.wake <- struct{}{}:
	default:
	}
}

// damaged says that an index does not decode.
func (x *indexer) damaged(id kv.Account, m MailboxID) {
	x.mu.Lock()
	x.broken[brokenIndex{id, m}] = struct{}{}
	x.mu.Unlock()
	x.searched(id)
}

// take returns the accounts that are due, those with the latest change first:
// who was there last may search next. Without any it returns how long until
// there is one; 0 when nothing waits.
func (x *indexer) take(now time.Time) (due []*indexDue, wait time.Duration) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for id, d := range x.pending {
		if left := d.left(now); left <= 0 {
			due = append(due, d)
			delete(x.pending, id)
		} else if wait == 0 || left < wait {
			wait = left
		}
	}
	slices.SortFunc(due, func(a, b *indexDue) int { return b.last.Compare(a.last) })
	return due, wait
}

// backlog is the number of accounts that wait for their text index.
func (x *indexer) backlog() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.pending)
}

// IndexBacklog is the number of accounts that changed since the text index
// was brought up to date.
func (s *Store) IndexBacklog() int { return s.indexer.backlog() }

// runIndexer makes text indexes until ctx ends. It sleeps when there is nothing
// to do, and takes a small share of one core when there is.
func (s *Store) runIndexer(ctx context.Context) {
	pace := newPace(s.indexer.changes.Load)
	for ctx.Err() == nil {
		now := time.Now()
		due, wait := s.indexer.take(now)
		for _, d := range due {
			pace.start(d.searched, func() bool { return s.indexer.wanted(d.id) })
			err := s.updateIndex(ctx, d.id, d.atLeast(now), pace.rest)
			if err == nil {
				err = pace.rest(ctx)
			}
			if err != nil && ctx.Err() == nil {
				s.log.Warn("text index not brought up to date; searches read the messages", "account", d.id, "err", err)
			}
		}
		if len(due) == 0 {
			s.indexer.sleep(ctx, wait)
		}
	}
}

// sleep waits until an account comes, or for a time that is not 0.
func (x *indexer) sleep(ctx context.Context, wait time.Duration) {
	var passed <-chan time.Time
	if wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		passed = timer.C
	}
	select {
	case <-ctx.Done():
	case <-x.wake:
	case <-passed:
	}
}

// UpdateIndex brings the text indexes of an account up to date at once, however
// little is new.
func (s *Store) UpdateIndex(ctx context.Context, id kv.Account) error {
	return s.updateIndex(ctx, id, 1, func(ctx context.Context) error { return ctx.Err() })
}

func (s *Store) updateIndex(ctx context.Context, id kv.Account, atLeast int, rest func(context.Context) error) error {
	if s.indexer.off {
		return nil
	}
	s.indexer.work.Lock()
	defer s.indexer.work.Unlock()
	if err := s.dropBroken(ctx, id); err != nil {
		return err
	}
	boxes, err := s.boxesToIndex(ctx, id, atLeast)
	if err != nil {
		return err
	}
	defer func() { s.indexer.builder = textindex.Builder{} }() // an idle server keeps nothing
	for _, m := range boxes {
		w := indexWork{s: s, id: id, mailbox: m, prefix: indexPrefix(m), rest: rest, builder: &s.indexer.builder}
		err := w.run(ctx, atLeast)
		switch {
		case errors.Is(err, errStale), errors.Is(err, ErrNoMailbox):
		case errors.Is(err, textindex.ErrCorrupt):
			s.indexer.damaged(id, m)
		case err != nil:
			return err
		}
	}
	return nil
}

// boxesToIndex returns the mailboxes of which enough is not indexed.
func (s *Store) boxesToIndex(ctx context.Context, id kv.Account, atLeast int) (boxes []MailboxID, err error) {
	err = s.db.View(ctx, id, func(r kv.Reader) error {
		it := r.Scan([]byte{kindCounters}, []byte{kindCounters + 1})
		defer it.Close()
		for it.Next() {
			c, err := decodeCounters(it.Value())
			if err != nil {
				continue // Verify tells of it
			}
			m := boxKeyOf(it.Key())
			if c.uidNext-1 < UID(atLeast) && c.size < indexBytes {
				continue
			}
			state, _, err := readIndexState(r, m, indexPrefix(m))
			if errors.Is(err, textindex.ErrCorrupt) {
				err = nil // of other rules, or damaged: it is made again
			}
			if err != nil {
				return err
			}
			_, _, merge := state.NextMerge(uint64(c.messages))
			if merge || worthIndexing(&c, state.To, atLeast) {
				boxes = append(boxes, m)
			}
		}
		return it.Err()
	})
	return boxes, err
}

// dropBroken removes the indexes of an account that do not decode.
func (s *Store) dropBroken(ctx context.Context, id kv.Account) error {
	s.indexer.mu.Lock()
	var broken []MailboxID
	for b := range s.indexer.broken {
		if b.account == id {
			broken = append(broken, b.mailbox)
			delete(s.indexer.broken, b)
		}
	}
	s.indexer.mu.Unlock()
	for _, m := range broken {
		s.log.Warn("text index was damaged and is made again", "account", id, "mailbox", m)
		err := s.db.Update(kv.Derived(ctx), []kv.Account{id}, func(ktx kv.Tx) error {
			return ktx.Account(id).DeleteRange(indexPrefix(m), indexPrefix(m+1))
		})
		if err != nil {
			return err
		}
	}
	return nil
}
