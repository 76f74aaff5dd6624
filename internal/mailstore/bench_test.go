package mailstore

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"golang.org/x/sys/unix"

	"tram/internal/mail/message"
	"tram/internal/storage/kv"
)

// benchDigest is of the size that a letter of a client has.
func benchDigest(size int64) *message.Digest {
	pad := func(n int, start string) []byte {
		return append([]byte(start), bytes.Repeat([]byte("x"), n-len(start))...)
	}
	return &message.Digest{
		Size: size, HeaderSize: 900,
		Envelope:      pad(350, `("Sat, 21 Nov 2026 08:30:00 +0700" "`),
		BodyStructure: pad(250, `("TEXT" "PLAIN" ("CHARSET" "UTF-8") NIL NIL "7BIT" 7000 100`),
		Parts:         pad(40, "\x01"),
		Header:        pad(700, "From: "),
		SentDate:      time.Unix(1795226400, 0),
	}
}

func benchDelivery(i int) Delivery {
	d := Delivery{BlobSize: 8 << 10, Digest: benchDigest(8 << 10), Own: bytes.Repeat([]byte("X-Own: "), 35)}
	d.Blob[0], d.Blob[15], d.Blob[14], d.Blob[13] = 1, byte(i), byte(i>>8), byte(i>>16)
	d.InternalDate = time.Unix(1795226400+int64(i), 0).UTC()
	return d
}

// benchEnv is a store on the real disk.
func benchEnv(b *testing.B) *env {
	b.Helper()
	return newEnvOn(b, b.TempDir()+"/", vfs.Default)
}

// fill puts n messages into a new mailbox.
func (e *env) fill(b *testing.B, name string, n int) MailboxID {
	b.Helper()
	m, err := e.Create(b.Context(), alice, name, "")
	if err != nil {
		b.Fatal(err)
	}
	for done := 0; done < n; done += 500 {
		var ds []Delivery
		for i := done; i < min(n, done+500); i++ {
			ds = append(ds, benchDelivery(i))
		}
		if _, _, err := e.Append(b.Context(), alice, m.ID, ds...); err != nil {
			b.Fatal(err)
		}
	}
	return m.ID
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func BenchmarkDeliver(b *testing.B) {
	e := benchEnv(b)
	e.fill(b, "x", 1)
	ctx := context.Background()
	d := []Delivery{benchDelivery(1)}
	accounts := []kv.Account{alice}
	b.ReportAllocs()
	before := cpuTime(b)
	for b.Loop() {
		must(b, e.db.Update(ctx, accounts, func(tx kv.Tx) error {
			_, err := e.AppendTx(tx, alice, d)
			return err
		}))
		e.Committed(alice)
	}
	b.ReportMetric(float64(cpuTime(b)-before)/float64(b.N), "cpu-ns/op")
}

// cpuTime is what the process has used so far, compaction included.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u unix.Rusage
	must(b, unix.Getrusage(unix.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkDeliverMany spreads deliveries over a thousand accounts.
func BenchmarkDeliverMany(b *testing.B) {
	e := benchEnv(b)
	ctx := context.Background()
	d := []Delivery{benchDelivery(1)}
	before := cpuTime(b)
	i := 0
	for b.Loop() {
		i++
		id := alice + kv.Account(i*7919%1000)
		must(b, e.db.Update(ctx, []kv.Account{id}, func(tx kv.Tx) error {
			_, err := e.AppendTx(tx, id, d)
			return err
		}))
		e.Committed(id)
	}
	b.ReportMetric(float64(cpuTime(b)-before)/float64(b.N), "cpu-ns/op")
}

// BenchmarkDeliverSynced is one client of APPEND.
func BenchmarkDeliverSynced(b *testing.B) {
	e := benchEnv(b)
	m := e.fill(b, "x", 1)
	d := benchDelivery(1)
	for b.Loop() {
		_, _, err := e.Append(b.Context(), alice, m, d)
		must(b, err)
	}
}

func BenchmarkStoreFlags(b *testing.B) {
	for _, n := range []int{1, 2000, 20000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			e := benchEnv(b)
			m := e.fill(b, "x", 20000)
			e.view(b, alice, m)
			set := UIDSet{{1, UID(n)}}
			op := AddFlags
			b.ReportAllocs()
			for b.Loop() {
				_, err := e.StoreFlags(b.Context(), alice, m, set, FlagChange{Op: op, Flags: Flagged})
				must(b, err)
				op ^= AddFlags ^ RemoveFlags
			}
		})
	}
}

func BenchmarkCopy5000(b *testing.B) { benchTransfer(b, false) }
func BenchmarkMove5000(b *testing.B) { benchTransfer(b, true) }

func benchTransfer(b *testing.B, move bool) {
	e := benchEnv(b)
	m := e.fill(b, "x", 20000)
	to := e.fill(b, "y", 0)
	next := UID(1)
	for b.Loop() {
		var err error
		if move {
			_, err = e.Move(b.Context(), Place{alice, m}, Place{alice, to}, UIDSet{{next, next + 4999}}, Quota{})
			next += 5000
			b.StopTimer()
			if next > 20000 {
				m, next = e.fill(b, fmt.Sprint("x", b.Elapsed()), 20000), 1
			}
			b.StartTimer()
		} else {
			_, err = e.Copy(b.Context(), Place{alice, m}, Place{alice, to}, UIDSet{{1, 5000}}, Quota{})
		}
		must(b, err)
	}
}

func BenchmarkExpunge2000(b *testing.B) {
	for _, pattern := range []string{"row", "every other"} {
		b.Run(pattern, func(b *testing.B) {
			e := benchEnv(b)
			m, next := e.fill(b, "x", 20000), UID(1)
			for b.Loop() {
				b.StopTimer()
				if next > 16000 {
					m, next = e.fill(b, fmt.Sprint("x", b.Elapsed()), 20000), 1
				}
				var set UIDSet
				for i := range UID(2000) {
					if pattern == "row" {
						set = set.add(next + i)
					} else {
						set = set.add(next + 2*i)
					}
				}
				next += 4000
				_, err := e.StoreFlags(b.Context(), alice, m, set, FlagChange{Op: AddFlags, Flags: Deleted})
				must(b, err)
				e.view(b, alice, m)
				b.StartTimer()
				gone, err := e.Expunge(b.Context(), alice, m, AllUIDs())
				must(b, err)
				if gone.Len() != 2000 {
					b.Fatal(gone.Len())
				}
			}
		})
	}
}

func BenchmarkView(b *testing.B) {
	e := benchEnv(b)
	m := e.fill(b, "x", 20000)
	b.Run("cold", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			e.Store.views = newViews(1)
			e.view(b, alice, m)
		}
	})
	b.Run("warm", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			e.view(b, alice, m)
		}
	})
	b.Run("after delivery", func(b *testing.B) {
		d := []Delivery{benchDelivery(1)}
		d[0].Mailbox = m
		for b.Loop() {
			b.StopTimer()
			must(b, e.db.Update(b.Context(), []kv.Account{alice}, func(tx kv.Tx) error {
				_, err := e.AppendTx(tx, alice, d)
				return err
			}))
			must(b, e.db.Sync(b.Context(), alice))
			b.StartTimer()
			e.view(b, alice, m)
		}
	})
	b.Run("status", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _, err := e.StatusByName(b.Context(), alice, "x")
			must(b, err)
		}
	})
}

