package mta

import (
	"context"
	"sync"
	"time"

	"tram/internal/mail/smtpwire"
	"tram/internal/queue"
)

// Limits of the dispatcher.
const (
	// turn is how many groups a sender takes from one destination before it
	// looks whether others are waiting.
	turn = 20
	// maxBackoff bounds the pause for a destination that cannot be reached.
	maxBackoff = time.Hour
	// minPostpone is the shortest time that the queue puts an entry off for:
	// slots before it would all be the same.
	minPostpone = 5 * time.Second
	// maxDestinations is how many destinations are remembered; those without
	// work and without trouble are forgotten first.
	maxDestinations = 20_000
)

// group is the recipients of one entry that go to one destination, in one
// transaction.
type group struct {
	f     *flight
	hop   Hop
	rcpts []int // indexes in the entry
}

// dispatcher shares the senders among the destinations. A sender is a
// goroutine that lives while there is work for it.
type dispatcher struct {
	m    *MTA
	pool *pool
	idle sync.WaitGroup // senders

	mu       sync.Mutex
	dests    map[Hop]*destination // guarded by mu, as all below
	running  int                  // senders
	groups   int                  // with a destination: waiting, or in transactions
	waiting  []*destination       // with work, in want of a sender
	stopping bool
}

// destination is a hop and how it is doing. Its fields are guarded by
// dispatcher.mu.
type destination struct {
	hop     Hop
	backlog []*group
	active  int  // senders at work for it
	queued  bool // in dispatcher.waiting

	failures int             // in a row, to reach it
	failed   time.Time       // the last one
	until    time.Time       // not to be tried before, after a failure
	reply    *smtpwire.Reply // why

	pace time.Duration // mean time of a transaction
	slot time.Time     // when the next group without a place may come again
}

func newDispatcher(m *MTA) *dispatcher {
	return &dispatcher{m: m, dests: make(map[Hop]*destination), pool: newPool(&m.o)}
}

// submit gives a group to its destination, or sends it back at once: deferred
// when the destination cannot be reached at present, postponed when too many
// are waiting.
func (d *dispatcher) submit(ctx context.Context, g *group) {
	d.mu.Lock()
	dest := d.destination(g.hop)
	now := time.Now()
	switch {
	case now.Before(dest.until):
		reply, until := dest.reply, dest.until
		d.mu.Unlock()
		g.deferAll(ctx, reply, until)
		g.f.close()
		return
	case d.stopping || d.isFull(dest):
		until := dest.nextSlot(now, d.m.o.PerDestination)
		d.mu.Unlock()
		g.f.postpone(until)
		g.f.close()
		return
	}
	d.groups++
	dest.backlog = append(dest.backlog, g)
	d.staff(ctx, dest)
	d.mu.Unlock()
}

// isFull reports whether no further group may wait for a destination: when as
// many wait for it as there are places left for all others. So one busy
// destination gets half of the places, two get a third each, and there is
// always room for the next. The relay host has no others. mu is held.
func (d *dispatcher) isFull(dest *destination) bool {
	left := d.m.o.MaxRemote - d.groups
	return left <= 0 || dest.hop != d.m.route.Relay && len(dest.backlog) >= left
}

// nextSlot predicts when the destination will have time for another group, and
// reserves that time: so a thousand groups come back one after the other and
// not all at once.
func (dest *destination) nextSlot(now time.Time, concurrency int) time.Time {
	each := max(dest.pace, time.Millisecond) / time.Duration(concurrency)
	soonest := now.Add(max(minPostpone, time.Duration(len(dest.backlog))*each))
	if dest.slot.Before(soonest) {
		dest.slot = soonest
	}
	dest.slot = dest.slot.Add(each)
	return dest.slot
}

// destination finds or makes one; mu is held.
func (d *dispatcher) destination(hop Hop) *destination {
	dest := d.dests[hop]
	if dest == nil {
		if len(d.dests) >= maxDestinations {
			d.forget()
		}
		dest = &destination{hop: hop}
		d.dests[hop] = dest
	}
	return dest
}

// forget drops destinations that have nothing to do: first those in order, and
// if that is not enough those in trouble too, which costs them one attempt.
func (d *dispatcher) forget() {
	for _, troubled := range []bool{false, true} {
		for hop, dest := range d.dests {
			if dest.active == 0 && len(dest.backlog) == 0 && (troubled || dest.failures == 0) {
				delete(d.dests, hop)
			}
		}
		if len(d.dests) < maxDestinations/2 {
			return
		}
	}
}

// staff starts a sender for a destination with work, if it may have another;
// mu is held.
func (d *dispatcher) staff(ctx context.Context, dest *destination) {
	limit := d.m.o.PerDestination
	if dest.failures > 0 {
		limit = 1 // a probe: the others wait for what it finds
	}
	switch {
	case len(dest.backlog) == 0 || dest.active >= limit || dest.queued:
	case d.running < d.m.o.Connections:
		d.running++
		dest.active++
		d.idle.Go(func() { d.run(ctx, dest) })
	default:
		dest.queued = true
		d.waiting = append(d.waiting, dest)
	}
}

