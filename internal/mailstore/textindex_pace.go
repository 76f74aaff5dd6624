package mailstore

import (
	"context"
	"syscall"
	"time"
)

// How the worker shares the machine. The rests are in times of the work before
// them.
const (
	paceSlice   = 5 * time.Millisecond  // of work, then a rest
	paceLook    = 50 * time.Millisecond // how often it looks what the server does
	restIdle    = 0.25                  // nobody else is served
	restReaders = 3                     // somebody is served
	restWriters = 9                     // somebody changes mailboxes: he waits for the disk, and for what is committed before him
	fewChanges  = 2                     // within a look are nobody's haste
	busyShare   = 0.2                   // of one processor that others take, from which on somebody is served
)

// pace makes work rest.
type pace struct {
	wanted  func() bool   // somebody waits for the work now
	changes func() uint64 // of mailboxes since the start
	began   time.Time     // this slice of work
	urgent  bool
	share   float64 // of rest, as it was when it looked:
	looked  time.Time
	cpu     time.Duration // of the process, until then
	changed uint64        // changes, until then
	own     time.Duration // of work since then
}

// newPace begins with long rests.
func newPace(changes func() uint64) *pace {
	return &pace{changes: changes, share: restWriters, looked: time.Now(), cpu: processTime(), changed: changes()}
}

// start begins a slice of work, which becomes urgent when it is wanted.
func (p *pace) start(urgent bool, wanted func() bool) {
	p.began, p.urgent, p.wanted = time.Now(), urgent, wanted
}

// rest sleeps when a slice of work is over.
func (p *pace) rest(ctx context.Context) error {
	worked := time.Since(p.began)
	if worked < paceSlice {
		return ctx.Err()
	}
	p.own += worked
	p.look()
	p.urgent = p.urgent || p.wanted()
	timer := time.NewTimer(time.Duration(p.rests() * float64(worked)))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
	p.began = time.Now()
	return ctx.Err()
}

// rests is how long the next rest is. Who has searched had his answer, from the
// messages; he may ask again, and then the index saves more than it takes now.
// But it does not save a writer anything.
func (p *pace) rests() float64 {
	switch {
	case !p.urgent:
		return p.share
	case p.share == restWriters:
		return restReaders
	}
	return restIdle
}

// look finds out what else the server does.
func (p *pace) look() {
	now := time.Now()
	passed := now.Sub(p.looked)
	if passed < paceLook {
		return
	}
	cpu, changed := processTime(), p.changes()
	p.share = restFor(changed-p.changed, cpu-p.cpu-p.own, passed)
	p.looked, p.cpu, p.changed, p.own = now, cpu, changed, 0
}

// restFor is how long to rest where others made so many changes and took so
// much processor time while some time passed. A processor that is free is no
// reason to rest less: readers notice who shares caches and memory with them.
func restFor(changes uint64, others, passed time.Duration) float64 {
	switch {
	case changes > fewChanges:
		return restWriters
	case float64(others) > busyShare*float64(passed):
		return restReaders
	}
	return restIdle
}

// processTime is the processor time that the process has used.
func processTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
