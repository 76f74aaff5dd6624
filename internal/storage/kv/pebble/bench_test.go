package pebble

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/storage/kv"
)

// onDisk opens a store on a real disk: /tmp may be memory.
func onDisk(tb testing.TB) *DB {
	tb.Helper()
	dir, err := os.MkdirTemp("/var/tmp", "tram-kv-")
	if err != nil {
		tb.Fatal(err)
	}
	db, err := Open(dir, Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { db.Close(); os.RemoveAll(dir) })
	return db
}

func key(prefix byte, n uint64) []byte { return binary.BigEndian.AppendUint64([]byte{prefix}, n) }

// BenchmarkDurable commits three small records and waits for the disk.
func BenchmarkDurable(b *testing.B) {
	for _, writers := range []int{1, 20, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			db := onDisk(b)
			var n atomic.Uint64
			value := make([]byte, 300)
			b.SetParallelism((writers + 1) / 2)
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					i := n.Add(1)
					a := []kv.Account{kv.FirstUser + kv.Account(i%1000)}
					err := kv.Durable(context.Background(), db, a, func(tx kv.Tx) error {
						s := tx.Account(a[0])
						s.Get(key('c', 0))
						s.Set(key('c', 0), value[:40])
						s.Set(key('f', i), value[:16])
						return s.Set(key('m', i), value)
					})
					if err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

func BenchmarkUpdate(b *testing.B) {
	db := onDisk(b)
	value := make([]byte, 300)
	b.ReportAllocs()
	i := uint64(0)
	for b.Loop() {
		i++
		a := []kv.Account{kv.FirstUser + kv.Account(i%1000)}
		db.Update(context.Background(), a, func(tx kv.Tx) error {
			s := tx.Account(a[0])
			s.Get(key('c', 0))
			s.Set(key('c', 0), value[:40])
			s.Set(key('f', i), value[:16])
			return s.Set(key('m', i), value)
		})
	}
}

func BenchmarkView(b *testing.B) {
	db := onDisk(b)
	fill(b, db, 100_000)
	get := key('f', 5000)
	b.Run("get", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			db.View(context.Background(), kv.FirstUser, func(r kv.Reader) error {
				_, err := r.Get(get)
				return err
			})
		}
	})
	b.Run("scan100000", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			db.View(context.Background(), kv.FirstUser, func(r kv.Reader) error {
				it := r.Scan([]byte("f"), []byte("g"))
				defer it.Close()
				n := 0
				for it.Next() {
					n += len(it.Key()) + len(it.Value())
				}
				if n != 100_000*25 {
					b.Fatal(n)
				}
				return it.Err()
			})
		}
	})
}

func fill(b *testing.B, db *DB, n uint64) {
	for i := uint64(0); i < n; {
		err := db.Update(context.Background(), []kv.Account{kv.FirstUser}, func(tx kv.Tx) error {
			for j := 0; j < 1000 && i < n; i, j = i+1, j+1 {
				if err := tx.Account(kv.FirstUser).Set(key('f', i), make([]byte, 16)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := db.Sync(context.Background(), kv.FirstUser); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkLargeTransaction sets the flags of 20,000 messages.
func BenchmarkLargeTransaction(b *testing.B) {
	db := onDisk(b)
	b.ReportAllocs()
	for b.Loop() {
		fill(b, db, 20_000)
	}
}

// BenchmarkOpen opens a small store on the memory file system, as a crash
// sweep does at every point.
func BenchmarkOpen(b *testing.B) {
	mem := vfs.NewCrashableMem()
	db := openAt(b, mem)
	for i := range kv.Account(20) {
		db.Update(context.Background(), []kv.Account{kv.FirstUser + i}, func(tx kv.Tx) error {
			return tx.Account(kv.FirstUser+i).Set([]byte("k"), make([]byte, 300))
		})
	}
	db.Sync(context.Background(), kv.FirstUser)
	b.ReportAllocs()
	b.ResetTimer()
	var clone, open, closing time.Duration
	for range b.N {
		t := time.Now()
		c := mem.CrashClone(vfs.CrashCloneCfg{})
		clone += time.Since(t)
		t = time.Now()
		db := openAt(b, c)
		open += time.Since(t)
		t = time.Now()
		db.Close()
		closing += time.Since(t)
	}
	b.ReportMetric(float64(clone.Microseconds())/float64(b.N), "µs-clone")
	b.ReportMetric(float64(open.Microseconds())/float64(b.N), "µs-open")
	b.ReportMetric(float64(closing.Microseconds())/float64(b.N), "µs-close")
}