// run is a sender. It works for one destination, and goes on to one that is
// waiting when there is nothing left to do or its turn is over.
func (d *dispatcher) run(ctx context.Context, dest *destination) {
	for n := 0; ; n++ {
		d.mu.Lock()
		if len(dest.backlog) == 0 || d.stopping || n >= turn && len(d.waiting) > 0 {
			dest = d.change(ctx, dest)
			n = 0
		}
		if dest == nil {
			d.mu.Unlock()
			return
		}
		g := dest.backlog[0]
		dest.backlog = dest.backlog[1:]
		d.mu.Unlock()
		d.transact(ctx, dest, g)
	}
}

// change takes a sender from its destination and gives it to the next that is
// waiting, or ends it (nil); mu is held.
func (d *dispatcher) change(ctx context.Context, dest *destination) *destination {
	dest.active--
	d.running--
	next := d.nextWaiting()
	d.staff(ctx, dest) // it may have work left, and then waits behind the others
	return next
}

// nextWaiting takes on the first destination that waits for a sender and still
// has work; mu is held.
func (d *dispatcher) nextWaiting() *destination {
	for len(d.waiting) > 0 {
		next := d.waiting[0]
		d.waiting = d.waiting[1:]
		next.queued = false
		if len(next.backlog) > 0 {
			d.running++
			next.active++
			return next
		}
	}
	return nil
}

// transact sends a group and settles it.
func (d *dispatcher) transact(ctx context.Context, dest *destination, g *group) {
	began := time.Now()
	r := d.m.transmit(ctx, g)
	given, reply, until := d.judge(ctx, dest, &r, began)
	ctx = context.WithoutCancel(ctx)
	g.conclude(ctx, r, until)
	g.f.close()
	for _, other := range given {
		other.deferAll(ctx, reply, until)
		other.f.close()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.groups--
	pace := time.Since(began)
	if dest.pace > 0 {
		pace = (7*dest.pace + pace) / 8
	}
	dest.pace = pace
}

// judge notes how a destination is doing after an attempt. When it is in
// trouble, all groups that wait for it are given back, with the reply to defer
// them with.
func (d *dispatcher) judge(ctx context.Context, dest *destination, r *sent, began time.Time) (given []*group, reply *smtpwire.Reply, until time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if r.trouble != nil && !r.stopped {
		given = d.trouble(dest, r.trouble, began)
		return given, dest.reply, dest.until
	}
	wasInTrouble := dest.failures > 0
	dest.failures, dest.until, dest.reply = 0, time.Time{}, nil
	if wasInTrouble { // the probe went well: all may go
		for range d.m.o.PerDestination {
			d.staff(ctx, dest)
		}
	}
	return nil, nil, time.Time{}
}

// trouble notes that a destination could not be reached, and gives back all
// groups that wait for it. Attempts that were under way together count as one.
// mu is held.
func (d *dispatcher) trouble(dest *destination, reply *smtpwire.Reply, began time.Time) (given []*group) {
	if now := time.Now(); began.After(dest.failed) {
		backoff := d.m.o.Backoff << min(dest.failures, 10)
		dest.failures++
		dest.failed = now
		dest.until = now.Add(min(backoff, maxBackoff))
		dest.reply = reply
	}
	given, dest.backlog = dest.backlog, nil
	d.groups -= len(given)
	return given
}

// deferAll puts the recipients of a group off without an attempt.
func (g *group) deferAll(ctx context.Context, reply *smtpwire.Reply, until time.Time) {
	verdicts := make([]verdict, len(g.rcpts))
	for n, i := range g.rcpts {
		verdicts[n] = verdict{i, g.later(i, reply.Error(), until)}
	}
	g.f.settle(ctx, verdicts, station{})
}

// later defers a recipient by the schedule, but not to a time at which its
// destination is not tried anyway.
func (g *group) later(i int, reply string, until time.Time) queue.Outcome {
	o := g.f.m.o.Queue.Defer(g.f.e, i, reply)
	if o.Result == queue.Deferred && o.Next.Before(until) {
		o.Next = until
	}
	return o
}

// stop lets the transactions under way end, for Options.StopTime, and closes
// the connections. Groups that were not begun stay in the queue.
func (d *dispatcher) stop(cut context.CancelFunc) {
	d.mu.Lock()
	d.stopping = true
	var given []*group
	for _, dest := range d.dests {
		given = append(given, dest.backlog...)
		dest.backlog = nil
	}
	d.mu.Unlock()
	for _, g := range given {
		g.f.close()
	}
	timer := time.AfterFunc(d.m.o.StopTime, cut)
	d.idle.Wait()
	timer.Stop()
	d.pool.close()
}
