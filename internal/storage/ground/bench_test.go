package ground

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"tram/internal/storage/blob"
	"tram/internal/storage/blob/disk"
	"tram/internal/storage/kv"
	"tram/internal/storage/kv/pebble"
)

// BenchmarkMessage stores a body with its record on a real disk, the two ways in
// turns, so that what else the machine does meets both: the body synced and then
// the record, and the body riding with the record. It reports the medians.
//
//	go test ./internal/storage/ground -run XXX -bench Message -benchtime 2000x
func BenchmarkMessage(b *testing.B) {
	for _, clients := range []int{1, 16} {
		for _, size := range []int{2 << 10, 8 << 10, 30 << 10} {
			b.Run(fmt.Sprintf("%d-clients-%d-KiB", clients, size>>10), func(b *testing.B) { benchmark(b, clients, size) })
		}
	}
}

func benchmark(b *testing.B, clients, size int) {
	dir := b.TempDir()
	db, blobs, err := Open(dir+"/kv", dir+"/blobs", Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { db.Close(); blobs.Close() }()
	body := bytes.Repeat([]byte("x"), size)
	ways := []func(blob.Writer) (blob.Staged, error){
		func(w blob.Writer) (blob.Staged, error) { id, err := w.Commit(ctx); return blob.Staged{ID: id}, err },
		func(w blob.Writer) (blob.Staged, error) { return w.Stage(ctx) },
	}
	took := make([][]time.Duration, len(ways))
	const turn = 50 // messages of each client, then the other way
	b.ResetTimer()
	for n := 0; n < b.N; {
		for i, way := range ways {
			var mu sync.Mutex
			var wg sync.WaitGroup
			for c := range clients {
				wg.Go(func() {
					for range turn {
						began := time.Now()
						if err := store(db, blobs, kv.FirstUser+kv.Account(c), body, way); err != nil {
							b.Error(err)
						}
						mu.Lock()
						took[i] = append(took[i], time.Since(began))
						mu.Unlock()
					}
				})
			}
			wg.Wait()
		}
		n += turn * clients
	}
	for i, name := range []string{"two-syncs-p50-µs", "one-sync-p50-µs"} {
		slices.Sort(took[i])
		b.ReportMetric(float64(took[i][len(took[i])/2].Nanoseconds())/1e3, name)
	}
}

// store is one message: a body and about as many records as a message has.
func store(db *pebble.DB, blobs *disk.Store, a kv.Account, body []byte, end func(blob.Writer) (blob.Staged, error)) error {
	w, err := blobs.Create(ctx)
	if err != nil {
		return err
	}
	defer w.Abort()
	if _, err := w.Write(body); err != nil {
		return err
	}
	staged, err := end(w)
	if err != nil {
		return err
	}
	return kv.Durable(context.Background(), db, []kv.Account{a}, func(tx kv.Tx) error {
		if err := tx.Attach(staged.Rider); err != nil {
			return err
		}
		return tx.Account(a).Set(staged.ID[:], make([]byte, 1500))
	})
}
