package blobtest

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"tram/internal/storage/blob"
)

func longAgo() time.Time { return time.Now().Add(-24 * time.Hour) }
func soon() time.Time    { return time.Now().Add(time.Hour) }

// fill writes bodies of all sizes, several times the largest.
func fill(t testing.TB, s blob.Store, seed uint64, n int) map[blob.ID][]byte {
	t.Helper()
	m := map[blob.ID][]byte{}
	r := rand.New(rand.NewPCG(seed, 9))
	for i := range n {
		size := r.IntN(30_000)
		if i%25 == 0 {
			size = r.IntN(400_000)
		}
		b := body(seed<<12|uint64(i), size)
		m[put(t, s, b)] = b
	}
	return m
}

// testCollectKeepsLive throws more and more bodies away, over several
// collections, so that survivors are moved again and again.
func testCollectKeepsLive(t *testing.T, open Open) {
	s := start(t, open)
	bodies := fill(t, s, 1, 150)
	r := rand.New(rand.NewPCG(3, 3))
	for round := range uint64(6) {
		for _, id := range sorted(bodies) {
			if r.IntN(2) == 0 {
				delete(bodies, id)
			}
		}
		live := slices.Collect(maps.Keys(bodies))
		live = append(live, live...) // repeats are allowed
		collect(t, s, soon(), append(live, blob.ID{})...)
		for id, b := range bodies {
			same(t, s, id, b)
		}
		maps.Copy(bodies, fill(t, s, 2+round, 40))
	}
	if err := s.Verify(ctx, func(id blob.ID, err error) { t.Errorf("Verify reports %x: %v", id, err) }); err != nil {
		t.Error(err)
	}
	// Whatever is gone is gone for good.
	collect(t, s, soon())
	collect(t, s, soon())
	for id, b := range fill(t, s, 99, 20) {
		same(t, s, id, b)
		if bodies[id] != nil {
			t.Errorf("%x was used before", id)
		}
	}
}

func sorted(m map[blob.ID][]byte) []blob.ID {
	return slices.SortedFunc(maps.Keys(m), func(a, b blob.ID) int { return bytes.Compare(a[:], b[:]) })
}

func testCollectKeepsYoung(t *testing.T, open Open) {
	s := start(t, open)
	bodies := fill(t, s, 1, 80)
	if c := collect(t, s, longAgo()); c.Dead != 0 || c.FreedBytes != 0 {
		t.Errorf("Collect took %d bodies that are younger than its cutoff", c.Dead)
	}
	for id, b := range bodies {
		same(t, s, id, b)
	}
}

func testCollectError(t *testing.T, open Open) {
	s := start(t, open)
	bodies := fill(t, s, 1, 80)
	stop := errors.New("the list of references broke off")
	c, err := s.Collect(ctx, soon(), func(func(blob.ID)) error { return stop })
	if !errors.Is(err, stop) || c.Dead != 0 {
		t.Errorf("Collect = %+v, %v", c, err)
	}
	for id, b := range bodies {
		same(t, s, id, b)
	}
}

func testReadersOutliveCollect(t *testing.T, open Open) {
	s := start(t, open)
	bodies := fill(t, s, 1, 60)
	readers := map[blob.ID]blob.Reader{}
	for id := range bodies {
		r, err := s.Open(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		readers[id] = r
	}
	fill(t, s, 2, 60)
	collect(t, s, soon())
	for id, r := range readers {
		got, err := io.ReadAll(io.NewSectionReader(r, 0, r.Size()))
		if err != nil || !bytes.Equal(got, bodies[id]) {
			t.Errorf("a reader opened before Collect: %v", err)
		}
	}
}

// testCollectWhileWorking reads and writes while collections run.
func testCollectWhileWorking(t *testing.T, open Open) {
	s := start(t, open)
	var mu sync.Mutex
	kept := fill(t, s, 1, 60)
	fill(t, s, 2, 60) // garbage
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for w := range uint64(4) {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(w, 4))
			for i := uint64(0); ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				mu.Lock()
				ids := sorted(kept)
				id := ids[r.IntN(len(ids))]
				b := kept[id]
				mu.Unlock()
				same(t, s, id, b)
				b = body(w<<20|i, r.IntN(30_000))
				mu.Lock() // between Commit and the reference no collection looks
				if id, err := tryPut(s, b, 9000); err != nil {
					t.Error(err)
				} else if i%3 == 0 {
					kept[id] = b
				}
				mu.Unlock()
			}
		})
	}
	for range 8 {
		_, err := s.Collect(ctx, soon(), func(report func(blob.ID)) error {
			mu.Lock()
			defer mu.Unlock()
			for id := range kept {
				report(id)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	close(stop)
	wg.Wait()
	for id, b := range kept {
		same(t, s, id, b)
	}
}
