package pop

import (
	"context"
	"sync"
	"time"
)

// Maildrops knows which accounts' maildrops are in use, and when each was last
// opened. One of them serves all engines of a process, POP2 too, and outlives
// their reloads: a lock that a reload forgets is none.
//
// RFC 1939 4 gives a session exclusive access. Here it excludes other POP
// sessions only: two programs that download and delete the same mail at the same
// time is what the rule guards against, and a picture of the INBOX is enough
// against everything else.
type Maildrops struct {
	mu     sync.Mutex
	inUse  map[uint64]struct{}
	opened map[uint64]time.Time // the last +OK to a login, for LOGIN-DELAY
	sweep  int                  // size of opened at which the old ones are dropped
}

// minSweep is how many logins are remembered before old ones are looked for.
const minSweep = 1024

// NewMaildrops returns a Maildrops with none in use.
func NewMaildrops() *Maildrops {
	return &Maildrops{inUse: map[uint64]struct{}{}, opened: map[uint64]time.Time{}, sweep: minSweep}
}

// Outcome is the answer of [Maildrops.Take].
type Outcome int

// The outcomes.
const (
	Taken   Outcome = iota
	InUse           // by another session
	TooSoon         // after the last login (RFC 2449 6.5)
)

// Take takes an account's maildrop for a session, which gives it back with
// Release. delay is the least time between two logins, 0 for none.
func (m *Maildrops) Take(account uint64, delay time.Duration) Outcome {
	now := time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, taken := m.inUse[account]; taken {
		return InUse
	}
	if delay > 0 {
		if last, ok := m.opened[account]; ok && now.Sub(last) < delay {
			return TooSoon
		}
		m.remember(account, now, delay)
	}
	m.inUse[account] = struct{}{}
	return Taken
}

// remember notes a login, and now and then forgets those that hold nobody up
// any more. It costs a constant time a login.
func (m *Maildrops) remember(account uint64, now time.Time, delay time.Duration) {
	m.opened[account] = now
	if len(m.opened) < m.sweep {
		return
	}
	for a, at := range m.opened {
		if now.Sub(at) >= delay {
			delete(m.opened, a)
		}
	}
	m.sweep = max(minSweep, 2*len(m.opened))
}

// takeWait is for how long a maildrop in use is waited for: a client that has
// just closed its connection and comes back should not be told that it is still
// there.
const takeWait = 250 * time.Millisecond

// TakeSoon is Take, but waits a moment for a maildrop that is in use.
func (m *Maildrops) TakeSoon(ctx context.Context, account uint64, delay time.Duration) Outcome {
	for until := time.Now().Add(takeWait); ; {
		outcome := m.Take(account, delay)
		if outcome != InUse || time.Now().After(until) {
			return outcome
		}
		select {
		case <-ctx.Done():
			return InUse
		case <-time.After(takeWait / 10):
		}
	}
}

// Release gives a maildrop back.
func (m *Maildrops) Release(account uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.inUse, account)
}
