package disk

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/storage/blob"
)

func packHeadOfVersion(number uint32, version uint16) []byte {
	b := packHead(number, 0, 1, time.Now())
	binary.LittleEndian.PutUint16(b[8:], version)
	binary.LittleEndian.PutUint32(b[28:], crc32.Checksum(b[:28], castagnoli))
	return b
}

// TestFlippedBits flips single bits all over a pack. At most one body suffers,
// what is damaged is never served, and Verify names it.
func TestFlippedBits(t *testing.T) {
	mem := vfs.NewMem()
	j := newJournal()
	s := openAt(t, Options{FS: mem, PrepareBytes: 2048})
	j.fill(t, s, 0, 6)
	s.Close()
	whole := readFile(t, mem, packPath(1))
	if err := mem.Remove(packPath(1)); err != nil {
		t.Fatal(err)
	}
	for bit := 0; bit < 8*len(whole); bit += 1 + bit%61 {
		b := append([]byte(nil), whole...)
		b[bit/8] ^= 1 << (bit % 8)
		replaceFile(t, mem, packPath(1), b)
		s := openAt(t, Options{FS: mem, PrepareBytes: 2048})
		hit := damaged(t, s, j)
		var reported []blob.ID
		if err := s.Verify(ctx, func(id blob.ID, err error) {
			if !errors.Is(err, blob.ErrCorrupt) {
				t.Errorf("bit %d: Verify reports %v", bit, err)
			}
			reported = append(reported, id)
		}); err != nil {
			t.Errorf("bit %d: Verify: %v", bit, err)
		}
		s.Close()
		if len(hit) > 1 || len(reported) > 1 {
			t.Errorf("bit %d: %d bodies damaged, %d reported", bit, len(hit), len(reported))
		}
		if len(hit) == 0 || last(whole, hit[0]) {
			continue
		}
		if len(reported) == 0 || parseID(reported[0]).first != parseID(hit[0]).first {
			t.Errorf("bit %d: body %x is damaged, Verify reports %x", bit, hit[0], reported)
		}
	}
}

// last reports whether a body is the last of the pack: a damaged head there
// looks like the unfinished end that a crash leaves.
func last(pack []byte, id blob.ID) bool {
	n := parseID(id)
	return int64(n.first.offset)+recordSize(n.length) == endOfData(bytes.NewReader(pack), int64(len(pack)))
}

// damaged returns the bodies that cannot be read. The others must be right.
func damaged(t *testing.T, s *Store, j *journal) (ids []blob.ID) {
	t.Helper()
	for id, want := range j.live {
		got, err := s.AppendBody(ctx, nil, id)
		r, opened := s.Open(ctx, id)
		if opened == nil {
			b := make([]byte, len(want))
			_, opened = r.ReadAt(b, 0)
			r.Close()
		}
		if (err == nil) != (opened == nil) {
			t.Errorf("AppendBody = %v, Open and ReadAt = %v", err, opened)
		}
		if err == nil && string(got) != string(want) {
			t.Errorf("body %x: wrong bytes were served", id)
		}
		if err != nil {
			ids = append(ids, id)
			if !errors.Is(err, blob.ErrCorrupt) {
				t.Errorf("body %x: %v, want ErrCorrupt", id, err)
			}
		}
	}
	return ids
}

// moved returns a store in which many bodies were moved, some of them twice.
func moved(t *testing.T, fs vfs.FS) (*Store, *journal) {
	t.Helper()
	j := newJournal()
	s := openAt(t, tiny(fs))
	for round := range 3 {
		j.fill(t, s, round*60, 60)
		j.forget(2)
		if _, err := s.Collect(ctx, time.Now().Add(time.Hour), j.report); err != nil {
			t.Fatal(err)
		}
	}
	if len(list(t, fs, movedSuffix)) < 2 {
		t.Fatal("nothing was moved")
	}
	return s, j
}

