package pebble

import (
	"context"
	"sync/atomic"
	"time"
)

// stall holds writers back when compactions fall behind: each run of tables in
// level 0 makes every read slower. Pebble has such a brake too, but a writer
// in it waits with its accounts locked and hears neither ctx nor a failure.
type stall struct {
	behind atomic.Bool
	bytes  atomic.Int64 // committed since the last look
}

const (
	// stallLook is how many bytes of commits pass between two looks at level 0.
	stallLook = 1 << 20
	// stallSublevels is how many runs of level 0 stop the writers.
	stallSublevels = 20
	// stallPause is the time between two looks while writers wait.
	stallPause = 5 * time.Millisecond
)

// wrote counts a commit of n bytes and looks from time to time.
func (s *stall) wrote(n int) {
	if s.bytes.Add(int64(n)) >= stallLook {
		s.bytes.Store(0)
		s.behind.Store(true) // the next writer looks
	}
}

// wait returns when level 0 is low enough to write.
func (s *stall) wait(ctx context.Context, d *DB) error {
	for s.behind.Load() {
		if d.db.Metrics().Levels[0].Sublevels < stallSublevels {
			s.behind.Store(false)
			return nil
		}
		select {
		case <-time.After(stallPause):
		case <-ctx.Done():
			return ctx.Err()
		case <-d.failed:
			return d.err()
		}
	}
	return nil
}
