package pebble

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/storage/faultfs"
	"tram/internal/storage/kv"
)

// The history that the sweeps write: commit i puts record i into its account
// with a value that fills memtables fast, removes record i-20 now and then a
// whole range, and notes i in two accounts. So what a store holds tells which
// prefix of the history it is.
const (
	historyAccounts = 3
	noteAccount     = kv.Directory
)

func historyAccount(i int) kv.Account { return kv.FirstUser + kv.Account(i%historyAccounts) }

func historyKey(i int) []byte { return fmt.Appendf(nil, "k%06d", i) }

func historyValue(i int) string { return strings.Repeat(strconv.Itoa(i)+".", 150+i%50) }

// commit writes step i of the history and does not wait for the disk.
func commit(db *DB, i int) error {
	a := historyAccount(i)
	return db.Update(context.Background(), []kv.Account{noteAccount, a}, func(tx kv.Tx) error {
		s, note := tx.Account(a), strconv.AppendInt(nil, int64(i), 10)
		if err := s.Set(historyKey(i), []byte(historyValue(i))); err != nil {
			return err
		}
		// The account of i-21 is that of i.
		if err := s.Delete(historyKey(i - 21)); err != nil {
			return err
		}
		if i%40 == 0 {
			if err := s.DeleteRange(historyKey(0), historyKey(i-3)); err != nil {
				return err
			}
		}
		if err := s.Set([]byte("last"), note); err != nil {
			return err
		}
		return tx.Account(noteAccount).Set([]byte("last"), note)
	})
}

// history returns what an account holds after n commits.
func history(a kv.Account, n int) map[string]string {
	m := map[string]string{}
	for i := 1; i <= n; i++ {
		if historyAccount(i) != a {
			continue
		}
		m[string(historyKey(i))] = historyValue(i)
		delete(m, string(historyKey(i-21)))
		if i%40 == 0 {
			for j := 0; j < i-3; j++ {
				delete(m, string(historyKey(j)))
			}
		}
		m["last"] = strconv.Itoa(i)
	}
	return m
}

// prefix returns how many commits of the history a store holds, and an error
// when what it holds is not a prefix.
func prefixHeld(db *DB) (int, error) {
	n := 0
	err := db.Snapshot(context.Background(), func(s kv.Snapshot) error {
		last, err := s.Account(noteAccount).Get([]byte("last"))
		if err != nil && !errors.Is(err, kv.ErrNotFound) {
			return err
		}
		n, _ = strconv.Atoi(string(last))
		for a := kv.FirstUser; a < kv.FirstUser+historyAccounts; a++ {
			if err := equal(s.Account(a), history(a, n)); err != nil {
				return fmt.Errorf("not the first %d commits: account %d: %w", n, a, err)
			}
		}
		return nil
	})
	return n, err
}

func equal(r kv.Reader, want map[string]string) error {
	it := r.Scan(nil, nil)
	defer it.Close()
	n := 0
	for ; it.Next(); n++ {
		if value, ok := want[string(it.Key())]; !ok || value != string(it.Value()) {
			return fmt.Errorf("record %q is %.20q…, want %.20q…", it.Key(), it.Value(), value)
		}
	}
	if n != len(want) && it.Err() == nil {
		return fmt.Errorf("%d records, want %d", n, len(want))
	}
	return it.Err()
}

// reopen opens what a crash left and checks it: at least min commits.
func reopen(fs vfs.FS, min int) error {
	db, err := Open("data/kv", Options{FS: fs, MemTableBytes: 64 << 10, CacheBytes: 1 << 20})
	if err != nil {
		return err
	}
	defer db.Close()
	n, err := prefixHeld(db)
	if err == nil && n < min {
		err = fmt.Errorf("%d commits were acknowledged, %d are left", min, n)
	}
	return err
}

// sweepSeed makes the clones of the sweep; a failure names it.
const sweepSeed = 1

