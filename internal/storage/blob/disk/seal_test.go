package disk

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/storage/blob"
)

// TestSeal: after it, Collect reclaims what was in the pack in the making, and
// the store goes on in another one, also after a restart.
func TestSeal(t *testing.T) {
	mem := vfs.NewMem()
	s := openAt(t, Options{FS: mem})
	text := bytes.Repeat([]byte("x"), 100_000)
	put := func() blob.ID {
		t.Helper()
		w, err := s.Create(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Abort()
		if _, err := w.Write(text); err != nil {
			t.Fatal(err)
		}
		id, err := w.Commit(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	if err := s.Seal(ctx); err != nil { // of an empty store: nothing
		t.Fatal(err)
	}
	kept := put()
	for range 9 {
		put()
	}
	before := s.Size()
	for range 2 { // the second time there is nothing to seal
		if err := s.Seal(ctx); err != nil {
			t.Fatal(err)
		}
	}
	done, err := s.Collect(ctx, time.Now().Add(time.Second), func(report func(blob.ID)) error { report(kept); return nil })
	if err != nil || done.Dead != 9 || done.Moved != 1 {
		t.Fatalf("%+v, %v", done, err)
	}
	if after := s.Size(); after > before/4 {
		t.Errorf("%d bytes before, %d after", before, after)
	}
	next := put()
	s.Close()
	s = openAt(t, Options{FS: mem})
	defer s.Close()
	for _, id := range []blob.ID{kept, next} {
		if got, err := s.AppendBody(ctx, nil, id); err != nil || !bytes.Equal(got, text) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
	}
}

// TestVerifyAt asks for its pace before each body, and ends when that fails.
func TestVerifyAt(t *testing.T) {
	s := openAt(t, Options{FS: vfs.NewMem()})
	defer s.Close()
	j := newJournal()
	j.fill(t, s, 0, 6)
	asked, enough := 0, errors.New("enough")
	pace := func(context.Context, int64) error {
		if asked++; asked == 4 {
			return enough
		}
		return nil
	}
	if err := s.VerifyAt(ctx, pace, func(blob.ID, error) { t.Error("damage") }); !errors.Is(err, enough) || asked != 4 {
		t.Errorf("%d bodies, %v", asked, err)
	}
}
