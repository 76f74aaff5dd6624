// Package blobtest is the conformance suite of package blob. A backend runs it
// in one line:
//
//	blobtest.Run(t, func(t testing.TB) blob.Store { return open(t) })
//
// Bodies have sizes around the powers of two up to [MaxSize], so a store that
// changes its ways at some size below should be opened with that limit within.
package blobtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"tram/internal/storage/blob"
)

// Open makes an empty store that takes bodies of at least MaxSize bytes. The
// suite closes it.
type Open func(testing.TB) blob.Store

// MaxSize is the size of the largest body that the suite writes.
const MaxSize = 1<<20 + 1

// Run checks that the stores that open makes keep the contract of package
// blob.
func Run(t *testing.T, open Open) {
	for _, c := range []struct {
		name string
		test func(*testing.T, Open)
	}{
		{"RoundTrip", testRoundTrip},
		{"SmallWrites", testSmallWrites},
		{"RandomRanges", testRandomRanges},
		{"AppendBody", testAppendBody},
		{"Abort", testAbort},
		{"Stage", testStage},
		{"MadeUpNames", testMadeUpNames},
		{"NamesDiffer", testNamesDiffer},
		{"Concurrent", testConcurrent},
		{"Context", testContext},
		{"CollectKeepsLive", testCollectKeepsLive},
		{"CollectKeepsYoung", testCollectKeepsYoung},
		{"CollectStopsOnError", testCollectError},
		{"ReadersOutliveCollect", testReadersOutliveCollect},
		{"CollectWhileWorking", testCollectWhileWorking},
		{"Verify", testVerify},
		{"Close", testClose},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open) })
	}
}

var ctx = context.Background()

// start opens a store that is closed at the end of the test.
func start(t testing.TB, open Open) blob.Store {
	t.Helper()
	s := open(t)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

// sizes around which stores change their ways.
func sizes() []int {
	list := []int{0, 1}
	for n := 16; n <= MaxSize-1; n *= 2 {
		list = append(list, n-1, n, n+1)
	}
	return list
}

// body returns bytes that depend on the seed and look like nothing.
func body(seed uint64, size int) []byte {
	b := make([]byte, size)
	r := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), byte(seed >> 16), byte(seed >> 24)})
	r.Read(b)
	return b
}

// put writes a body in one piece.
func put(t testing.TB, s blob.Store, b []byte) blob.ID {
	t.Helper()
	id, err := tryPut(s, b, len(b)+1)
	if err != nil {
		t.Fatalf("writing a body of %d bytes: %v", len(b), err)
	}
	return id
}

// tryPut writes a body in pieces of step bytes.
func tryPut(s blob.Store, b []byte, step int) (blob.ID, error) {
	w, err := s.Create(ctx)
	if err != nil {
		return blob.ID{}, err
	}
	defer w.Abort()
	for rest := b; len(rest) > 0; {
		n := min(step, len(rest))
		if got, err := w.Write(rest[:n]); err != nil || got != n {
			return blob.ID{}, errors.Join(err, errors.New("short write"))
		}
		rest = rest[n:]
	}
	if w.Size() != int64(len(b)) {
		return blob.ID{}, errors.New("the Size is not what was written")
	}
	return w.Commit(ctx)
}

// same compares a stored body with what it should be.
func same(t testing.TB, s blob.Store, id blob.ID, want []byte) {
	t.Helper()
	if got, err := s.AppendBody(ctx, nil, id); err != nil || !bytes.Equal(got, want) {
		t.Errorf("AppendBody of %x: %d bytes, want %d, %v", id, len(got), len(want), err)
	}
	r, err := s.Open(ctx, id)
	if err != nil {
		t.Errorf("Open(%x): %v", id, err)
		return
	}
	defer r.Close()
	if r.Size() != int64(len(want)) {
		t.Errorf("Size = %d, want %d", r.Size(), len(want))
	}
	if got, err := io.ReadAll(io.NewSectionReader(r, 0, r.Size())); err != nil || !bytes.Equal(got, want) {
		t.Errorf("body of %d bytes came back different (%v)", len(want), err)
	}
}

func collect(t testing.TB, s blob.Store, cutoff time.Time, live ...blob.ID) blob.Collected {
	t.Helper()
	c, err := s.Collect(ctx, cutoff, func(report func(blob.ID)) error {
		for _, id := range live {
			report(id)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("Collect: %v", err)
	}
	if c.Damaged != 0 {
		t.Errorf("Collect met %d damaged bodies", c.Damaged)
	}
	return c
}