// TestCrashSweep crashes after every operation on the disk. Every fifth commit
// is waited for.
func TestCrashSweep(t *testing.T) {
	mem := vfs.NewCrashableMem()
	disk := faultfs.New(mem)
	var acked atomic.Int64
	points := 0
	disk.After(faultfs.Any, func(op faultfs.Op) {
		min := int(acked.Load())
		for _, keep := range []int{0, 50, 100} {
			points++
			if err := reopen(faultfs.Clone(mem, keep, sweepSeed, op), min); err != nil {
				t.Errorf("crash after %v, %d %% kept, seed %d: %v", op, keep, sweepSeed, err)
			}
		}
	})
	db, err := Open("data/kv", Options{FS: disk, MemTableBytes: 64 << 10, CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	commits := 300
	if testing.Short() {
		commits = 60
	}
	for i := 1; i <= commits && !t.Failed(); i++ {
		if err := commit(db, i); err != nil {
			t.Fatal(err)
		}
		if i%5 != 0 {
			continue
		}
		if err := db.Sync(context.Background(), historyAccount(i)); err != nil {
			t.Fatal(err)
		}
		acked.Store(int64(i))
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	t.Logf("crash points: %d", points)
}

// TestCrashSweepBites runs the sweep on a disk that does not sync the log.
func TestCrashSweepBites(t *testing.T) {
	mem := vfs.NewCrashableMem()
	disk := faultfs.New(mem)
	db, err := Open("data/kv", Options{FS: disk})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	disk.Lie(func(path string) bool { return strings.HasSuffix(path, ".log") })
	for i := 1; i <= 5; i++ {
		if err := commit(db, i); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Sync(context.Background(), historyAccount(5)); err != nil {
		t.Fatal(err)
	}
	if err := reopen(faultfs.Clone(mem, 0, sweepSeed, faultfs.Op{}), 5); err == nil {
		t.Error("a disk that never syncs the log lost nothing: the sweep proves nothing")
	}
}

// TestFaultSweep fails every operation on the disk in turn.
func TestFaultSweep(t *testing.T) {
	stride := int64(1)
	if testing.Short() {
		stride = 7
	}
	points, n := 0, int64(1)
	for ; ; n += stride {
		fault := faultfs.Fault{Nth: n, Kinds: faultfs.Write | faultfs.Sync | faultfs.Create | faultfs.Rename}
		fault.Err, fault.Later, fault.Short = syscall.EIO, n%2 == 0, n%3 == 0
		if n%4 == 0 {
			fault.Err = syscall.ENOSPC
		}
		fired, err := failOnce(fault)
		if err != nil {
			t.Errorf("fault %+v: %v", fault, err)
		}
		if !fired || t.Failed() {
			break
		}
		points++
	}
	t.Logf("fault points: %d", points)
	if points < 20 {
		t.Errorf("only %d faults fired", points)
	}
}

// failOnce writes the history from several goroutines on a disk that fails at
// one point. Nothing may be acknowledged later, nobody may hang, and what was
// acknowledged must be there when the disk is well again.
func failOnce(fault faultfs.Fault) (fired bool, err error) {
	mem := vfs.NewCrashableMem()
	disk := faultfs.New(mem)
	db, err := Open("data/kv", Options{FS: disk, MemTableBytes: 32 << 10, CacheBytes: 1 << 20})
	if err != nil {
		return false, err
	}
	disk.Inject(fault)
	acked, err := writeUntilFailure(db, disk)
	fired = disk.Fired() != nil
	closed := make(chan error, 1)
	go func() { closed <- db.Close() }()
	select {
	case closing := <-closed:
		if fired != errors.Is(closing, kv.ErrFailed) && err == nil {
			// Closing writes too, so the fault may fire only there.
			if fired = disk.Fired() != nil; fired != errors.Is(closing, kv.ErrFailed) {
				err = fmt.Errorf("fault fired %v, Close = %v", fired, closing)
			}
		}
	case <-time.After(time.Minute):
		return fired, errors.New("Close hangs")
	}
	for _, keep := range []int{0, 50, 100} {
		if again := reopen(faultfs.Clone(mem, keep, sweepSeed, faultfs.Op{Seq: fault.Nth}), acked); again != nil && err == nil {
			err = fmt.Errorf("opened again with %d %% kept: %w", keep, again)
		}
	}
	return fired, err
}

// writeUntilFailure returns the number of the last commit that was
// acknowledged.
func writeUntilFailure(db *DB, disk *faultfs.FS) (int, error) {
	var mu sync.Mutex // one commit of the history at a time
	var wg sync.WaitGroup
	next, acked := 0, 0
	var wrong error
	note := func(format string, args ...any) {
		if wrong == nil {
			wrong = fmt.Errorf(format, args...)
		}
	}
	for range 3 {
		wg.Go(func() {
			for {
				mu.Lock()
				if next == 150 {
					mu.Unlock()
					return
				}
				broken := db.err() != nil
				next++
				i, err := next, commit(db, next)
				if broken && !errors.Is(err, kv.ErrFailed) {
					note("Update after the failure = %v", err)
				}
				mu.Unlock()
				if err == nil {
					broken = db.err() != nil
					err = db.Sync(context.Background(), historyAccount(i))
					if broken && !errors.Is(err, kv.ErrFailed) {
						mu.Lock()
						note("Sync after the failure = %v", err)
						mu.Unlock()
					}
				}
				if err != nil {
					if !errors.Is(err, kv.ErrFailed) {
						mu.Lock()
						note("error does not wrap ErrFailed: %v", err)
						mu.Unlock()
					}
					return
				}
				mu.Lock()
				acked = max(acked, i)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if wrong == nil && disk.Fired() != nil {
		wrong = afterFailure(db)
	}
	return acked, wrong
}

// afterFailure checks what a failed store still does and what it refuses.
func afterFailure(db *DB) error {
	select {
	case <-db.Failed():
	case <-time.After(time.Minute):
		return errors.New("Failed is not closed")
	}
	for range 2 {
		if err := commit(db, 1000); !errors.Is(err, kv.ErrFailed) {
			return fmt.Errorf("Update = %v, want ErrFailed", err)
		}
		if err := db.Sync(context.Background(), kv.FirstUser+77); !errors.Is(err, kv.ErrFailed) {
			return fmt.Errorf("Sync = %v, want ErrFailed", err)
		}
	}
	if _, err := prefixHeld(db); err != nil {
		return fmt.Errorf("reading: %w", err)
	}
	return nil
}
