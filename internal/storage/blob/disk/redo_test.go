package disk

import (
	"bytes"
	"encoding/hex"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/storage/blob"
	"tram/internal/storage/faultfs"
)

// put stages a body and returns its rider, which lives on.
func (s *Store) put(t testing.TB, b []byte) blob.Staged {
	t.Helper()
	w, err := s.Create(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	got, err := w.Stage(ctx)
	if err != nil {
		t.Fatal(err)
	}
	got.Rider = slices.Clone(got.Rider)
	return got
}

// with are options of a store that finds these riders.
func with(fs vfs.FS, riders ...[]byte) Options {
	o := riding(fs)
	o.Redo = func(apply func([]byte) error) error {
		for _, r := range riders {
			if err := apply(r); err != nil {
				return err
			}
		}
		return nil
	}
	return o
}

// TestHand: the disk begins with bodies that ride before anybody waits for them,
// unless the file system knows only whole files.
func TestHand(t *testing.T) {
	for _, c := range []struct {
		whole bool
		want  int
	}{{false, 4}, {true, 1}} {
		file := &begins{whole: c.whole}
		a := appender{pack: &pack{}, file: &unsynced{File: file}}
		for i := range 5 * handBytes / 1000 {
			a.pack.size.Add(1000)
			if err := a.hand(i > 0); err != nil {
				t.Fatal(err)
			}
		}
		if file.n != c.want {
			t.Errorf("began %d times, want %d", file.n, c.want)
		}
	}
}

// begins counts SyncTo.
type begins struct {
	vfs.File
	whole bool
	n     int
}

func (b *begins) SyncTo(int64) (bool, error) {
	b.n++
	return b.whole, nil
}

// TestWhatRides: small bodies in a pack that is durable, and nothing syncs for
// them.
func TestWhatRides(t *testing.T) {
	disk := faultfs.New(vfs.NewMem())
	s := openAt(t, riding(disk))
	defer s.Close()
	for i, c := range []struct {
		size  int
		rides bool
	}{
		{100, false}, // the first of its pack makes it durable
		{100, true},
		{0, true},
		{15_000, true},
		{DefaultRideBytes, false}, // beyond MemoryBody here: it comes in a file
		{15_000, true},
	} {
		before := disk.Count(faultfs.Sync)
		got := s.put(t, make([]byte, c.size))
		if synced := disk.Count(faultfs.Sync) > before; synced == c.rides || len(got.Rider) > 0 != c.rides {
			t.Errorf("body %d of %d bytes: synced %v, rider of %d bytes", i, c.size, synced, len(got.Rider))
		}
	}
	packs := 0
	for range 20 {
		syncs, creates := disk.Count(faultfs.Sync), disk.Count(faultfs.Create)
		got := s.put(t, make([]byte, 10_000))
		fresh, synced := disk.Count(faultfs.Create) > creates, disk.Count(faultfs.Sync) > syncs
		if fresh {
			packs++
		}
		if fresh != synced || fresh == (len(got.Rider) > 0) {
			t.Errorf("in a new pack: %v, synced: %v, rider of %d bytes", fresh, synced, len(got.Rider))
		}
	}
	if packs != 2 {
		t.Errorf("%d packs were begun", packs)
	}
	before := disk.Count(faultfs.Sync)
	if err := s.Settle(); err != nil || disk.Count(faultfs.Sync) != before+1 {
		t.Errorf("Settle: %v, %d syncs", err, disk.Count(faultfs.Sync)-before)
	}
	before = disk.Count(faultfs.Sync)
	if err := s.Settle(); err != nil || disk.Count(faultfs.Sync) != before {
		t.Errorf("Settle again: %v, %d syncs", err, disk.Count(faultfs.Sync)-before)
	}
	plain := openAt(t, small(vfs.NewMem()))
	defer plain.Close()
	plain.put(t, nil)
	if got := plain.put(t, []byte("x")); got.Rider != nil {
		t.Error("a body rides in a store without redo")
	}
}

// lost is a crashed disk with a pack that has lost bodies, and what was staged.
func lost(t *testing.T) (*vfs.MemFS, []blob.Staged, [][]byte) {
	mem := vfs.NewCrashableMem()
	s := openAt(t, riding(mem))
	bodies := [][]byte{[]byte("first"), testBody(11), testBody(12), nil, testBody(13)}
	var staged []blob.Staged
	for _, b := range bodies {
		staged = append(staged, s.put(t, b))
	}
	crashed := faultfs.Clone(mem, 0, sweepSeed, faultfs.Op{})
	s.Close()
	return crashed, staged, bodies
}

func TestRedo(t *testing.T) {
	disk, staged, bodies := lost(t)
	bare := openAt(t, riding(faultfs.Clone(disk, 0, sweepSeed, faultfs.Op{})))
	if got, err := bare.AppendBody(ctx, nil, staged[1].ID); err == nil {
		t.Errorf("the crash lost nothing: %d bytes", len(got))
	}
	bare.Close()
	riders := [][]byte{staged[1].Rider, staged[2].Rider, staged[4].Rider} // 3 was never named
	for round := range 3 {
		counted := faultfs.New(disk)
		s := openAt(t, with(counted, riders...))
		for i, want := range bodies {
			got, err := s.AppendBody(ctx, nil, staged[i].ID)
			if i == 3 {
				continue // an empty one may be there or not
			}
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("round %d, body %d: %d bytes, %v", round, i, len(got), err)
			}
		}
		// Also what is there: it may be in the memory of the kernel only.
		if n := counted.Count(faultfs.Write); n != int64(len(riders)) {
			t.Errorf("round %d: %d writes", round, n)
		}
		if n := counted.Count(faultfs.Sync); n == 0 {
			t.Errorf("round %d: no sync", round)
		}
		// Not closed: what was redone is durable.
		disk = faultfs.Clone(disk, 0, sweepSeed, faultfs.Op{})
		s.Close()
	}
}

