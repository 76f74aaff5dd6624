package disk

import (
	"bytes"
	"encoding/hex"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/storage/blob"
)

var update = flag.Bool("update", false, "write the golden files anew; old stores can then no longer be read, see docs/storage/ground.md")

// goldenBodies are what testdata/v1 holds.
func goldenBodies() [][]byte {
	return [][]byte{nil, []byte("Subject: xin chào\r\n\r\nmột\r\n"), bytes.Repeat([]byte("0123456789abcdef"), 4200)}
}

// TestGolden reads a store that an earlier version wrote, with a pack that was
// removed and whose survivors were moved. It fails when the format changes.
func TestGolden(t *testing.T) {
	dir := filepath.Join("testdata", "v1")
	if *update {
		writeGolden(t, dir)
	}
	fs := vfs.NewMem()
	if _, err := vfs.Clone(vfs.Default, fs, dir, "data/blobs"); err != nil {
		t.Fatal(err)
	}
	s := openAt(t, Options{FS: fs, PrepareBytes: 2048})
	defer s.Close()
	names, err := os.ReadFile(filepath.Join(dir, "names"))
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Fields(string(names)) {
		var id blob.ID
		if _, err := hex.Decode(id[:], []byte(line)); err != nil {
			t.Fatal(err)
		}
		got, err := s.AppendBody(ctx, nil, id)
		if want := goldenBodies()[i%len(goldenBodies())]; err != nil || !bytes.Equal(got, want) {
			t.Errorf("body %s: %d bytes, want %d, %v", line, len(got), len(want), err)
		}
	}
	if !s.pack1Gone() {
		t.Error("the golden store has no moved bodies")
	}
}

func (s *Store) pack1Gone() bool { return s.pack(1) == nil }

func writeGolden(t *testing.T, dir string) {
	fs := vfs.NewMem()
	s := openAt(t, Options{FS: fs, PackBytes: 60_000})
	var ids []blob.ID
	put := func(b []byte) (id blob.ID) {
		w, err := s.Create(ctx)
		if err != nil {
			t.Fatal(err)
		}
		w.Write(b)
		if id, err = w.Commit(ctx); err != nil {
			t.Fatal(err)
		}
		return id
	}
	for _, b := range goldenBodies()[:2] {
		ids = append(ids, put(b))
	}
	put(make([]byte, 100_000)) // garbage: the rest goes to pack 2
	ids = append(ids, put(goldenBodies()[2]))
	put(nil) // pack 3: the highest stays
	_, err := s.Collect(ctx, time.Now().Add(time.Hour), func(report func(blob.ID)) error {
		for _, id := range ids {
			report(id)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := vfs.Clone(fs, vfs.Default, "data/blobs", dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"LOCK", "tmp"} {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	var names strings.Builder
	for _, id := range ids {
		names.WriteString(hex.EncodeToString(id[:]) + "\n")
	}
	if err := os.WriteFile(filepath.Join(dir, "names"), []byte(names.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestHeads fixes the bytes of the three kinds of heads.
func TestHeads(t *testing.T) {
	h := head{tag: 0x01020304, kind: kindBody, length: 70_000, first: place{5, 96}, time: 1_700_000_000_000_000_000, sums: []uint32{0xaabbccdd, 0x11223344}}
	b := make([]byte, headSize(h.length))
	h.put(b)
	e := make([]byte, entryBytes)
	putEntry(e, 5, entry{96, place{9, 32}})
	for name, c := range map[string]struct {
		got  []byte
		want string
	}{
		"record": {b, "0403020101420000" + "70110100" + "05000000" + "60000000" + "00002a36fe9c9717" + "51efbf31" + "ddccbbaa" + "44332211"},
		"pack":   {packHead(5, packMoved, 0x01020304, time.Unix(1_700_000_000, 0)), "7472616d2e70616b" + "0100" + "0100" + "05000000" + "04030201" + "00002a36fe9c9717" + "e5b51f03"},
		"moved":  {indexHead(5, 2), "7472616d2e6d6f76" + "0100" + "0000" + "05000000" + "02000000" + "0000000000000000" + "00f3237c"},
		"entry":  {e, "60000000" + "09000000" + "20000000" + "e386aefc"},
	} {
		if got := hex.EncodeToString(c.got); got != c.want {
			t.Errorf("head of a %s:\n got %s\nwant %s", name, got, c.want)
		}
	}
}
