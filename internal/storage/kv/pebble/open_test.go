package pebble

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/storage/faultfs"
	"tram/internal/storage/kv"
)

// TestOpenFaults fails each operation of opening a new store and a store that
// crashed with commits in its log.
func TestOpenFaults(t *testing.T) {
	crashed := func() *vfs.MemFS {
		mem := vfs.NewCrashableMem()
		db := openAt(t, mem)
		for i := 1; i <= 100; i++ {
			if err := commit(db, i); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Sync(context.Background(), noteAccount); err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		return faultfs.Clone(mem, 0, sweepSeed, faultfs.Op{})
	}
	for name, c := range map[string]struct {
		disk    func() *vfs.MemFS
		commits int
	}{"new": {vfs.NewCrashableMem, 0}, "after a crash": {crashed, 100}} {
		t.Run(name, func(t *testing.T) {
			for n := int64(1); ; n++ {
				mem := c.disk()
				disk := faultfs.New(mem)
				disk.Inject(faultfs.Fault{Nth: n, Kinds: faultfs.Any &^ faultfs.Remove, Err: syscall.EIO, Later: n%2 == 0})
				opened := make(chan error, 1)
				go func() {
					db, err := Open("kv", Options{FS: disk, MemTableBytes: 64 << 10})
					if err == nil {
						err = db.Close()
					}
					opened <- err
				}()
				select {
				case err := <-opened:
					if (err != nil) != (disk.Fired() != nil) {
						t.Fatalf("fault %d fired at %v, Open and Close = %v", n, disk.Fired(), err)
					}
				case <-time.After(time.Minute):
					t.Fatalf("fault %d, %v: Open hangs", n, disk.Fired())
				}
				db, err := Open("kv", Options{FS: mem})
				if err != nil {
					t.Fatalf("fault %d, %v: opened again: %v", n, disk.Fired(), err)
				}
				if held, err := prefixHeld(db); err != nil || held != c.commits {
					t.Fatalf("fault %d, %v: opened again with %d commits: %v", n, disk.Fired(), held, err)
				}
				db.Close()
				if disk.Fired() == nil {
					if n < 10 {
						t.Errorf("only %d faults fired", n-1)
					}
					return
				}
			}
		})
	}
}

func TestOneProcessOnly(t *testing.T) {
	mem := vfs.NewMem()
	db := openAt(t, mem)
	defer db.Close()
	if second, err := Open("kv", Options{FS: mem}); err == nil {
		second.Close()
		t.Error("a store was opened twice")
	}
}

func TestSchema(t *testing.T) {
	mem := vfs.NewMem()
	write := func(fn func(kv.Space) error) {
		t.Helper()
		db := openAt(t, mem)
		defer db.Close()
		err := kv.Durable(context.Background(), db, []kv.Account{ownAccount}, func(tx kv.Tx) error { return fn(tx.Account(ownAccount)) })
		if err != nil {
			t.Fatal(err)
		}
	}
	refused := func(want string) {
		t.Helper()
		db, err := Open("kv", Options{FS: mem})
		if err == nil {
			db.Close()
			t.Fatal("the store was opened")
		}
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not say %q", err, want)
		}
	}
	write(func(s kv.Space) error { return s.Set(schemaKey, []byte("3")) })
	refused("layout 3")
	mem = vfs.NewMem()
	write(func(s kv.Space) error { return s.Set(schemaKey, []byte("x")) })
	refused("not a number")
	mem = vfs.NewMem()
	db := openAt(t, mem)
	if err := commit(db, 1); err != nil {
		t.Fatal(err)
	}
	db.Close()
	write(func(s kv.Space) error { return s.Delete(schemaKey) })
	refused("no schema record")
}

// TestSyncOfDurableAccountIsFree counts syncs of the disk.
func TestSyncOfDurableAccountIsFree(t *testing.T) {
	disk := faultfs.New(vfs.NewMem())
	db := openAt(t, disk)
	defer db.Close()
	ctx := context.Background()
	set := func(a kv.Account) {
		t.Helper()
		err := db.Update(ctx, []kv.Account{a}, func(tx kv.Tx) error { return tx.Account(a).Set([]byte("k"), nil) })
		if err != nil {
			t.Fatal(err)
		}
	}
	syncs := func(a kv.Account) int64 {
		t.Helper()
		before := disk.Count(faultfs.Sync)
		if err := db.Sync(ctx, a); err != nil {
			t.Fatal(err)
		}
		return disk.Count(faultfs.Sync) - before
	}
	set(kv.FirstUser)
	if n := syncs(kv.FirstUser + 1); n != 0 {
		t.Errorf("Sync of an account without commits: %d syncs of the disk", n)
	}
	if n := syncs(kv.FirstUser); n != 1 {
		t.Errorf("Sync of an account with a fresh commit: %d syncs of the disk", n)
	}
	set(kv.FirstUser + 1)
	if n := syncs(kv.FirstUser); n != 0 {
		t.Errorf("Sync of a durable account: %d syncs of the disk", n)
	}
	set(kv.FirstUser)
	if n := syncs(kv.FirstUser + 1); n != 1 {
		t.Errorf("Sync before the other account's: %d syncs of the disk", n)
	}
	if n := syncs(kv.FirstUser); n != 0 {
		t.Errorf("Sync of an account that another's Sync covered: %d syncs of the disk", n)
	}
}

// TestLocksAreForgotten commits to more accounts than are remembered.
func TestLocksAreForgotten(t *testing.T) {
	disk := faultfs.New(vfs.NewMem())
	db := openAt(t, disk)
	defer db.Close()
	ctx := context.Background()
	const accounts = 3 * lockShards * maxKept / 2
	for a := kv.FirstUser; a < kv.FirstUser+accounts; a++ {
		err := db.Update(ctx, []kv.Account{a}, func(tx kv.Tx) error { return tx.Account(a).Set([]byte("k"), nil) })
		if err != nil {
			t.Fatal(err)
		}
	}
	kept := 0
	for i := range db.locks.shards {
		kept += len(db.locks.shards[i].entries)
	}
	if kept > lockShards*(maxKept+1) {
		t.Errorf("%d accounts are remembered, the limit is %d", kept, lockShards*maxKept)
	}
	// The first accounts were forgotten before they were durable.
	before := disk.Count(faultfs.Sync)
	if err := db.Sync(ctx, kv.FirstUser); err != nil {
		t.Fatal(err)
	}
	if disk.Count(faultfs.Sync) == before {
		t.Error("Sync of a forgotten account did not sync the disk")
	}
}

// TestStall holds writers back and lets them go again.
func TestStall(t *testing.T) {
	db := openAt(t, vfs.NewMem())
	defer db.Close()
	db.stall.wrote(stallLook)
	if !db.stall.behind.Load() {
		t.Fatal("no look at level 0 after stallLook bytes")
	}
	if err := commit(db, 1); err != nil || db.stall.behind.Load() {
		t.Errorf("commit = %v, still behind: %v", err, db.stall.behind.Load())
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	db.stall.behind.Store(true)
	if err := db.Update(ctx, []kv.Account{kv.FirstUser}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("Update = %v", err)
	}
}