// TestRedoLeavesAlone: what is not the place of the rider is not touched.
func TestRedoLeavesAlone(t *testing.T) {
	disk, staged, _ := lost(t)
	rider := staged[1].Rider
	changed := func(change func([]byte)) []byte {
		b := slices.Clone(rider)
		change(b)
		front := headSize(parseHead(b).length)
		h := parseHead(b)
		h.sums = parseTable(b[headBytes:], blocks(h.length))
		version, kind := b[4], b[5]
		h.put(b[:front])
		b[4], b[5] = version, kind
		return b
	}
	for name, r := range map[string][]byte{
		"a pack that is gone":  changed(func(b []byte) { b[12] = 77 }),
		"a pack of this name":  changed(func(b []byte) { b[0] ^= 1 }),
		"another record there": changed(func(b []byte) { copy(b[16:20], []byte{headBytes, 0, 0, 0}) }),
		"a damaged head":       append(slices.Clone(rider[:20]), append([]byte{1}, rider[21:]...)...),
		"a damaged body":       append(slices.Clone(rider[:len(rider)-20]), make([]byte, 20)...),
		"nothing":              nil,
		"a part":               rider[:len(rider)-8],
	} {
		counted := faultfs.New(disk)
		s, err := Open("data/blobs", with(counted, r))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if n := counted.Count(faultfs.Write); n > 0 {
			t.Errorf("%s: %d writes", name, n)
		}
		if got, err := s.AppendBody(ctx, nil, staged[0].ID); err != nil || string(got) != "first" {
			t.Errorf("%s: the first body is %q, %v", name, got, err)
		}
		s.lock.Close() // as if killed
	}
	for name, r := range map[string][]byte{
		"a newer version": changed(func(b []byte) { b[4] = recordVersion + 1 }),
		"another kind":    changed(func(b []byte) { b[5] = 'X' }),
	} {
		if s, err := Open("data/blobs", with(disk, r)); err == nil {
			s.Close()
			t.Errorf("%s: the store was opened", name)
		}
	}
	stop := errors.New("the log cannot be read")
	o := riding(disk)
	o.Redo = func(func([]byte) error) error { return stop }
	if _, err := Open("data/blobs", o); !errors.Is(err, stop) {
		t.Errorf("Open = %v", err)
	}
}

