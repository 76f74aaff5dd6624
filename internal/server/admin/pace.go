package admin

import (
	"context"
	"time"

	"tram/internal/mailstore"
	"tram/internal/server/control"
)

// paceSlack is how far work may run ahead of its rate: less than that is not
// worth a sleep.
const paceSlack = 50 * time.Millisecond

// pace makes work wait so that it reads no more than rate octets a second. 0 is
// the usual rate; -1 none.
func (a *Admin) pace(rate int64) mailstore.Pace {
	if rate == 0 && a.process != nil {
		rate = control.DefaultRate
	}
	if rate <= 0 {
		return func(ctx context.Context, _ int64) error { return ctx.Err() }
	}
	due := time.Now()
	return func(ctx context.Context, octets int64) error {
		now := time.Now()
		if due.Before(now) {
			due = now // what was not used is not saved up
		}
		due = due.Add(time.Duration(float64(octets) / float64(rate) * float64(time.Second)))
		wait := due.Sub(now) - paceSlack
		if wait <= 0 {
			return ctx.Err()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
			return nil
		}
	}
}
