package disk

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tram/internal/storage/blob"
	"tram/internal/storage/kv"
	"tram/internal/storage/kv/pebble"
)

// realDir makes a directory on a real disk: /tmp may be memory.
func realDir(tb testing.TB) string {
	tb.Helper()
	dir, err := os.MkdirTemp("/var/tmp", "tram-blobs-")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// messageSizes have a mean of 18 KiB, like the mail of a provider.
var messageSizes = []int{2 << 10, 3 << 10, 4 << 10, 4 << 10, 6 << 10, 8 << 10, 12 << 10, 18 << 10, 33 << 10, 90 << 10}

// BenchmarkDeliver is the ground's part of a delivery: a body made durable,
// then a commit of four records made durable.
func BenchmarkDeliver(b *testing.B) {
	for _, writers := range []int{1, 20, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) { benchDeliver(b, writers) })
	}
}

func benchDeliver(b *testing.B, writers int) {
	dir := realDir(b)
	db, err := pebble.Open(dir+"/kv", pebble.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	s, err := Open(dir+"/blobs", Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	body := make([]byte, 90<<10)
	var next atomic.Int64
	var mu sync.Mutex
	var took []time.Duration
	var wg sync.WaitGroup
	b.ReportAllocs()
	b.ResetTimer()
	for range writers {
		wg.Go(func() {
			var mine []time.Duration
			for {
				i := next.Add(1)
				if i > int64(b.N) {
					break
				}
				start := time.Now()
				if err := deliver(db, s, uint64(i), body[:messageSizes[i%int64(len(messageSizes))]]); err != nil {
					b.Error(err)
					return
				}
				mine = append(mine, time.Since(start))
			}
			mu.Lock()
			took = append(took, mine...)
			mu.Unlock()
		})
	}
	wg.Wait()
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "deliveries/s")
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "µs-p50")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "µs-p99")
}

// deliver writes in pieces of 32 KiB, as a door does.
func deliver(db kv.DB, s blob.Store, i uint64, body []byte) error {
	ctx := context.Background()
	w, err := s.Create(ctx)
	if err != nil {
		return err
	}
	defer w.Abort()
	for chunk := range slices.Chunk(body, 32<<10) {
		if _, err := w.Write(chunk); err != nil {
			return err
		}
	}
	id, err := w.Commit(ctx)
	if err != nil {
		return err
	}
	accounts := []kv.Account{kv.FirstUser + kv.Account(i%1000)}
	return kv.Durable(ctx, db, accounts, func(tx kv.Tx) error {
		space := tx.Account(accounts[0])
		if _, err := space.Get([]byte("c0001")); err != nil && err != kv.ErrNotFound {
			return err
		}
		key := fmt.Appendf(nil, "m0001%08d", i)
		for _, r := range []struct{ key, value []byte }{
			{[]byte("c0001"), body[:40]}, {key, append(body[:600:600], id[:]...)},
			{append([]byte("f"), key...), body[:16]}, {append([]byte("x"), key...), body[:30]},
		} {
			if err := space.Set(r.key, r.value); err != nil {
				return err
			}
		}
		return nil
	})
}

// BenchmarkRead reads 20,000 bodies of 8 KiB one after the other, as FETCH
// BODY[] does.
func BenchmarkRead(b *testing.B) {
	s, err := Open(realDir(b), Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	ids := make([]blob.ID, 20_000)
	var wg sync.WaitGroup
	for part := range slices.Chunk(ids, len(ids)/50) {
		wg.Go(func() {
			for i := range part {
				w, err := s.Create(context.Background())
				if err != nil {
					b.Error(err)
					return
				}
				w.Write(make([]byte, 8<<10))
				if part[i], err = w.Commit(context.Background()); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	slices.SortFunc(ids, func(a, b blob.ID) int { return slices.Compare(a[:], b[:]) })
	b.Run("AppendBody", func(b *testing.B) {
		buf := make([]byte, 0, 16<<10)
		b.SetBytes(8 << 10)
		b.ReportAllocs()
		i := 0
		for b.Loop() {
			if buf, err = s.AppendBody(context.Background(), buf[:0], ids[i%len(ids)]); err != nil {
				b.Fatal(err)
			}
			i++
		}
	})
	b.Run("Open", func(b *testing.B) {
		buf := make([]byte, 8<<10)
		b.SetBytes(8 << 10)
		b.ReportAllocs()
		i := 0
		for b.Loop() {
			r, err := s.Open(context.Background(), ids[i%len(ids)])
			if err != nil {
				b.Fatal(err)
			}
			if _, err := r.ReadAt(buf, 0); err != nil {
				b.Fatal(err)
			}
			r.Close()
			i++
		}
	})
}
