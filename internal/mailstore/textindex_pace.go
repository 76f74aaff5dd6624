package mailstore

import (
	"context"
	"syscall"
	"time"
)

// How the worker shares the processor.
const (
	paceSlice = 5 * time.Millisecond  // of work, then a rest
	paceIdle  = 0.25                  // of the time of the work, while nothing else happens or somebody waits,
	paceBusy  = 3                     // and while the server has other work
	paceLook  = 50 * time.Millisecond // how often it looks which of the two it is
	busyShare = 0.2                   // of one core that others take, from which on the server has other work
)

// pace makes work rest.
type pace struct {
	began  time.Time // this slice of work
	urgent bool
	wanted func() bool // somebody waits for it now
	looked time.Time
	cpu    time.Duration // of the process, when it looked
	own    time.Duration // of work since then
	busy   bool
}

func newPace() *pace { return &pace{busy: true} }

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
	share := paceIdle
	if p.busy && !p.urgent {
		share = paceBusy
	}
	timer := time.NewTimer(time.Duration(share * float64(worked)))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
	p.began = time.Now()
	return ctx.Err()
}

// look finds out whether the server has other work.
func (p *pace) look() {
	now := time.Now()
	passed := now.Sub(p.looked)
	if passed < paceLook {
		return
	}
	cpu := processTime()
	others := cpu - p.cpu - p.own
	p.busy = p.looked.IsZero() || float64(others) > busyShare*float64(passed)
	p.looked, p.cpu, p.own = now, cpu, 0
}

// processTime is the processor time that the process has used.
func processTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
