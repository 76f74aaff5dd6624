package disk

import (
	"bytes"
	"errors"
	"strings"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/storage/blob"
	"tram/internal/storage/faultfs"
)

func spoolsIn(t *testing.T, fs vfs.FS) int {
	t.Helper()
	names, err := fs.List("data/blobs/tmp")
	if err != nil {
		t.Fatal(err)
	}
	return len(names)
}

// TestMemoryIsBounded writes bodies at once until the budget is used up. The
// others go to spools, and all of it is given back.
func TestMemoryIsBounded(t *testing.T) {
	mem := vfs.NewMem()
	s := openAt(t, Options{FS: mem, MemoryBody: 40_000, MemoryBudget: 300_000})
	defer s.Close()
	b := bytes.Repeat([]byte("0123456789"), 3000)
	var ws []blob.Writer
	for range 20 {
		w, err := s.Create(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(b); err != nil {
			t.Fatal(err)
		}
		ws = append(ws, w)
	}
	if used := s.bodies.used.Load(); used > 300_000 {
		t.Errorf("%d bytes of memory are in use, the budget is 300000", used)
	}
	if n := spoolsIn(t, mem); n < 10 || n == 20 {
		t.Errorf("%d of 20 bodies are in spools", n)
	}
	for i, w := range ws {
		if i%3 == 0 {
			w.Abort()
			continue
		}
		id, err := w.Commit(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.AppendBody(ctx, nil, id); err != nil || !bytes.Equal(got, b) {
			t.Errorf("body %d came back different: %v", i, err)
		}
	}
	if used, n := s.bodies.used.Load(), spoolsIn(t, mem); used != 0 || n != 0 {
		t.Errorf("%d bytes of memory and %d spools are still in use", used, n)
	}
}

func TestLargestBody(t *testing.T) {
	s := openAt(t, Options{FS: vfs.NewMem(), MaxBody: 1000})
	defer s.Close()
	w, err := s.Create(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	if _, err := w.Write(make([]byte, 1000)); err != nil {
		t.Errorf("a body of MaxBody bytes: %v", err)
	}
	if _, err := w.Write([]byte("x")); !errors.Is(err, blob.ErrTooLarge) {
		t.Errorf("one byte more: %v, want ErrTooLarge", err)
	}
	if _, err := w.Commit(ctx); !errors.Is(err, blob.ErrTooLarge) {
		t.Errorf("Commit of a body that is too large: %v", err)
	}
}

// TestFullDiskForSpools spoils one body, not the store: nothing was promised.
func TestFullDiskForSpools(t *testing.T) {
	disk := faultfs.New(vfs.NewMem())
	s := openAt(t, small(disk))
	defer s.Close()
	inTmp := func(path string) bool { return strings.Contains(path, "/tmp/") }
	disk.Inject(faultfs.Fault{Nth: 2, Kinds: faultfs.Write, Err: syscall.ENOSPC, Match: inTmp})
	w, err := s.Create(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		w.Write(make([]byte, 15_000))
	}
	if _, err := w.Commit(ctx); !errors.Is(err, syscall.ENOSPC) || errors.Is(err, blob.ErrFailed) {
		t.Errorf("Commit = %v, want ENOSPC and no failure of the store", err)
	}
	j := newJournal()
	j.fill(t, s, 0, 20)
	if err := j.check(s); err != nil {
		t.Error(err)
	}
}

// TestDamagedSpool spoils one body as well: the bytes are checked when they are
// read back.
func TestDamagedSpool(t *testing.T) {
	mem := vfs.NewMem()
	s := openAt(t, small(mem))
	defer s.Close()
	w, err := s.Create(ctx)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(make([]byte, 50_000))
	f, err := mem.OpenReadWrite("data/blobs/tmp/1", vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteAt([]byte("x"), 40_000)
	f.Close()
	if _, err := w.Commit(ctx); !errors.Is(err, blob.ErrCorrupt) || errors.Is(err, blob.ErrFailed) {
		t.Errorf("Commit = %v, want ErrCorrupt and no failure of the store", err)
	}
	j := newJournal()
	j.fill(t, s, 0, 20)
	if err := j.check(s); err != nil {
		t.Error(err)
	}
}

// TestOpenFilesAreBounded reads from many packs at once.
func TestOpenFilesAreBounded(t *testing.T) {
	s := openAt(t, tiny(vfs.NewMem()))
	defer s.Close()
	j := newJournal()
	j.fill(t, s, 0, 200)
	var rs []blob.Reader
	for id := range j.live {
		r, err := s.Open(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		rs = append(rs, r)
	}
	for _, r := range rs {
		if _, err := r.ReadAt(make([]byte, r.Size()), 0); err != nil {
			t.Error(err)
		}
		r.Close()
	}
	if err := j.check(s); err != nil {
		t.Error(err)
	}
	if n := len(s.files.open); n > 2 || len(s.known) < 5 {
		t.Errorf("%d of %d packs are open, the limit is 2", n, len(s.known))
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for _, o := range []Options{{PackBytes: -1}, {PackBytes: 1 << 40}, {MemoryBody: 1 << 20}, {MaxBody: 3 << 30}, {OpenPacks: -1}} {
		o.FS = vfs.NewMem()
		if s, err := Open("data/blobs", o); err == nil {
			s.Close()
			t.Errorf("%+v was accepted", o)
		}
	}
}

// TestSpoolOfSmallPieces: a body that comes in pieces of any size is whole, and
// small ones do not cost a write each.
func TestSpoolOfSmallPieces(t *testing.T) {
	const mostWrites = 100
	disk := faultfs.New(vfs.NewMem())
	s := openAt(t, small(disk))
	defer s.Close()
	inTmp := func(path string) bool { return strings.Contains(path, "/tmp/") }
	disk.Inject(faultfs.Fault{Nth: mostWrites, Kinds: faultfs.Write, Err: syscall.ENOSPC, Match: inTmp})
	w, err := s.Create(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var want []byte
	write := func(n int) {
		piece := bytes.Repeat([]byte{byte(len(want)), byte(len(want) >> 8), byte(n)}, n/3+1)[:n]
		want = append(want, piece...)
		if _, err := w.Write(piece); err != nil {
			t.Fatalf("after %d bytes: %v", len(want), err)
		}
	}
	for range 100_000 {
		write(3)
	}
	for n := spoolPiece - 3; n <= spoolPiece+3; n++ {
		write(n)
		write(5)
	}
	id, err := w.Commit(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.AppendBody(ctx, nil, id); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes came back different: %v", len(got), err)
	}
}
