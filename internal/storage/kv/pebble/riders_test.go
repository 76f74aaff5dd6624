package pebble

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/storage/faultfs"
	"tram/internal/storage/kv"
)

// attach commits step i of the history with a rider that says so.
func attach(db *DB, i int) error {
	return db.Update(context.Background(), []kv.Account{kv.FirstUser}, func(tx kv.Tx) error {
		if err := tx.Account(kv.FirstUser).Set(historyKey(i), []byte(historyValue(i))); err != nil {
			return err
		}
		return tx.Attach(riderOf(i))
	})
}

func riderOf(i int) []byte { return fmt.Appendf(nil, "%d %s", i, strings.Repeat("r", i*97%9000)) }

// riders reads the numbers of the riders in the logs of a store.
func riders(t testing.TB, fs vfs.FS) (numbers []int) {
	t.Helper()
	err := Riders(fs, "kv", func(r []byte) error {
		number, _, _ := strings.Cut(string(r), " ")
		i, err := strconv.Atoi(number)
		if err != nil || string(r) != string(riderOf(i)) {
			return fmt.Errorf("rider %.20q of %d bytes is not whole", r, len(r))
		}
		numbers = append(numbers, i)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return numbers
}

func TestRiders(t *testing.T) {
	ctx := context.Background()
	mem := vfs.NewMem()
	if got := riders(t, mem); len(got) > 0 {
		t.Errorf("a store that does not exist has riders %v", got)
	}
	db := openAt(t, mem)
	update := func(want error, fn func(kv.Tx) error) {
		t.Helper()
		if err := db.Update(ctx, []kv.Account{kv.FirstUser}, fn); !errors.Is(err, want) {
			t.Errorf("Update = %v, want %v", err, want)
		}
	}
	set := func(tx kv.Tx, key string, size int) error {
		return tx.Account(kv.FirstUser).Set([]byte(key), make([]byte, size))
	}
	broken := errors.New("rolled back")
	update(nil, func(tx kv.Tx) error { // two, before and behind the record
		return errors.Join(tx.Attach(riderOf(1)), set(tx, "a", 1), tx.Attach(riderOf(2)))
	})
	update(broken, func(tx kv.Tx) error { return errors.Join(tx.Attach(riderOf(3)), set(tx, "b", 1), broken) })
	update(nil, func(tx kv.Tx) error { return tx.Attach(riderOf(4)) }) // names nothing
	update(nil, func(tx kv.Tx) error {                                 // an indexed batch
		err := errors.Join(set(tx, "c", 1), tx.Attach(riderOf(5)))
		_, got := tx.Account(kv.FirstUser).Get([]byte("c"))
		return errors.Join(err, got, tx.Attach(riderOf(6)))
	})
	update(nil, func(tx kv.Tx) error { // more than half a memtable: kept beside the memtables
		return errors.Join(tx.Attach(riderOf(7)), set(tx, "d", 60<<10), tx.Attach(riderOf(8)))
	})
	update(nil, func(tx kv.Tx) error {
		if err := tx.Attach(make([]byte, kv.MaxRider+1)); !errors.Is(err, kv.ErrTooLarge) {
			t.Errorf("a rider beyond the limit: %v", err)
		}
		return errors.Join(set(tx, "e", 1), tx.Attach(riderOf(9)))
	})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	got := riders(t, mem)
	// The first log may have gone with the large commit.
	if s := fmt.Sprint(got); !strings.HasSuffix("[1 2 5 6 7 8 9]", strings.TrimPrefix(s, "[")) || len(got) == 0 {
		t.Errorf("riders %v", s)
	}
	stop := errors.New("stop")
	if err := Riders(mem, "kv", func([]byte) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("Riders = %v, want the error of fn", err)
	}
}

// TestRidersOfTornLog cuts the log at many places: there are never fewer riders
// than records after it, nor a damaged one.
func TestRidersOfTornLog(t *testing.T) {
	mem := vfs.NewMem()
	db := openAt(t, mem)
	const commits = 6
	for i := 1; i <= commits; i++ {
		if err := attach(db, i); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Sync(context.Background(), kv.FirstUser); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	name, whole := lastLog(t, mem)
	seen := map[int]bool{}
	for cut := 0; cut <= len(whole); cut += 211 {
		torn := copyOf(t, mem)
		writeFile(t, torn, name, whole[:cut])
		got := riders(t, torn)
		again, err := Open("kv", Options{FS: torn})
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		held := 0
		for i := 1; i <= commits; i++ {
			err := again.View(context.Background(), kv.FirstUser, func(r kv.Reader) error { _, err := r.Get(historyKey(i)); return err })
			if err == nil {
				held = i
			}
		}
		again.Close()
		if len(got) < held {
			t.Errorf("cut at %d: %d records and %d riders", cut, held, len(got))
		}
		seen[held] = true
	}
	if len(seen) < commits {
		t.Errorf("cuts left %v records: the test sees too little", seen)
	}
}

// lastLog returns the log that is written to.
func lastLog(t testing.TB, fs vfs.FS) (name string, content []byte) {
	t.Helper()
	names, err := fs.List("kv/" + logDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		name = max(name, path.Join("kv", logDir, n))
	}
	f, err := fs.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if content, err = io.ReadAll(f); err != nil {
		t.Fatal(err)
	}
	return name, content
}

// copyOf is what another process would find on the disk.
func copyOf(t testing.TB, fs vfs.FS) *vfs.MemFS {
	t.Helper()
	to := vfs.NewMem()
	if _, err := vfs.Clone(fs, to, "kv", "kv"); err != nil {
		t.Fatal(err)
	}
	return to
}

func writeFile(t testing.TB, fs vfs.FS, name string, content []byte) {
	t.Helper()
	f, err := fs.Create(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(append([]byte(nil), content...)); err != nil {
		t.Fatal(err)
	}
	f.Close()
}

// TestNoLogGoesBeforeTheBarrier watches every operation on logs: one is removed,
// renamed or written over only when the barrier came after its last commit.
func TestNoLogGoesBeforeTheBarrier(t *testing.T) {
	var mu sync.Mutex
	var barriers, reused, removed int
	written := map[string]int{} // log → barriers before its last write
	disk := faultfs.New(vfs.NewMem())
	disk.Before(faultfs.Any, func(op faultfs.Op) {
		if !strings.HasSuffix(op.Path, ".log") {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		switch op.Kind {
		case faultfs.Write:
			written[op.Path] = barriers
		case faultfs.Remove:
			removed++
			if written[op.Path] == barriers {
				t.Errorf("%v after %d barriers", op, barriers)
			}
		case faultfs.Create:
			// A recycled log: which one it was is known when it is gone.
		}
	})
	db, err := Open("kv", Options{FS: reusing{disk, func(old string) {
		mu.Lock()
		defer mu.Unlock()
		reused++
		if written[old] == barriers {
			t.Errorf("%s is written over after %d barriers", old, barriers)
		}
	}}, MemTableBytes: 64 << 10, CacheBytes: 1 << 20, Barrier: func() error {
		mu.Lock()
		defer mu.Unlock()
		barriers++
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i <= 1500; i++ {
		if err := attach(db, i%100); err != nil {
			t.Fatal(err)
		}
		if i%500 == 0 {
			if err := db.Compact(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if reused < 5 || barriers < 5 {
		t.Errorf("%d logs were written over, %d removed, after %d barriers: the test sees too little", reused, removed, barriers)
	}
}

// reusing tells which logs are written over.
type reusing struct {
	*faultfs.FS
	seen func(old string)
}

func (r reusing) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	r.seen(old)
	return r.FS.ReuseForWrite(old, name, c)
}

// TestFailedBarrier: the manifest is not written, so the log and its riders stay.
func TestFailedBarrier(t *testing.T) {
	mem := vfs.NewCrashableMem()
	cause := errors.New("the packs cannot be synced")
	var fails atomic.Bool
	db, err := Open("kv", Options{FS: mem, MemTableBytes: 64 << 10, Barrier: func() error {
		if fails.Load() {
			return cause
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	fails.Store(true)
	acked := 0
	for i := 1; i < 1000; i++ {
		err := attach(db, i)
		if err == nil {
			err = db.Sync(context.Background(), kv.FirstUser)
		}
		if err != nil {
			if !errors.Is(err, kv.ErrFailed) || !errors.Is(err, cause) {
				t.Errorf("after a failed barrier: %v", err)
			}
			break
		}
		acked = i
	}
	<-db.Failed()
	if err := db.Close(); !errors.Is(err, cause) {
		t.Errorf("Close = %v", err)
	}
	for _, keep := range []int{0, 100} {
		if got := riders(t, faultfs.Clone(mem, keep, sweepSeed, faultfs.Op{})); len(got) < acked || acked == 0 {
			t.Errorf("%d commits were acknowledged, %d riders are left", acked, len(got))
		}
	}
}

// TestOlderProgramStops opens a store as the program before the riders did: it
// must not get as far as to drop them.
func TestOlderProgramStops(t *testing.T) {
	mem := vfs.NewCrashableMem()
	db := openAt(t, mem)
	for i := 1; i <= 5; i++ {
		if err := attach(db, i); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Sync(context.Background(), kv.FirstUser); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	crashed := faultfs.Clone(mem, 0, sweepSeed, faultfs.Op{})
	old, err := pebble.Open("kv", oldLayout(crashed))
	if err == nil {
		old.Close()
		t.Error("an older program opened the store")
	}
	if got := riders(t, crashed); len(got) != 5 {
		t.Errorf("after an older program had tried: riders %v (%v)", got, err)
	}
	again, err := Open("kv", Options{FS: crashed})
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
}

// oldLayout is how the program before the riders opened its store.
func oldLayout(fs vfs.FS) *pebble.Options {
	return &pebble.Options{FS: fs, FormatMajorVersion: formatVersion, Logger: logger{&DB{}}}
}

// TestOlderLayout opens a store that an older program left, with commits that
// only its log has, and marks it.
func TestOlderLayout(t *testing.T) {
	mem := vfs.NewCrashableMem()
	old, err := pebble.Open("kv", oldLayout(mem))
	if err != nil {
		t.Fatal(err)
	}
	put := func(a kv.Account, key, value string) {
		t.Helper()
		p := prefixOf(a)
		if err := old.Set(append(p[:], key...), []byte(value), pebble.Sync); err != nil {
			t.Fatal(err)
		}
	}
	put(ownAccount, string(schemaKey), "1")
	put(kv.FirstUser, "k", "v")
	defer old.Close()
	crashed := faultfs.Clone(mem, 0, sweepSeed, faultfs.Op{})
	for range 2 {
		db, err := Open("kv", Options{FS: crashed})
		if err != nil {
			t.Fatal(err)
		}
		for a, want := range map[kv.Account]string{kv.FirstUser: "v", ownAccount: strconv.Itoa(schemaVersion)} {
			key := map[bool][]byte{true: schemaKey, false: []byte("k")}[a == ownAccount]
			err := db.View(context.Background(), a, func(r kv.Reader) error {
				got, err := r.Get(key)
				if string(got) != want {
					t.Errorf("account %d has %q, want %q", a, got, want)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
