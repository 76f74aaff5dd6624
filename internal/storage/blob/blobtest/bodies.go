package blobtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"testing"

	"tram/internal/storage/blob"
)

func testRoundTrip(t *testing.T, open Open) {
	s := start(t, open)
	ids := map[int]blob.ID{}
	for _, n := range sizes() {
		ids[n] = put(t, s, body(uint64(n), n))
		if ids[n].IsZero() {
			t.Errorf("a body of %d bytes got the zero ID", n)
		}
	}
	for n, id := range ids {
		same(t, s, id, body(uint64(n), n))
	}
}

func testSmallWrites(t *testing.T, open Open) {
	s := start(t, open)
	for _, c := range []struct{ size, step int }{{1000, 1}, {100_000, 7}, {MaxSize, 4096}, {MaxSize, 65_537}, {200_000, 199_999}} {
		b := body(1, c.size)
		id, err := tryPut(s, b, c.step)
		if err != nil {
			t.Fatalf("%d bytes in steps of %d: %v", c.size, c.step, err)
		}
		same(t, s, id, b)
	}
}

func testRandomRanges(t *testing.T, open Open) {
	s := start(t, open)
	r := rand.New(rand.NewPCG(1, 1))
	for _, size := range []int{0, 1, 5000, 65_536, 65_537, 300_000} {
		b := body(2, size)
		f, err := s.Open(ctx, put(t, s, b))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		var wg sync.WaitGroup
		for range 200 {
			off, n := r.IntN(size+10), r.IntN(size+10)
			wg.Go(func() {
				if err := readRange(f, b, off, n); err != nil {
					t.Errorf("body of %d bytes, %d bytes at %d: %v", size, n, off, err)
				}
			})
		}
		wg.Wait()
		if _, err := f.ReadAt(make([]byte, 1), -1); err == nil {
			t.Error("a read at a negative offset succeeded")
		}
	}
}

// readRange checks one ReadAt against the contract of io.ReaderAt.
func readRange(f io.ReaderAt, b []byte, off, n int) error {
	var want []byte
	if off < len(b) {
		want = b[off:min(len(b), off+n)]
	}
	p := make([]byte, n)
	got, err := f.ReadAt(p, int64(off))
	switch {
	case got != len(want) || !bytes.Equal(p[:got], want):
		return fmt.Errorf("%d bytes, or wrong ones; want %d", got, len(want))
	case got < n && err != io.EOF:
		return fmt.Errorf("error %v, want EOF", err)
	case got == n && err != nil && err != io.EOF:
		return err
	}
	return nil
}

func testAppendBody(t *testing.T, open Open) {
	s := start(t, open)
	prefix := []byte("in front")
	for _, size := range []int{0, 1, 8192, 65_536, 131_073, 700_000} {
		b := body(3, size)
		id := put(t, s, b)
		for _, room := range []int{0, 10, size, size + 4096, 2 * size} {
			dst := append(make([]byte, 0, len(prefix)+room), prefix...)
			got, err := s.AppendBody(ctx, dst, id)
			if err != nil || !bytes.HasPrefix(got, prefix) || !bytes.Equal(got[len(prefix):], b) {
				t.Errorf("%d bytes behind a prefix with room for %d: wrong (%v)", size, room, err)
			}
		}
	}
	got, err := s.AppendBody(ctx, prefix, blob.ID{1})
	if !errors.Is(err, blob.ErrNotFound) || string(got) != string(prefix) {
		t.Errorf("AppendBody of nothing = %q, %v", got, err)
	}
}

func testAbort(t *testing.T, open Open) {
	s := start(t, open)
	for _, size := range []int{0, 100, MaxSize} {
		w, err := s.Create(ctx)
		if err != nil {
			t.Fatal(err)
		}
		w.Write(body(4, size))
		w.Abort()
		w.Abort()
		if _, err := w.Commit(ctx); err == nil {
			t.Error("Commit after Abort succeeded")
		}
	}
	w, err := s.Create(ctx)
	if err != nil {
		t.Fatal(err)
	}
	w.Write([]byte("kept"))
	id, err := w.Commit(ctx)
	if err != nil {
		t.Fatal(err)
	}
	w.Abort()
	if _, err := w.Write([]byte("late")); err == nil {
		t.Error("Write after Commit succeeded")
	}
	if _, err := w.Commit(ctx); err == nil {
		t.Error("second Commit succeeded")
	}
	same(t, s, id, []byte("kept"))
}