// TestRedoWithoutHead: damage to the head of a pack takes no body along.
func TestRedoWithoutHead(t *testing.T) {
	disk, staged, bodies := lost(t)
	f, err := disk.OpenReadWrite("data/blobs/packs/00000001.pack", vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte("damage"), 16); err != nil {
		t.Fatal(err)
	}
	f.Close()
	s := openAt(t, with(disk, staged[1].Rider, staged[2].Rider, staged[4].Rider))
	defer s.Close()
	for _, i := range []int{1, 2, 4} {
		if got, err := s.AppendBody(ctx, nil, staged[i].ID); err != nil || !bytes.Equal(got, bodies[i]) {
			t.Errorf("body %d: %d bytes, %v", i, len(got), err)
		}
	}
}

// TestRedoAfterCollect: neither a pack that is gone comes back, nor does its
// moved body suffer.
func TestRedoAfterCollect(t *testing.T) {
	mem := vfs.NewMem()
	s := openAt(t, riding(mem))
	s.put(t, nil)
	live, dead := s.put(t, testBody(3)), s.put(t, bytes.Repeat([]byte("dead"), 3000))
	if err := s.Seal(ctx); err != nil {
		t.Fatal(err)
	}
	s.put(t, nil)
	_, err := s.Collect(ctx, time.Now().Add(time.Hour), func(report func(blob.ID)) error { report(live.ID); return nil })
	if err != nil || s.pack(1) != nil {
		t.Fatalf("pack 1 is still there (%v)", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again := openAt(t, with(mem, live.Rider, dead.Rider))
	defer again.Close()
	if got, err := again.AppendBody(ctx, nil, live.ID); err != nil || !bytes.Equal(got, testBody(3)) {
		t.Errorf("the live body: %d bytes, %v", len(got), err)
	}
	if _, err := again.AppendBody(ctx, nil, dead.ID); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("the dead body: %v", err)
	}
	if again.pack(1) != nil {
		t.Error("the pack is back")
	}
}

// goldenRider is the rider of a body of 21 octets in pack 5 at 96: a head of 32, a
// table of 4, the body and 7 of padding.
const goldenRider = "0403020101420000" + "15000000" + "05000000" + "60000000" + "00002a36fe9c9717" + "31f6862d" + "71b8f3e9" +
	"5375626a6563743a20780d0a0d0a" + "626f64790d0a" + "21" + "00000000000000"

// FuzzRider applies riders of any bytes to a pack with one body. It stays whole.
func FuzzRider(f *testing.F) {
	mem := vfs.NewMem()
	s, err := Open("data/blobs", riding(mem))
	if err != nil {
		f.Fatal(err)
	}
	first, second := s.put(f, []byte("first")), s.put(f, []byte("second"))
	s.Close()
	f.Add(second.Rider)
	f.Add(second.Rider[:30])
	f.Add(make([]byte, 64))
	f.Fuzz(func(t *testing.T, rider []byte) {
		disk := vfs.NewMem()
		if _, err := vfs.Clone(mem, disk, "data/blobs", "data/blobs"); err != nil {
			t.Fatal(err)
		}
		s, err := Open("data/blobs", with(disk, rider))
		if err != nil {
			return
		}
		defer s.Close()
		if got, err := s.AppendBody(ctx, nil, first.ID); err != nil || string(got) != "first" {
			t.Errorf("the body that was there: %q, %v", got, err)
		}
	})
}

// TestGoldenRider fixes the bytes of a rider: they are those of a record.
func TestGoldenRider(t *testing.T) {
	body := []byte("Subject: x\r\n\r\nbody\r\n!")
	var sum sums
	sum.write(body)
	h := head{tag: 0x01020304, kind: kindBody, length: uint32(len(body)), first: place{5, 96}, time: 1_700_000_000_000_000_000, sums: sum.table()}
	rider := make([]byte, recordSize(h.length))
	h.put(rider[:headSize(h.length)])
	copy(rider[headSize(h.length):], body)
	if got := hex.EncodeToString(rider); got != goldenRider {
		t.Errorf("rider:\n got %s\nwant %s", got, goldenRider)
	}
	if got, err := checkRider(rider); err != nil || got.first != h.first || got.tag != h.tag {
		t.Errorf("head %+v, %v", got, err)
	}
}
