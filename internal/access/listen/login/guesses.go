package login

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"tram/internal/directory"
)

// Limits of guesses.
const (
	MaxGuesses  = 10          // different passwords for one login, from clients that nobody knows
	GuessWindow = time.Minute // in this time
	guessDelay  = time.Second // before the answer to one more

	maxGuessed = 65_536  // logins that are guessed at
	maxKnown   = 262_144 // clients that are known
)

// ErrTooManyGuesses is the answer to a login at which too many passwords were
// guessed. It is a [directory.ErrAuthBusy]: who knows the password may try again.
var ErrTooManyGuesses = fmt.Errorf("%w: too many wrong passwords", directory.ErrAuthBusy)

// Guesses limits how many passwords strangers try for one login, wherever they
// come from and whichever door they take. A client from whose address somebody
// has logged in with it is known, and is never held up by strangers: the owner is
// not locked out of what others rattle at. The same password again, as a program
// sends it that was not told of a new one, is one guess.
//
// What it knows is in memory only, of at most some 20 MB.
type Guesses struct {
	mu      sync.Mutex
	seed    maphash.Seed
	tried   map[uint64]*window       // by login
	known   map[knownClient]struct{} // who has logged in
	sweepAt int                      // size of tried at which the old ones are dropped
}

// window is what was tried for a login lately.
type window struct {
	began   time.Time
	guesses []uint64 // hashes of passwords; at most MaxGuesses
}

// knownClient is an address from which a login has succeeded.
type knownClient struct {
	login uint64
	from  netip.Addr
}

// minGuessed is how many logins are remembered before old ones are looked for.
const minGuessed = 1024

// NewGuesses returns Guesses that know nobody.
func NewGuesses() *Guesses {
	return &Guesses{
		seed: maphash.MakeSeed(), sweepAt: minGuessed,
		tried: map[uint64]*window{}, known: map[knownClient]struct{}{},
	}
}

// May is asked before a login is looked at. guess is the password, "" where the
// client does not say it (SCRAM, CRAM-MD5): that counts when it has failed.
func (g *Guesses) May(ctx context.Context, login, guess string, from netip.Addr) error {
	if g.take(login, guess, from, time.Now()) {
		return nil
	}
	select {
	case <-ctx.Done():
	case <-time.After(guessDelay):
	}
	return ErrTooManyGuesses
}

// take takes one guess; false when there is none left.
func (g *Guesses) take(login, guess string, from netip.Addr, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	key := g.keyOf(login)
	if g.knows(key, from) {
		return true
	}
	w := g.tried[key]
	if w == nil || now.Sub(w.began) >= GuessWindow {
		if guess == "" {
			return true
		}
		w = g.begin(key, now)
	}
	if guess == "" {
		return len(w.guesses) < MaxGuesses
	}
	return w.add(maphash.String(g.seed, guess))
}

// Ended is told how it ended.
func (g *Guesses) Ended(login, guess string, from netip.Addr, err error) {
	g.ended(login, guess, from, err, time.Now())
}

func (g *Guesses) ended(login, guess string, from netip.Addr, err error, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	key, wrong := g.keyOf(login), errors.Is(err, directory.ErrAuth)
	w := g.tried[key]
	switch {
	case wrong && guess == "" && !g.knows(key, from):
		if w == nil || now.Sub(w.began) >= GuessWindow {
			w = g.begin(key, now)
		}
		w.guesses = append(w.guesses, uint64(now.UnixNano()))
		w.guesses = w.guesses[:min(len(w.guesses), MaxGuesses)]
	case !wrong && guess != "" && w != nil: // it was no wrong one
		if i := slices.Index(w.guesses, maphash.String(g.seed, guess)); i >= 0 {
			w.guesses = slices.Delete(w.guesses, i, i+1)
		}
	}
	if err == nil && from.IsValid() {
		if len(g.known) >= maxKnown {
			clear(g.known) // they are known again when they come back
		}
		g.known[knownClient{key, networkOf(from)}] = struct{}{}
	}
}

// knows reports whether a client has logged in before. g.mu is held.
func (g *Guesses) knows(key uint64, from netip.Addr) bool {
	_, ok := g.known[knownClient{key, networkOf(from)}]
	return ok
}

// begin begins a window. g.mu is held.
func (g *Guesses) begin(key uint64, now time.Time) *window {
	g.sweep(now)
	w := &window{began: now}
	g.tried[key] = w
	return w
}

// add counts a guess that was not counted yet; false when there is no room.
func (w *window) add(hash uint64) bool {
	switch {
	case slices.Contains(w.guesses, hash):
	case len(w.guesses) >= MaxGuesses:
		return false
	default:
		w.guesses = append(w.guesses, hash)
	}
	return true
}

// sweep drops what is old, now and then: a constant time for each login. g.mu is
// held.
func (g *Guesses) sweep(now time.Time) {
	if len(g.tried) < g.sweepAt {
		return
	}
	for key, w := range g.tried {
		if now.Sub(w.began) >= GuessWindow {
			delete(g.tried, key)
		}
	}
	if len(g.tried) >= maxGuessed {
		clear(g.tried)
	}
	g.sweepAt = max(minGuessed, 2*len(g.tried))
}

func (g *Guesses) keyOf(login string) uint64 { return maphash.String(g.seed, strings.ToLower(login)) }

// networkOf is what one client has for itself: an address, of IPv6 the network.
func networkOf(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.Addr()
		}
	}
	return a
}
