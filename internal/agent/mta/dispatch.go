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
	// maxDestinations is how many destinations are remembered; those without
	// work and without trouble are forgotten first.
	maxDestinations = 20_000
	// maxCrowded is how often a group is kept for another try at once because
	// its destination had too many connections.
	maxCrowded = 3
)

// group is the recipients of one entry that go to one destination, in one
// transaction.
type group struct {
	f     *flight
	hop   Hop
	rcpts []int // indexes in the entry

	rank      rank // of the destination when it was submitted
	overtaken int  // by groups with a higher priority
	crowded   int  // attempts that the destination had no connection for
}

// isFresh reports whether one of the recipients was never tried.
func (g *group) isFresh() bool {
	for _, i := range g.rcpts {
		if g.f.e.Rcpts[i].Attempts == 0 {
			return true
		}
	}
	return false
}

// dispatcher shares the senders among the destinations.
//
// Two bounds keep one destination from holding up another: of the senders
// (Options.Connections) and of the groups that are waiting or under way
// (Options.MaxRemote). No destination gets more senders than its window, and
// no more groups than would leave room for others. And of each bound, only a
// part is for destinations of which little is expected, see rank.
type dispatcher struct {
	m    *MTA
	pool *pool
	put  *putOff
	idle sync.WaitGroup // senders and settlements

	settling chan struct{} // a place for each settlement under way

	mu       sync.Mutex
	dests    map[Hop]*destination // guarded by mu, as all below
	running  [ranks]int           // senders, by the rank of their destination when they began
	lent     int                  // senders that wait for slow hosts, and do not count as running
	groups   [ranks]int           // with a destination: waiting, or in transactions
	waiting  [ranks][]*destination
	picks    int // destinations taken from waiting
	stopping bool
}

func newDispatcher(m *MTA) *dispatcher {
	return &dispatcher{m: m, dests: make(map[Hop]*destination), pool: newPool(&m.o), put: newPutOff(m), settling: make(chan struct{}, maxSettling)}
}

// submit gives a group to its destination, or sends it back at once: deferred
// when the destination cannot be reached at present, postponed when too many
// are waiting.
func (d *dispatcher) submit(ctx context.Context, g *group) {
	now := time.Now()
	d.mu.Lock()
	dest := d.destination(g.hop)
	if g.f.e.Asked {
		dest.reopen()
	}
	dest.fresh = dest.fresh || g.isFresh()
	switch {
	case d.stopping:
		d.mu.Unlock()
		g.f.close()
	case dest.isClosed(now) && g.f.e.Asked: // its schedule would take hours
		until := dest.comeback(now)
		d.mu.Unlock()
		g.postpone(ctx, until)
	case dest.isClosed(now):
		reply, until := dest.reply, dest.comeback(now)
		d.mu.Unlock()
		d.putOff(ctx, dest, g, reply, until)
	case d.isFull(dest, now):
		until := dest.nextSlot(now)
		dest.sendAway(g.f.e.ID)
		d.mu.Unlock()
		g.postpone(ctx, until)
	default:
		g.rank = dest.rank(now)
		d.groups[g.rank]++
		dest.enqueue(g)
		d.staff(ctx, dest)
		d.mu.Unlock()
	}
}

// postpone sends a group back into the queue without a record, to come again. If
// it is late its sender is told, however often it was postponed.
func (g *group) postpone(ctx context.Context, until time.Time) {
	var late []verdict
	for _, i := range g.rcpts {
		if g.f.e.WarnDue(i) {
			late = append(late, verdict{i, queue.Outcome{Warned: true}})
		}
	}
	if len(late) > 0 {
		g.f.settle(ctx, late, station{})
	}
	g.f.postpone(until)
	g.f.close()
}

