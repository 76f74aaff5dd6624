// Package groupsync lets all who wait for the disk share one sync of it.
//
// Everything written gets a ticket, an ever growing number. [Group.Wait] waits
// until a ticket is durable. Whoever comes first runs the sync for all that was
// written before it began; who comes while it runs, and was not covered, forms
// the next round together with the others. So each waiter is woken exactly
// once, 64 writers cost about two syncs, and a lone writer costs one without
// any hand-over to another goroutine.
//
//	g := groupsync.New(func() uint64 { return written.Load() }, file.Sync)
//	...
//	ticket := written.Add(1) // after the write
//	err := g.Wait(ctx, ticket)
package groupsync

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
)

// errPanicked is what the followers see when the sync of their round panicked.
var errPanicked = errors.New("groupsync: the sync panicked")

// Group is a set of waiters for one log. The first error of a sync is final:
// every later Wait for a ticket that is not yet durable returns it.
type Group struct {
	written func() uint64
	flush   func() error
	durable atomic.Uint64

	mu      sync.Mutex
	running *round // the sync that runs now
	next    *round // those that wait for the one after it
	err     error  // the first failure
}

// round is one sync and those who wait for it.
type round struct {
	covers uint64        // every ticket up to this one is durable when it ends well
	done   chan struct{} // closed at the end; err may be read then
	err    error
}

// New makes a Group. written returns the highest ticket whose bytes have been
// written; flush makes all bytes durable that were written when it was called.
// flush is never called by two goroutines at once.
func New(written func() uint64, flush func() error) *Group {
	return &Group{written: written, flush: flush}
}

// Durable reports whether a ticket is known to be on disk.
func (g *Group) Durable(ticket uint64) bool { return g.durable.Load() >= ticket }

// Wait returns nil when everything up to ticket is durable. It returns early
// when ctx ends, except in the goroutine that syncs on behalf of the others.
func (g *Group) Wait(ctx context.Context, ticket uint64) error {
	if g.Durable(ticket) {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	g.mu.Lock()
	switch {
	case g.Durable(ticket):
		g.mu.Unlock()
		return nil
	case g.err != nil:
		g.mu.Unlock()
		return g.err
	case g.running != nil && g.running.covers >= ticket:
		r := g.running
		g.mu.Unlock()
		return r.wait(ctx)
	case g.next != nil:
		r := g.next
		g.mu.Unlock()
		return r.wait(ctx)
	}
	r := &round{done: make(chan struct{})}
	g.next = r
	before := g.running
	g.mu.Unlock()
	if before != nil {
		<-before.done
	}
	return g.lead(r)
}

// lead runs the sync of a round and releases its waiters.
func (g *Group) lead(r *round) error {
	g.mu.Lock()
	g.next, g.running = nil, r
	if r.err = g.err; r.err == nil {
		// Read the ticket before the sync: bytes written later may miss it.
		r.covers = g.written()
		r.err = errPanicked
	}
	run := r.err == errPanicked
	g.mu.Unlock()
	defer g.finish(r)
	if run {
		r.err = g.flush()
	}
	return r.err
}

func (g *Group) finish(r *round) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.running = nil
	if r.err == nil {
		g.durable.Store(r.covers)
	} else if g.err == nil {
		g.err = r.err
	}
	close(r.done)
}

func (r *round) wait(ctx context.Context) error {
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
		return ctx.Err()
	}
}
