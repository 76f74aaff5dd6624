package mta

import (
	"context"
	"time"
)

// maxSettling is how many groups may be on their way into the store after their
// transaction. It bounds what a crash can send twice: mail that a host has taken
// and that is not yet written down as taken.
const maxSettling = 64

// settle writes down what came of a group while its sender goes on with the
// next. All that settle at the same time share one sync: a sender that waited
// for its own would spend half of its time with the disk.
func (d *dispatcher) settle(ctx context.Context, g *group, r sent, until time.Time) {
	d.settling <- struct{}{}
	d.idle.Go(func() {
		g.conclude(ctx, r, until)
		g.f.close()
		d.mu.Lock()
		d.groups[g.rank]--
		d.mu.Unlock()
		<-d.settling
	})
}
