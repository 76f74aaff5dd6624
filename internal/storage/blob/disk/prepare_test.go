package disk

import (
	"bytes"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/storage/faultfs"
)

// A pack grows in steps, is continued behind its last record, and ends in its
// seal and in nothing else.
func TestPreparedPack(t *testing.T) {
	mem := vfs.NewMem()
	o := Options{FS: mem, PackBytes: 64 << 10, PrepareBytes: 4 << 10}
	j := newJournal()
	sizes := map[int]bool{}
	for i := 0; i == 0 || len(list(t, mem, packSuffix)) < 3; i++ {
		s := openAt(t, o)
		j.fill(t, s, i, 1)
		if err := j.check(s); err != nil {
			t.Fatal(err)
		}
		s.Close()
		sizes[len(readFile(t, mem, packPath(1)))] = true
	}
	if most := 64/4 + 4; len(sizes) > most {
		t.Errorf("a pack of 64 KiB grew %d times in steps of 4 KiB", len(sizes))
	}
	for _, number := range []uint32{1, 2} {
		b := readFile(t, mem, packPath(number))
		p := &pack{number: number}
		p.size.Store(int64(len(b)))
		if !isSealed(bytes.NewReader(b), p) || p.size.Load() != int64(len(b)) {
			t.Errorf("pack %d does not end in its seal", number)
		}
	}
}

// A pack that is sealed before it is full has zeros behind its seal, and is
// known to be sealed.
func TestSealedEarly(t *testing.T) {
	mem := vfs.NewMem()
	s := openAt(t, Options{FS: mem, PrepareBytes: 4 << 10})
	j := newJournal()
	j.fill(t, s, 0, 2)
	if err := s.Seal(ctx); err != nil {
		t.Fatal(err)
	}
	s.Close()
	b := readFile(t, mem, packPath(1))
	p := &pack{number: 1}
	p.size.Store(int64(len(b)))
	if !isSealed(bytes.NewReader(b), p) || p.size.Load() >= int64(len(b)) {
		t.Errorf("sealed at %d of %d", p.size.Load(), len(b))
	}
	s = openAt(t, Options{FS: mem})
	defer s.Close()
	j.fill(t, s, 2, 2)
	if err := j.check(s); err != nil {
		t.Error(err)
	}
}

func TestEndOfData(t *testing.T) {
	for _, c := range []struct{ data, zeros, want int }{
		{0, 0, 0}, {8, 0, 8}, {5, 11, 8}, {8, 8192, 8}, {4096, 4096, 4096}, {13, 100_000, 16},
		{16, DefaultPrepareBytes, 16}, {16, 2 * DefaultPrepareBytes, 16 + 2*DefaultPrepareBytes},
	} {
		b := append(bytes.Repeat([]byte{1}, c.data), make([]byte, c.zeros)...)
		if got := endOfData(bytes.NewReader(b), int64(len(b))); got != int64(c.want) {
			t.Errorf("%d bytes and %d zeros end at %d, want %d", c.data, c.zeros, got, c.want)
		}
		if zeroFrom(bytes.NewReader(b), int64(c.data), int64(len(b))) != true || c.data > 0 && zeroFrom(bytes.NewReader(b), 0, int64(len(b))) {
			t.Errorf("%d bytes and %d zeros", c.data, c.zeros)
		}
	}
}

// TestPreparedDiskFull: a disk without room for zeros has some for records, and
// later for zeros again. These go behind what was written meanwhile.
func TestPreparedDiskFull(t *testing.T) {
	for nth := int64(1); nth <= 8; nth++ {
		disk := faultfs.New(vfs.NewMem())
		s := openAt(t, Options{FS: disk, PackBytes: 1 << 20, PrepareBytes: 64 << 10})
		j := newJournal()
		j.fill(t, s, 0, 1)
		zeros := int64(0)
		disk.Before(faultfs.Write, func(op faultfs.Op) {
			if op.Bytes == 64<<10 { // a step is one piece here
				if zeros++; zeros == nth {
					disk.Inject(faultfs.Fault{Nth: 1, Kinds: faultfs.Write, Err: syscall.ENOSPC, Short: true})
				}
			}
		})
		j.fill(t, s, 1, 300)
		if err := j.check(s); err != nil {
			t.Errorf("no room for step %d: %v", nth, err)
		}
		if disk.Fired() == nil {
			t.Errorf("step %d was never prepared", nth)
		}
		s.Close()
	}
}
