package server

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"
)

func TestPercentFor(t *testing.T) {
	for _, c := range []struct {
		live, room int64
		want       int
	}{
		{0, 32 << 20, collectMost},
		{8 << 20, 32 << 20, 400},
		{64 << 20, 32 << 20, collectAt},
		{1 << 30, 32 << 20, collectAt},
		{8 << 20, 8 << 20, 100},
	} {
		if got := percentFor(c.live, c.room); got != c.want {
			t.Errorf("live %d, room %d: %d %%, want %d", c.live, c.room, got, c.want)
		}
	}
}

// The percentage follows what lives, with each collection.
func TestCollector(t *testing.T) {
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	c := startCollector(0)
	defer c.stop()
	await := func(what string, reached func(percent uint64) bool) {
		t.Helper()
		for began := time.Now(); !reached(percentNow()); runtime.GC() {
			if time.Since(began) > 20*time.Second {
				t.Fatalf("%s: %d %%", what, percentNow())
			}
			time.Sleep(time.Millisecond) // finalizers run on a goroutine of their own
		}
	}
	await("a small heap", func(p uint64) bool { return p > 100 })
	held := make([]byte, 4*collectRoom)
	await("a large heap", func(p uint64) bool { return p == collectAt })
	runtime.KeepAlive(held)
	await("a small heap again", func(p uint64) bool { return p > 100 })
}

func percentNow() uint64 {
	sample := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