// TestLostIndexes removes and damages the .moved files, of a store that is
// closed and of one that runs.
func TestLostIndexes(t *testing.T) {
	for name, harm := range map[string]func(*testing.T, vfs.FS, string){
		"removed": func(t *testing.T, fs vfs.FS, path string) {
			if err := fs.Remove(path); err != nil {
				t.Fatal(err)
			}
		},
		"emptied": func(t *testing.T, fs vfs.FS, path string) { replaceFile(t, fs, path, nil) },
		"cut": func(t *testing.T, fs vfs.FS, path string) {
			b := readFile(t, fs, path)
			replaceFile(t, fs, path, b[:len(b)-5])
		},
		"flipped": func(t *testing.T, fs vfs.FS, path string) {
			b := readFile(t, fs, path)
			b[len(b)-9] ^= 4
			replaceFile(t, fs, path, b)
		},
		"bad head": func(t *testing.T, fs vfs.FS, path string) {
			b := readFile(t, fs, path)
			b[16] ^= 4
			replaceFile(t, fs, path, b)
		},
	} {
		t.Run(name, func(t *testing.T) {
			mem := vfs.NewMem()
			s, j := moved(t, mem)
			ruin := func() {
				for _, n := range list(t, mem, movedSuffix) {
					harm(t, mem, mem.PathJoin("data/blobs/packs", n))
				}
			}
			ruin()
			s.indexes.closeAll() // the running store reads them anew
			if err := j.check(s); err != nil {
				t.Errorf("running: %v", err)
			}
			s.Close()
			ruin()
			s = openAt(t, tiny(mem))
			defer s.Close()
			if err := j.check(s); err != nil {
				t.Errorf("opened again: %v", err)
			}
			ruin()
			s.indexes.closeAll()
			// Not even a collection is misled by what it cannot find.
			for range 2 {
				if c, err := s.Collect(ctx, time.Now().Add(time.Hour), j.report); err != nil || c.Damaged != 0 {
					t.Errorf("Collect = %+v, %v", c, err)
				}
			}
			if err := j.check(s); err != nil {
				t.Errorf("after a collection: %v", err)
			}
		})
	}
}

// TestDamagedPackIsKept collects around a live body that cannot be read.
func TestDamagedPackIsKept(t *testing.T) {
	mem := vfs.NewMem()
	j := newJournal()
	s := openAt(t, tiny(mem))
	j.fill(t, s, 0, 100)
	s.Close()
	j.forget(3)
	var victim blob.ID
	for id := range j.live {
		if n := parseID(id); n.first.pack == 1 && (victim.IsZero() || n.length > parseID(victim).length) {
			victim = id
		}
	}
	b := readFile(t, mem, packPath(1))
	b[parseID(victim).first.offset+200] ^= 1
	replaceFile(t, mem, packPath(1), b)
	s = openAt(t, tiny(mem))
	defer s.Close()
	c, err := s.Collect(ctx, time.Now().Add(time.Hour), j.report)
	if err != nil || c.Damaged != 1 || c.Moved == 0 {
		t.Errorf("Collect = %+v, %v; want one damaged body and others moved", c, err)
	}
	if s.pack(1) == nil {
		t.Error("the pack with the damaged body was removed")
	}
	if _, err := s.AppendBody(ctx, nil, victim); !errors.Is(err, blob.ErrCorrupt) {
		t.Errorf("the damaged body: %v, want ErrCorrupt", err)
	}
	delete(j.live, victim)
	if err := j.check(s); err != nil {
		t.Error(err)
	}
}

// TestLostPack collects while bodies in use are nowhere: packs that may hold
// them stay.
func TestLostPack(t *testing.T) {
	mem := vfs.NewMem()
	s, j := moved(t, mem)
	var lost uint32
	for id := range j.live {
		if n := parseID(id); s.pack(n.first.pack) == nil {
			sp, err := s.find(n)
			if err != nil {
				t.Fatal(err)
			}
			lost = sp.number
			sp.release()
			break
		}
	}
	s.Close()
	if err := mem.Remove(packPath(lost)); err != nil {
		t.Fatal(err)
	}
	s = openAt(t, tiny(mem))
	defer s.Close()
	before := len(list(t, mem, packSuffix))
	all := j.copy()
	j.live = map[blob.ID][]byte{} // forget everything but what is lost
	for id, b := range all.live {
		if _, err := s.AppendBody(ctx, nil, id); errors.Is(err, blob.ErrNotFound) {
			j.live[id] = b
		}
	}
	c, err := s.Collect(ctx, time.Now().Add(time.Hour), j.report)
	if err != nil || c.Damaged != int64(len(j.live)) || len(j.live) == 0 {
		t.Errorf("Collect = %+v, %v; %d bodies are lost", c, err, len(j.live))
	}
	if after := len(list(t, mem, packSuffix)); after == 0 || after > before {
		t.Errorf("%d packs before, %d after", before, after)
	}
}