func BenchmarkMessages20000(b *testing.B) {
	e := benchEnv(b)
	m := e.fill(b, "x", 20000)
	for _, w := range []struct {
		name string
		want Want
		set  UIDSet
	}{
		{"meta", WantMeta, AllUIDs()}, {"structure", WantStructure, AllUIDs()}, {"envelope", WantMeta | WantEnvelope, AllUIDs()},
		{"header", WantHeader, AllUIDs()}, {"all", WantMeta | WantEnvelope | WantHeader | WantStructure, AllUIDs()},
		{"one", WantMeta, UIDs(777)},
	} {
		b.Run(w.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				n := 0
				must(b, e.Messages(b.Context(), alice, m, w.set, w.want, func(*Message) error { n++; return nil }))
				if n != 20000 && n != 1 {
					b.Fatal(n)
				}
			}
		})
	}
}

// BenchmarkBodies is FETCH BODY[] of a mailbox without the door.
func BenchmarkBodies(b *testing.B) {
	e := benchEnv(b)
	m, err := e.Create(b.Context(), alice, "x", "")
	must(b, err)
	body := strings.Repeat(letter, 8<<10/len(letter))
	digest := e.delivery(body).Digest
	for range 40 {
		var ds []Delivery
		for range 500 {
			d := benchDelivery(1)
			d.Blob, d.BlobSize, d.Digest = e.put(body), int64(len(body)), digest
			ds = append(ds, d)
		}
		_, _, err := e.Append(b.Context(), alice, m.ID, ds...)
		must(b, err)
	}
	b.ReportAllocs()
	b.SetBytes(20000 * int64(len(body)))
	var dst []byte
	for b.Loop() {
		must(b, e.Messages(b.Context(), alice, m.ID, AllUIDs(), WantMeta, func(msg *Message) (err error) {
			dst, err = e.AppendBody(b.Context(), dst[:0], msg)
			return err
		}))
	}
}

// BenchmarkMillion is a mailbox of a million messages.
func BenchmarkMillion(b *testing.B) {
	if testing.Short() {
		b.Skip("takes a minute to fill")
	}
	e := benchEnv(b)
	m := e.fill(b, "x", 1_000_000)
	b.Run("view cold", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			e.Store.views = newViews(1)
			e.view(b, alice, m)
		}
	})
	d := benchDelivery(1)
	b.Run("append and view", func(b *testing.B) {
		for b.Loop() {
			_, _, err := e.Append(b.Context(), alice, m, d)
			must(b, err)
			e.view(b, alice, m)
		}
	})
	b.Run("deliver and view", func(b *testing.B) {
		d := []Delivery{d}
		d[0].Mailbox = m
		for b.Loop() {
			must(b, e.db.Update(b.Context(), []kv.Account{alice}, func(tx kv.Tx) error {
				_, err := e.AppendTx(tx, alice, d)
				return err
			}))
			e.view(b, alice, m)
		}
	})
	b.Run("store one", func(b *testing.B) {
		op := AddFlags
		for b.Loop() {
			_, err := e.StoreFlags(b.Context(), alice, m, UIDs(500_000), FlagChange{Op: op, Flags: Flagged})
			must(b, err)
			e.view(b, alice, m)
			op ^= AddFlags ^ RemoveFlags
		}
	})
	b.Run("store all", func(b *testing.B) {
		op := AddFlags
		for b.Loop() {
			_, err := e.StoreFlags(b.Context(), alice, m, AllUIDs(), FlagChange{Op: op, Flags: Flagged})
			must(b, err)
			op ^= AddFlags ^ RemoveFlags
		}
	})
}
