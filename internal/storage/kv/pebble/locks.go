package pebble

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"tram/internal/storage/kv"
)

// locks gives each account one writer at a time, and remembers the ticket of
// each account's last commit for Sync. Only accounts in use have an entry, and
// accounts whose last commit may not be on disk yet; how many of the latter
// are kept is bounded (maxKept).
type locks struct {
	shards [lockShards]lockShard
	// durable reports whether a ticket is on disk; its entry is not needed then.
	durable func(ticket uint64) bool
}

const (
	lockShards = 64
	// maxKept is how many accounts without a holder a shard remembers. Beyond
	// it the oldest knowledge is merged: a Sync of such an account may then wait
	// for a commit of another one, which is late but right.
	maxKept = 1024
)

type lockShard struct {
	mu      sync.Mutex
	entries map[kv.Account]*entry
	// floor is the ticket of accounts without an entry.
	floor uint64
	sweep int // sweep when there are that many entries
}

// entry is one account's lock. The fields are guarded by the shard, but for
// applying, which is set by the holder alone.
type entry struct {
	held     bool
	waiting  []chan struct{} // each is closed when the lock is handed over
	users    int             // the holder and those who wait
	ticket   uint64          // of the last commit
	applying atomic.Bool     // a commit is on its way and has no ticket yet
}

func newLocks(durable func(ticket uint64) bool) *locks {
	l := &locks{durable: durable}
	for i := range l.shards {
		l.shards[i].entries = map[kv.Account]*entry{}
		l.shards[i].sweep = maxKept
	}
	return l
}

func (l *locks) shard(a kv.Account) *lockShard {
	// Accounts are handed out one after the other: the low bits spread well.
	return &l.shards[uint64(a)%lockShards]
}

// held is a set of locked accounts in ascending order.
type held struct {
	locks    *locks
	accounts []kv.Account
	entries  []*entry
}

// lock locks accounts in ascending order, each once, so that no two callers
// can wait for each other. It returns early when ctx ends.
func (l *locks) lock(ctx context.Context, accounts []kv.Account) (held, error) {
	h := held{locks: l, accounts: slices.Clone(accounts)}
	slices.Sort(h.accounts)
	h.accounts = slices.Compact(h.accounts)
	h.entries = make([]*entry, 0, len(h.accounts))
	for _, a := range h.accounts {
		e, err := l.shard(a).lock(ctx, a)
		if err != nil {
			h.unlock(0)
			return held{}, err
		}
		h.entries = append(h.entries, e)
	}
	return h, nil
}

// applying says that a commit is about to become visible. Between this and
// unlock nobody knows its ticket.
func (h *held) applying() {
	for _, e := range h.entries {
		e.applying.Store(true)
	}
}

// unlock releases the accounts. ticket is that of their commit, 0 for none.
func (h *held) unlock(ticket uint64) {
	for i, e := range h.entries {
		h.locks.shard(h.accounts[i]).unlock(h.accounts[i], e, ticket, h.locks.durable)
	}
}

// ticket returns the ticket of the account's last commit. known is false while
// a commit is on its way.
func (l *locks) ticket(a kv.Account) (ticket uint64, known bool) {
	s := l.shard(a)
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.entries[a]
	if e == nil {
		return s.floor, true
	}
	return max(e.ticket, s.floor), !e.applying.Load()
}

func (s *lockShard) lock(ctx context.Context, a kv.Account) (*entry, error) {
	s.mu.Lock()
	e := s.entries[a]
	if e == nil {
		e = &entry{ticket: s.floor}
		s.entries[a] = e
	}
	e.users++
	if !e.held {
		e.held = true
		s.mu.Unlock()
		return e, nil
	}
	turn := make(chan struct{})
	e.waiting = append(e.waiting, turn)
	s.mu.Unlock()
	select {
	case <-turn:
		return e, nil
	case <-ctx.Done():
		s.giveUp(a, e, turn)
		return nil, ctx.Err()
	}
}

// giveUp leaves the queue, or passes the lock on when it was just handed over.
func (s *lockShard) giveUp(a kv.Account, e *entry, turn chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.Index(e.waiting, turn); i >= 0 {
		e.waiting = slices.Delete(e.waiting, i, i+1)
		e.users--
		return
	}
	s.release(a, e)
}

func (s *lockShard) unlock(a kv.Account, e *entry, ticket uint64, durable func(uint64) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e.ticket = max(e.ticket, ticket)
	e.applying.Store(false)
	s.release(a, e)
	if len(s.entries) > s.sweep {
		s.clean(durable)
	}
}

// release hands the lock to the one who waits longest, or frees it.
func (s *lockShard) release(a kv.Account, e *entry) {
	e.users--
	if len(e.waiting) == 0 {
		e.held = false
		return
	}
	close(e.waiting[0])
	e.waiting[0] = nil
	e.waiting = e.waiting[1:]
}

// clean drops the entries of accounts that nobody uses. First those that are
// durable; when that is not enough the others too, raising the floor.
func (s *lockShard) clean(durable func(uint64) bool) {
	for a, e := range s.entries {
		if e.users == 0 && durable(e.ticket) {
			// The floor rises with it, so that an account never has a number
			// again that it had before (kv.DB.Version).
			s.floor = max(s.floor, e.ticket)
			delete(s.entries, a)
		}
	}
	if len(s.entries) > maxKept/2 {
		for a, e := range s.entries {
			if e.users == 0 {
				s.floor = max(s.floor, e.ticket)
				delete(s.entries, a)
			}
		}
	}
	s.sweep = max(maxKept, 2*len(s.entries))
}