// testStage: a staged body is there at once and stays, whatever becomes of its
// writer.
func testStage(t *testing.T, open Open) {
	s := start(t, open)
	staged := map[blob.ID][]byte{}
	for i, size := range []int{0, 1, 100, 4000, 20_000, 70_000, MaxSize} {
		b := body(uint64(7+i), size)
		w, err := s.Create(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Abort()
		w.Write(b)
		got, err := w.Stage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte("late")); err == nil {
			t.Error("Write after Stage succeeded")
		}
		if _, err := w.Stage(ctx); err == nil {
			t.Error("second Stage succeeded")
		}
		same(t, s, got.ID, b)
		if i%2 == 0 {
			w.Abort()
		}
		staged[got.ID] = b
	}
	for id, b := range staged {
		same(t, s, id, b)
	}
	w, err := s.Create(ctx)
	if err != nil {
		t.Fatal(err)
	}
	w.Abort()
	if _, err := w.Stage(ctx); err == nil {
		t.Error("Stage after Abort succeeded")
	}
	gone, cancel := context.WithCancel(ctx)
	if w, err = s.Create(gone); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := w.Stage(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("Stage with a context that ended = %v", err)
	}
}

// testMadeUpNames changes each bit of a name.
func testMadeUpNames(t *testing.T, open Open) {
	s := start(t, open)
	ids := []blob.ID{put(t, s, body(5, 100)), put(t, s, body(6, 70_000)), put(t, s, nil)}
	refuse := func(id blob.ID) {
		t.Helper()
		if _, err := s.Open(ctx, id); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("Open of the made-up %x = %v, want ErrNotFound", id, err)
		}
		if _, err := s.AppendBody(ctx, nil, id); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("AppendBody of the made-up %x = %v, want ErrNotFound", id, err)
		}
	}
	for _, id := range ids {
		for bit := range 8 * len(id) {
			wrong := id
			wrong[bit/8] ^= 1 << (bit % 8)
			refuse(wrong)
		}
	}
	r := rand.New(rand.NewPCG(7, 7))
	for range 200 {
		var id blob.ID
		for i := range id {
			id[i] = byte(r.Uint32())
		}
		refuse(id)
	}
	refuse(blob.ID{})
}

func testNamesDiffer(t *testing.T, open Open) {
	s := start(t, open)
	seen := map[blob.ID]bool{}
	for range 200 {
		id := put(t, s, []byte("the same body"))
		if seen[id] {
			t.Fatalf("%x names two bodies", id)
		}
		seen[id] = true
	}
}

func testConcurrent(t *testing.T, open Open) {
	s := start(t, open)
	var wg sync.WaitGroup
	for w := range uint64(16) {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(w, 8))
			for i := range uint64(20) {
				size := r.IntN(40_000)
				if i == 10 && w < 4 {
					size = 600_000
				}
				b := body(w<<8|i, size)
				id, err := tryPut(s, b, 1+r.IntN(20_000))
				if err != nil {
					t.Error(err)
					return
				}
				same(t, s, id, b)
			}
		})
	}
	wg.Wait()
}

func testContext(t *testing.T, open Open) {
	s := start(t, open)
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := s.Create(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("Create = %v", err)
	}
	id := put(t, s, []byte("x"))
	if _, err := s.Open(gone, id); !errors.Is(err, context.Canceled) {
		t.Errorf("Open = %v", err)
	}
	if _, err := s.AppendBody(gone, nil, id); !errors.Is(err, context.Canceled) {
		t.Errorf("AppendBody = %v", err)
	}
	w, err := s.Create(ctx)
	if err != nil {
		t.Fatal(err)
	}
	w.Write([]byte("y"))
	if _, err := w.Commit(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("Commit = %v", err)
	}
}

func testVerify(t *testing.T, open Open) {
	s := start(t, open)
	for i := range 20 {
		put(t, s, body(uint64(i), i*9000))
	}
	err := s.Verify(ctx, func(id blob.ID, err error) { t.Errorf("Verify reports %x: %v", id, err) })
	if err != nil {
		t.Errorf("Verify: %v", err)
	}
}

func testClose(t *testing.T, open Open) {
	s := open(t)
	id := put(t, s, []byte("x"))
	r, err := s.Open(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	if b := make([]byte, 1); func() error { _, err := r.ReadAt(b, 0); return err }() != nil || b[0] != 'x' {
		t.Error("a reader that was open does not survive Close")
	}
	if err := r.Close(); err != nil {
		t.Errorf("Close of the reader: %v", err)
	}
	_, create := s.Create(ctx)
	_, open2 := s.Open(ctx, id)
	_, app := s.AppendBody(ctx, nil, id)
	_, coll := s.Collect(ctx, longAgo(), nil)
	for name, err := range map[string]error{
		"Create": create, "Open": open2, "AppendBody": app, "Collect": coll,
		"Verify": s.Verify(ctx, nil), "second Close": s.Close(),
	} {
		if err == nil {
			t.Errorf("%s after Close succeeded", name)
		}
	}
}
