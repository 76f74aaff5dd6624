package server

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// quietTime is how long nothing much must be allocated before memory is
	// given back, and quietBytes how little that is in that time.
	quietTime  = 2 * time.Second
	quietBytes = 256 << 10
	// worthBytes is how much must have been allocated since the last time. A
	// login that checks a password allocates 12 MiB.
	worthBytes = 4 << 20
)

// giveBack returns memory to the system when a busy time is over. The runtime
// would do it too, in the course of minutes; until then an idle server would
// look as large as its last peak. A collection of a quiet heap takes a few
// milliseconds, and there is one at most after each busy time.
func giveBack(ctx context.Context) error {
	ticker := time.NewTicker(quietTime)
	defer ticker.Stop()
	before := allocated()
	returned := before // what had been allocated when memory was given back last
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
		now := allocated()
		if now-before < quietBytes && now-returned > worthBytes {
			debug.FreeOSMemory()
			now = allocated()
			returned = now
		}
		before = now
	}
}

// memoryInUse is what the process holds of the system's memory, in bytes, as the
// runtime counts it.
func memoryInUse() int64 {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64() - sample[1].Value.Uint64())
}

// allocated is the number of bytes allocated on the heap since the start.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
