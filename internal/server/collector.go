package server

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
)

const (
	// collectAt is how much a large heap may grow, in percent, before it is
	// collected; half of Go's own choice, so that the memory of a peak is
	// given back sooner.
	collectAt = 50
	// collectRoom is how much any heap may grow, in bytes. What lives in a busy
	// server is small, and with a percentage alone it would be collected dozens of
	// times a second: that was a third of its time. giveBack returns the room
	// when the server is quiet.
	collectRoom = 32 << 20
	// collectMost bounds the percentage for a heap that is next to empty.
	collectMost = 1000
)

// collector sets after each collection when the next one is: when the heap has
// grown by room bytes or collectAt percent, whichever is more.
type collector struct {
	room    int64
	stopped atomic.Bool
}

// startCollector leaves the garbage collector to a new collector. A limit of
// the memory, in bytes, makes the room smaller; 0 is none.
func startCollector(limit int64) *collector {
	c := &collector{room: collectRoom}
	if limit > 0 {
		c.room = min(c.room, limit/8)
	}
	debug.SetGCPercent(c.percent())
	c.await()
	return c
}

// stop ends the pacing; the last percentage stays.
func (c *collector) stop() { c.stopped.Store(true) }

// await has the next collection set the percentage: it finds that nobody holds
// the sentinel.
func (c *collector) await() {
	type sentinel struct{ _ [16]byte } // too large for the tiny allocator, which would share it
	runtime.SetFinalizer(new(sentinel), func(*sentinel) {
		if c.stopped.Load() {
			return
		}
		debug.SetGCPercent(c.percent())
		c.await()
	})
}

// percent is the growth of the heap that is alive now up to the next
// collection.
func (c *collector) percent() int {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return percentFor(int64(sample[0].Value.Uint64()), c.room)
}

func percentFor(live, room int64) int {
	return int(min(collectMost, max(collectAt, 100*room/max(live, 1))))
}
