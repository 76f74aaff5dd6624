package queue

import (
	"bytes"
	"context"
	"flag"
	"runtime"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/mail/message"
	"tram/internal/storage/kv"
	"tram/internal/storage/kv/pebble"
)

var long = flag.Bool("long", false, "run the test with a million entries")

// received is a message as a server adds it.
func received() Message {
	m := letter(1, "binh@example.net")
	m.Header = bytes.Repeat([]byte("Received: from mx.example.org (mx.example.org [192.0.2.1])\r\n\tby mail.example.net with ESMTPS id 06agy4jrm0082\r\n"), 3)
	m.Origin = Origin{Helo: "mx.example.org", Protocol: "ESMTPS"}
	m.Digest = &message.Digest{Envelope: make([]byte, 300), BodyStructure: make([]byte, 300), Header: make([]byte, 800)}
	return m
}

// deliver is the way of one message through the queue: in, out, settled.
func deliver(ctx context.Context, q *Queue, m Message) error {
	if _, err := q.Add(ctx, m); err != nil {
		return err
	}
	e, err := q.Next(ctx)
	if err != nil {
		return err
	}
	outcomes := [1]Outcome{{Result: Delivered}}
	err = q.db.Update(ctx, []kv.Account{Shard(e.ID)}, func(tx kv.Tx) error { return q.SettleTx(tx, e, outcomes[:]) })
	if err != nil {
		q.Release(e)
		return err
	}
	q.Settled(e)
	return nil
}

// BenchmarkDeliver is the hot path on a disk of memory: what it costs besides
// waiting for the disk.
func BenchmarkDeliver(b *testing.B) {
	q := newQueue(b, Options{})
	m := received()
	b.ReportAllocs()
	for b.Loop() {
		if err := deliver(b.Context(), q, m); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDeliverParallel(b *testing.B) {
	q := newQueue(b, Options{})
	m := received()
	b.ReportAllocs()
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := deliver(b.Context(), q, m); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// BenchmarkDeliverOnDisk waits for a real disk, shared by 64 senders.
func BenchmarkDeliverOnDisk(b *testing.B) {
	db, err := pebble.Open(b.TempDir(), pebble.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	q := openQueue(b, db, Options{})
	m := received()
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := deliver(b.Context(), q, m); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func BenchmarkDefer(b *testing.B) {
	q := newQueue(b, Options{})
	id := add(b, q, received())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := q.Retry(b.Context(), Only(id)); err != nil {
			b.Fatal(err)
		}
		settle(b, q, take(b, q), Outcome{Result: Deferred, Reply: "451 4.2.0 later"})
	}
}

func BenchmarkRecord(b *testing.B) {
	q := newQueue(b, Options{})
	p, err := q.Prepare(received())
	if err != nil {
		b.Fatal(err)
	}
	var buf []byte
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			buf = recordOf(buf[:0], p.entries[0])
		}
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := decodeRecord(buf); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// TestOpenManyEntries measures the scan that rebuilds the schedule. With -long
// it is a million entries, and time and memory are held to their limits.
func TestOpenManyEntries(t *testing.T) {
	const longest, mostBytes = 10 * time.Second, 150
	n := 20_000
	if *long {
		n = 1_000_000
	}
	fs := vfs.NewMem()
	db := openStore(t, fs)
	q := openQueue(t, db, Options{})
	fill(t, q, n)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = openStore(t, fs)
	defer db.Close()
	before := heap()
	start := time.Now()
	q = openQueue(t, db, Options{})
	took := time.Since(start)
	perEntry := float64(heap()-before) / float64(n) // with what the store has cached
	t.Logf("%d entries: opened in %v, %.0f bytes of memory an entry", n, took.Round(time.Millisecond), perEntry)
	if q.Len() != n || q.Stats().Waiting != n/2 {
		t.Errorf("stats %+v", q.Stats())
	}
	if *long && (took > longest || perEntry > mostBytes) {
		t.Errorf("%d entries took %v and %.0f bytes each", n, took, perEntry)
	}
	runtime.KeepAlive(q)
}

// fill writes n entries, every second one deferred.
func fill(t testing.TB, q *Queue, n int) {
	t.Helper()
	const batch = 1000
	for done := 0; done < n; done += batch {
		shard := Shard(q.NewID())
		err := q.db.Update(t.Context(), []kv.Account{shard}, func(tx kv.Tx) error {
			for i := range batch {
				m := received()
				m.ID = q.newID(ID(shard - kv.FirstQueue))
				p, err := q.Prepare(m)
				if err != nil {
					return err
				}
				if i%2 == 0 {
					r := &p.entries[0].Rcpts[0]
					r.Attempts, r.Next, r.LastReply = 3, time.Now().Add(time.Duration(i)*time.Minute), "451 4.4.1 no answer from mx.example.net"
				}
				if err := q.AddTx(tx, p); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
