package disk

import (
	"bytes"
	"io"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/storage/blob"
	"tram/internal/storage/faultfs"
)

// noLock is a file system whose locks a killed process does not hold.
type noLock struct{ vfs.FS }

func (noLock) Lock(string) (io.Closer, error) { return io.NopCloser(nil), nil }

func packPath(number uint32) string {
	return path.Join("data/blobs/packs", fileName(number, packSuffix))
}

func readFile(t testing.TB, fs vfs.FS, name string) []byte {
	t.Helper()
	f, err := fs.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func replaceFile(t testing.TB, fs vfs.FS, name string, b []byte) {
	t.Helper()
	if err := writeFile(fs, name, append([]byte(nil), b...)); err != nil {
		t.Fatal(err)
	}
}

func list(t testing.TB, fs vfs.FS, suffix string) (names []string) {
	t.Helper()
	all, err := fs.List("data/blobs/packs")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range all {
		if strings.HasSuffix(n, suffix) {
			names = append(names, n)
		}
	}
	return names
}

// fill writes n bodies.
func (j *journal) fill(t testing.TB, s *Store, from, n int) {
	t.Helper()
	for i := from; i < from+n; i++ {
		if err := j.put(s, i); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLastPackIsContinued reopens a store: a pack that is whole is continued.
func TestLastPackIsContinued(t *testing.T) {
	mem := vfs.NewMem()
	j := newJournal()
	for range 5 {
		s := openAt(t, Options{FS: mem, PrepareBytes: 2048})
		if err := j.check(s); err != nil {
			t.Error(err)
		}
		j.fill(t, s, 0, 3)
		s.Close()
	}
	if names := list(t, mem, packSuffix); len(names) != 1 {
		t.Errorf("five restarts made the packs %v", names)
	}
}

// TestTornTail cuts the last pack at every length. What was whole is found, and
// nothing is appended to the torn pack.
func TestTornTail(t *testing.T) {
	mem := vfs.NewMem()
	j := newJournal()
	s := openAt(t, Options{FS: mem, PrepareBytes: 2048})
	j.fill(t, s, 0, 4)
	s.Close()
	whole := readFile(t, mem, packPath(1))
	for cut := 0; cut <= len(whole); cut += 1 + len(whole)/400 {
		for _, tail := range []string{"", "\x00\x00\x00\x00\x00\x00\x00\x00", string(whole[:min(cut, 64)])} {
			torn := append(bytes.Clone(whole[:cut]), tail...)
			mem := vfs.NewMem()
			if err := mem.MkdirAll("data/blobs/packs", 0o700); err != nil {
				t.Fatal(err)
			}
			replaceFile(t, mem, packPath(1), torn)
			s := openAt(t, Options{FS: mem, PrepareBytes: 2048})
			left := j.copy()
			for id := range left.live {
				if n := parseID(id); int64(n.first.offset)+recordSize(n.length) > int64(cut) {
					delete(left.live, id)
				}
			}
			if err := left.check(s); err != nil {
				t.Fatalf("cut at %d of %d, tail %q: %v", cut, len(whole), tail, err)
			}
			left.ever = nil // a torn record was never acknowledged
			left = &journal{live: left.live, ever: newJournal().ever}
			left.fill(t, s, 100, 1)
			if err := left.check(s); err != nil {
				t.Fatalf("cut at %d of %d, tail %q: %v", cut, len(whole), tail, err)
			}
			s.Close()
			if now := readFile(t, mem, packPath(1)); s.known[2] != nil && !bytes.Equal(now, torn) {
				t.Fatalf("cut at %d of %d, tail %q: the torn pack was written to", cut, len(whole), tail)
			}
		}
	}
}

// TestTornInPreparedRoom stops writing records into the zeros of a pack at every
// length. Verify finds nothing wrong with what nobody was told of.
func TestTornInPreparedRoom(t *testing.T) {
	mem := vfs.NewMem()
	j := newJournal()
	s := openAt(t, Options{FS: mem, PrepareBytes: 2048})
	j.fill(t, s, 0, 4)
	s.Close()
	whole := readFile(t, mem, packPath(1))
	torn := 0
	for cut := headBytes; cut <= len(whole); cut += 1 + len(whole)/400 {
		mem := vfs.NewMem()
		if err := mem.MkdirAll("data/blobs/packs", 0o700); err != nil {
			t.Fatal(err)
		}
		replaceFile(t, mem, packPath(1), append(bytes.Clone(whole[:cut]), make([]byte, len(whole)-cut+2048)...))
		s := openAt(t, Options{FS: mem, PrepareBytes: 2048})
		fresh := newJournal()
		fresh.fill(t, s, 100, 1)
		if len(list(t, mem, packSuffix)) > 1 {
			torn++
		}
		if err := s.Verify(ctx, func(id blob.ID, err error) { t.Errorf("cut at %d: body %x: %v", cut, id, err) }); err != nil {
			t.Errorf("cut at %d: %v", cut, err)
		}
		s.Close()
	}
	if torn < 100 {
		t.Errorf("only %d of the packs were torn", torn)
	}
}

// TestKilledBeforeSync kills a process whose bytes and names are only in the
// page cache, goes on with them, and cuts the power.
func TestKilledBeforeSync(t *testing.T) {
	mem := vfs.NewCrashableMem()
	lying := faultfs.New(noLock{mem})
	lying.Lie(func(path string) bool { return strings.HasPrefix(path, "data/blobs") })
	j := newJournal()
	s := openAt(t, Options{FS: lying, PrepareBytes: 2048})
	j.fill(t, s, 0, 3)
	s.log.close() // killed: no Close
	s = openAt(t, Options{FS: noLock{mem}, PrepareBytes: 2048})
	defer s.Close()
	j.fill(t, s, 10, 1)
	after := openAt(t, Options{FS: faultfs.Clone(mem, 0, 1, faultfs.Op{}), PrepareBytes: 2048})
	defer after.Close()
	if err := j.check(after); err != nil {
		t.Error(err)
	}
}

// TestNumbersAreNeverUsedAgain empties the store, in several ways, and looks at
// the names that are given out afterwards.
func TestNumbersAreNeverUsedAgain(t *testing.T) {
	mem := vfs.NewMem()
	j := newJournal()
	for range 6 {
		s := openAt(t, tiny(mem))
		j.fill(t, s, 0, 40)
		j.live = nil
		s.Close()
		s = openAt(t, tiny(mem))
		for range 3 {
			if _, err := s.Collect(ctx, time.Now().Add(time.Hour), j.report); err != nil {
				t.Fatal(err)
			}
		}
		s.Close()
		if names := list(t, mem, packSuffix); len(names) > 1 {
			t.Errorf("an empty store keeps %v", names)
		}
		// A torn tail makes the pack one that nobody appends to.
		last := packPath(s.highest())
		replaceFile(t, mem, last, append(readFile(t, mem, last), "torn"...))
		s = openAt(t, tiny(mem))
		if _, err := s.Collect(ctx, time.Now().Add(time.Hour), j.report); err != nil {
			t.Fatal(err)
		}
		s.Close()
		j.live = newJournal().live
	}
}

func TestLeftoversAreRemoved(t *testing.T) {
	mem := vfs.NewMem()
	s := openAt(t, tiny(mem))
	s.Close()
	for _, name := range []string{"data/blobs/tmp/17", "data/blobs/packs/00000009.draft"} {
		replaceFile(t, mem, name, []byte("left by a crash"))
	}
	s = openAt(t, tiny(mem))
	defer s.Close()
	for _, dir := range []string{"data/blobs/tmp", "data/blobs/packs"} {
		if names, err := mem.List(dir); err != nil || len(names) != 0 {
			t.Errorf("%s holds %v (%v)", dir, names, err)
		}
	}
}

func TestOneProcessOnly(t *testing.T) {
	mem := vfs.NewMem()
	s := openAt(t, tiny(mem))
	defer s.Close()
	if second, err := Open("data/blobs", tiny(mem)); err == nil {
		second.Close()
		t.Error("a store was opened twice")
	}
}

// TestNewerVersions refuses what a newer program wrote.
func TestNewerVersions(t *testing.T) {
	mem := vfs.NewMem()
	j := newJournal()
	s := openAt(t, Options{FS: mem, PrepareBytes: 2048})
	j.fill(t, s, 0, 1)
	s.Close()
	replaceFile(t, mem, packPath(2), packHeadOfVersion(2, 2))
	if s, err := Open("data/blobs", Options{FS: mem, PrepareBytes: 2048}); err == nil {
		s.Close()
		t.Error("a pack of version 2 was opened")
	} else if !strings.Contains(err.Error(), "version 2") {
		t.Errorf("error %q does not say why", err)
	}
}
