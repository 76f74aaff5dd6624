package server

import (
	"context"
	"runtime/metrics"
	"testing"
	"testing/synctest"
	"time"
)

func released() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

var sink []byte

// After a busy time its memory goes back, without waiting for minutes.
func TestGiveBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go giveBack(ctx)
		synctest.Wait()
		const size = 256 << 20
		sink = make([]byte, size)
		for i := range sink {
			sink[i] = 1
		}
		held := released()
		sink = nil
		time.Sleep(3 * quietTime)
		synctest.Wait()
		if now := released(); now < held+size/2 {
			t.Errorf("released %d MiB before and %d MiB after", held>>20, now>>20)
		}
	})
}