// isFull reports whether no further group may wait for a destination: when as
// many wait for it as there are places left for all others. So one busy
// destination gets half of the places, two get a third each, and there is
// always room for the next. The relay host has no others. mu is held.
func (d *dispatcher) isFull(dest *destination, now time.Time) bool {
	r := dest.rank(now)
	switch left := d.m.o.MaxRemote - total(&d.groups); {
	case !fits(&d.groups, r, d.m.o.MaxRemote):
		return true
	case dest.hop == d.m.route.Relay:
		return false
	case r == doubtful:
		return len(dest.backlog) >= probeBacklog
	default:
		return len(dest.backlog) >= left
	}
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
	now := time.Now()
	if len(dest.backlog) == 0 || dest.active >= d.limit(dest, now) || dest.queued {
		return
	}
	r := dest.rank(now)
	if fits(&d.running, r, d.m.o.Connections) {
		d.start(ctx, d.take(dest, r))
		return
	}
	dest.queued = true
	d.waiting[r] = append(d.waiting[r], dest)
}

// transact sends a group and settles it.
func (d *dispatcher) transact(ctx context.Context, dest *destination, g *group) {
	began := time.Now()
	r := d.m.transmit(ctx, g)
	f := d.judge(ctx, dest, g, &r, began)
	if f.again {
		return
	}
	switch {
	case f.reply != nil:
		d.m.o.Queue.Block(g.f.e, f.until, f.reply.Error())
	case f.recovered:
		d.m.o.Queue.Unblock(g.f.e)
	}
	ctx = context.WithoutCancel(ctx)
	d.settle(ctx, g, r, f.until)
	for _, other := range f.given {
		d.putOff(ctx, dest, other, f.reply, f.until)
	}
}

// finding is what an attempt says about its destination.
type finding struct {
	again     bool            // the group waits for a connection: nothing is decided
	recovered bool            // the destination was in trouble and is no more
	reply     *smtpwire.Reply // why it cannot be reached; nil when it can
	until     time.Time       // then: it is not tried before
	given     []*group        // then: the groups that waited for it
}

// judge notes how a destination is doing after an attempt.
func (d *dispatcher) judge(ctx context.Context, dest *destination, g *group, r *sent, began time.Time) (f finding) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	dest.meet(now)
	switch {
	case r.stopped:
		return f
	case r.trouble != nil && dest.alive.After(began) && dest.active > 1:
		// Others were served meanwhile, so it is there and wants fewer of us.
		dest.window.crowded(dest.active, now)
		if g.crowded++; g.crowded < maxCrowded && !d.stopping {
			dest.backlog = append([]*group{g}, dest.backlog...)
			f.again = true
		}
		return f
	case r.trouble != nil:
		return d.trouble(dest, r.trouble, began)
	case r.isBroken():
		dest.window.ill(began, now)
		if dest.broken++; dest.broken >= maxBroken {
			return d.trouble(dest, r.undecided, began)
		}
		return f
	case r.host == "": // the DNS has decided, nobody was asked
		return f
	}
	f.recovered = dest.failures > 0
	dest.recover(now)
	dest.window.well(dest.active, d.m.o.PerDestination, now)
	d.staff(ctx, dest)
	return f
}

// isBroken reports whether a host was talked to and the conversation broke off.
func (r *sent) isBroken() bool {
	if r.undecided == nil || r.undecided.Permanent() || r.undecided == errSource {
		return false
	}
	for _, reply := range r.replies {
		if reply == nil {
			return true
		}
	}
	return false
}

// trouble notes that a destination could not be reached, and gives back all
// groups that wait for it. Attempts that were under way together count as one.
// mu is held.
func (d *dispatcher) trouble(dest *destination, reply *smtpwire.Reply, began time.Time) (f finding) {
	if began.After(dest.failed) {
		dest.fail(reply, d.m.o.Backoff, time.Now())
	}
	f.given, dest.backlog = dest.backlog, nil
	for _, g := range f.given {
		d.groups[g.rank]--
	}
	f.reply, f.until = dest.reply, dest.until
	return f
}

// later defers a recipient by the schedule, but not to a time at which its
// destination is not tried anyway.
func (g *group) later(i int, reply string, until time.Time) queue.Outcome {
	e := g.f.e
	o := g.f.m.o.Queue.Defer(e, i, reply)
	switch {
	case o.Result == queue.Deferred && o.Next.Before(until):
		o.Next = until
	case o.Result == queue.Failed && e.By.Return && !time.Now().Before(e.By.Until):
		o.Reply = errTooLate.Error() // RFC 2852 4.1.3, whatever else was said
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
	d.put.stop()
	d.pool.close()
}
