package disk

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/storage/blob"
)

// TestAhead reads 8 KiB records of a pack, and looks at what the disk is asked
// for meanwhile.
func TestAhead(t *testing.T) {
	const record = 8 << 10
	for _, c := range []struct {
		name  string
		at    func(i int64) int64 // where record i is read
		n     int64
		asked int64 // bytes
	}{
		{"too few to be a row", func(i int64) int64 { return i * record }, aheadRow/record - 1, 0},
		{"a row", func(i int64) int64 { return i * record }, aheadRow / record, aheadStep},
		{"a long row", func(i int64) int64 { return i * record }, 32 << 20 / record, 32<<20 - aheadRow + aheadRoom},
		{"with gaps", func(i int64) int64 { return i * (record + aheadGap) }, 10, aheadRoom},
		{"with larger gaps", func(i int64) int64 { return i * (record + aheadGap + 1) }, 1000, 0},
		{"backwards", func(i int64) int64 { return (1000 - i) * record }, 1000, 0},
		{"the same one", func(int64) int64 { return record }, 1000, 0},
		{"two at once", func(i int64) int64 { return i/2*record + i%2<<20 }, 1000, 0},
	} {
		var a ahead
		asked, last := int64(0), int64(0)
		for i := range c.n {
			from, to := a.read(c.at(i), record)
			if to > from && (from < c.at(i)+record || from < last || to > c.at(i)+record+aheadRoom) {
				t.Errorf("%s: asked for %d to %d after reading at %d", c.name, from, to, c.at(i))
			}
			asked, last = asked+to-from, max(last, to)
		}
		if diff := asked - c.asked; diff < -aheadStep || diff > aheadStep || (asked == 0) != (c.asked == 0) {
			t.Errorf("%s: asked for %d bytes, want %d", c.name, asked, c.asked)
		}
	}
}

// prefetches counts the bytes that are asked for in advance.
type prefetches struct {
	vfs.FS
	bytes *int64
}

type prefetched struct {
	vfs.File
	bytes *int64
}

func (p prefetches) Open(name string, o ...vfs.OpenOption) (vfs.File, error) {
	f, err := p.FS.Open(name, o...)
	return prefetched{f, p.bytes}, err
}

func (p prefetched) Prefetch(_, length int64) error {
	*p.bytes += length
	return nil
}

// TestBodiesAhead reads a store in the order in which it was written, and in the
// opposite one.
func TestBodiesAhead(t *testing.T) {
	var asked int64
	s := openAt(t, Options{FS: prefetches{vfs.NewMem(), &asked}})
	defer s.Close()
	var ids []blob.ID
	for i := range 400 {
		ids = append(ids, s.put(t, testBody(i)).ID)
	}
	read := func(i int) {
		t.Helper()
		if _, err := s.AppendBody(ctx, nil, ids[i]); err != nil {
			t.Fatal(err)
		}
	}
	asked = 0
	for i := range ids {
		read(len(ids) - 1 - i)
	}
	if asked > 0 {
		t.Errorf("%d bytes were asked for in advance, although they were read", asked)
	}
	for i := range ids {
		read(i)
	}
	if asked == 0 {
		t.Error("a row of bodies was not noticed")
	}
}
