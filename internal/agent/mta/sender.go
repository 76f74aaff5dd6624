package mta

import (
	"context"
	"time"
)

const (
	// turn is how many groups a sender takes from one destination before it
	// looks whether others are waiting.
	turn = 20
	// lowFirst is how often, in senders given out, the destinations of which
	// least is expected go first, so that they do not starve.
	lowFirst = 4
	// overtime is how long a transaction may take before its place among the
	// senders is lent to another destination, and maxLent how many places more
	// than Options.Connections there are by that, in multiples of it.
	overtime = 2 * time.Second
	maxLent  = 4
)

// sender is a goroutine that lives while there is work for it. It works for one
// destination, and goes on to one that is waiting when there is nothing left to
// do or its turn is over. Its fields are guarded by dispatcher.mu.
type sender struct {
	dest   *destination
	rank   rank // of dest when it was taken
	serial int  // of its transaction
	lent   bool // its place was lent, because the transaction takes long
}

// take makes a sender for a destination; mu is held.
func (d *dispatcher) take(dest *destination, r rank) *sender {
	d.running[r]++
	dest.active++
	return &sender{dest: dest, rank: r}
}

// start lets a sender go; mu is held.
func (d *dispatcher) start(ctx context.Context, s *sender) {
	d.idle.Go(func() { d.run(ctx, s) })
}

// run is the life of a sender.
func (d *dispatcher) run(ctx context.Context, s *sender) {
	for n := 0; ; n++ {
		d.mu.Lock()
		if d.isOver(s, n) {
			s, n = d.change(ctx, s), 0
		}
		if s == nil {
			d.mu.Unlock()
			return
		}
		g := s.dest.backlog[0]
		s.dest.backlog = s.dest.backlog[1:]
		recalled := s.dest.recall()
		d.mu.Unlock()
		if recalled != nil {
			d.m.o.Queue.Hasten(recalled)
		}
		if !d.work(ctx, s, g) {
			return
		}
	}
}

// isOver reports whether a sender has nothing more to do for its destination,
// or has done enough for now; mu is held.
func (d *dispatcher) isOver(s *sender, n int) bool {
	dest := s.dest
	return len(dest.backlog) == 0 || d.stopping || dest.active > d.limit(dest, time.Now()) || n >= turn && d.hasWaiting()
}

// limit is how many senders a destination may have. One that has never
// answered, or is in trouble, gets one: the others wait for what it finds.
func (d *dispatcher) limit(dest *destination, now time.Time) int {
	if dest.failures > 0 || dest.alive.IsZero() {
		return 1
	}
	return dest.window.limit(d.m.o.PerDestination, now)
}

// change takes a sender from its destination and returns that for the next one
// that is waiting, or nil; mu is held.
func (d *dispatcher) change(ctx context.Context, s *sender) *sender {
	d.running[s.rank]--
	d.leave(s.dest)
	next := d.next()
	d.staff(ctx, s.dest) // it may have work left, and then waits behind the others
	return next
}

// leave notes that a sender does not work for a destination any more.
func (d *dispatcher) leave(dest *destination) {
	if dest.active--; dest.active == 0 && len(dest.backlog) == 0 {
		dest.fresh = false
	}
}

func (d *dispatcher) hasWaiting() bool {
	for r := range d.waiting {
		if len(d.waiting[r]) > 0 {
			return true
		}
	}
	return false
}

// next makes a sender for the first destination that waits for one, may have
// it and still has work: the best ranks first, and in each fourth turn the
// worst. mu is held.
func (d *dispatcher) next() *sender {
	d.picks++
	for n := range ranks {
		r := n
		if d.picks%lowFirst == 0 {
			r = ranks - 1 - n
		}
		for len(d.waiting[r]) > 0 && fits(&d.running, r, d.m.o.Connections) {
			dest := d.waiting[r][0]
			d.waiting[r] = d.waiting[r][1:]
			dest.queued = false
			if len(dest.backlog) > 0 && dest.active < d.limit(dest, time.Now()) {
				return d.take(dest, r)
			}
		}
	}
	return nil
}

// work does one transaction. It reports whether the sender goes on: one whose
// place was lent must have it back.
func (d *dispatcher) work(ctx context.Context, s *sender, g *group) bool {
	serial := s.serial // only this goroutine changes it
	timer := time.AfterFunc(overtime, func() { d.lend(ctx, s, serial) })
	d.transact(ctx, s.dest, g)
	timer.Stop()
	d.mu.Lock()
	defer d.mu.Unlock()
	s.serial++
	if !s.lent {
		return true
	}
	s.lent = false
	d.lent--
	if s.rank = s.dest.rank(time.Now()); fits(&d.running, s.rank, d.m.o.Connections) {
		d.running[s.rank]++
		return true
	}
	d.leave(s.dest)
	d.staff(ctx, s.dest)
	return false
}

// lend gives the place of a sender whose transaction takes long to a
// destination that is waiting. If the host has never answered, all that waits
// for it goes back into the queue, to make room for others too.
func (d *dispatcher) lend(ctx context.Context, s *sender, serial int) {
	d.mu.Lock()
	if s.serial != serial || d.stopping || d.lent >= maxLent*d.m.o.Connections {
		d.mu.Unlock()
		return
	}
	s.lent = true
	d.lent++
	d.running[s.rank]--
	given, until := d.stall(s.dest)
	if next := d.next(); next != nil {
		d.start(ctx, next) // idle is not at zero: s is at work
	}
	d.mu.Unlock()
	for _, g := range given {
		g.postpone(context.WithoutCancel(ctx), until)
	}
}

// stall notes that a destination of which nothing good is known keeps us
// waiting, and takes its backlog away; mu is held.
func (d *dispatcher) stall(dest *destination) (given []*group, until time.Time) {
	now := time.Now()
	if dest.rank(now) == proven {
		return nil, now
	}
	dest.stalled = true
	given, dest.backlog = dest.backlog, nil
	for _, g := range given {
		d.groups[g.rank]--
	}
	return given, dest.nextSlot(now)
}
