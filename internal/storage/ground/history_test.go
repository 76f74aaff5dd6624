package ground

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/storage/blob"
	"tram/internal/storage/blob/disk"
	"tram/internal/storage/kv"
	"tram/internal/storage/kv/pebble"
)

// The history that the sweeps write. Step i stores body i and commits a record
// that names it, as an APPEND or a message for the queue does; now and then it
// moves the record before to another account, as a delivery does, with no rider.
// Old records go. So what the stores hold tells which prefix of it they are.

var ctx = context.Background()

const (
	historyAccounts = 3
	keptRecords     = 25 // steps until a record is removed
	firstBody       = 16 // where the number of the body begins in a value
)

func accountOf(i int) kv.Account { return kv.FirstUser + kv.Account(i%historyAccounts) }

func keyOf(i int) []byte { return fmt.Appendf(nil, "k%06d", i) }

// bodyOf is small, empty or, now and then, too large to ride. That is rare: its
// sync takes along all that ride.
func bodyOf(i int) []byte {
	switch {
	case i%45 == 7:
		return bytes.Repeat(fmt.Appendf(nil, "%d,", i), 12_000)
	case i%10 == 0:
		return nil
	}
	return bytes.Repeat(fmt.Appendf(nil, "%d,", i), 1+i*i*37%1500)
}

func moves(i int) bool { return i%3 == 2 } // the record of i-1, to the account of i
func large(i int) bool { return i%20 == 12 }

// held is where the records are: account and key → number of the body.
type held map[string]int

func at(a kv.Account, key []byte) string { return fmt.Sprintf("%d/%s", a, key) }

// after returns what n steps leave.
func after(n int) held {
	h := held{}
	for i := 1; i <= n; i++ {
		h[at(accountOf(i), keyOf(i))] = i
		if moves(i) {
			delete(h, at(accountOf(i-1), keyOf(i-1)))
			h[at(accountOf(i), keyOf(i-1))] = i - 1
		}
		for a := kv.FirstUser; a < kv.FirstUser+historyAccounts; a++ {
			delete(h, at(a, keyOf(i-keptRecords)))
		}
	}
	return h
}

// world is the two stores and what was done with them.
type world struct {
	db    *pebble.DB
	blobs *disk.Store
	ids   map[int]blob.ID
	done  int // steps
}

// sizes make a sweep see many packs, tables and logs.
func sizes(fs vfs.FS) Options {
	return Options{
		FS:    fs,
		KV:    pebble.Options{MemTableBytes: 32 << 10, CacheBytes: 1 << 20},
		Blobs: disk.Options{PackBytes: 150_000, MemoryBody: 40_000, OpenPacks: 2},
	}
}

// opener is Open, or one that leaves something out.
type opener func(fs vfs.FS) (*pebble.DB, *disk.Store, error)

func properly(fs vfs.FS) (*pebble.DB, *disk.Store, error) { return Open("kv", "blobs", sizes(fs)) }

// openWorld opens what is on fs and finds out how much of the history it is.
func openWorld(fs vfs.FS, open opener) (*world, error) {
	w := &world{ids: map[int]blob.ID{}}
	var err error
	if w.db, w.blobs, err = open(fs); err != nil {
		return nil, err
	}
	if err := w.check(); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

func (w *world) close() error { return errors.Join(w.db.Close(), w.blobs.Close()) }

// check reads everything: the records must be a prefix of the history, and each
// must name the right body.
func (w *world) check() error {
	err := w.db.View(ctx, kv.Directory, func(r kv.Reader) error {
		last, err := r.Get([]byte("last"))
		if errors.Is(err, kv.ErrNotFound) {
			return nil
		}
		w.done, _ = strconv.Atoi(string(last))
		return err
	})
	if err != nil {
		return err
	}
	want := after(w.done)
	for a := kv.FirstUser; a < kv.FirstUser+historyAccounts; a++ {
		err := w.db.View(ctx, a, func(r kv.Reader) error { return w.checkAccount(a, r, want) })
		if err != nil {
			return fmt.Errorf("after %d steps: %w", w.done, err)
		}
	}
	if len(want) > 0 {
		return fmt.Errorf("after %d steps: %d records are missing", w.done, len(want))
	}
	return nil
}

func (w *world) checkAccount(a kv.Account, r kv.Reader, want held) error {
	it := r.Scan([]byte("k"), []byte("l"))
	defer it.Close()
	for it.Next() {
		i, err := strconv.Atoi(string(it.Value()[firstBody:]))
		if err != nil || want[at(a, it.Key())] != i {
			return fmt.Errorf("account %d has %s with body %d (%v)", a, it.Key(), i, err)
		}
		delete(want, at(a, it.Key()))
		id := blob.ID(it.Value()[:firstBody])
		got, err := w.blobs.AppendBody(ctx, nil, id)
		if err != nil || !bytes.Equal(got, bodyOf(i)) {
			return fmt.Errorf("%s names body %x, number %d: got %d bytes, want %d: %w", it.Key(), id, i, len(got), len(bodyOf(i)), err)
		}
		w.ids[i] = id
	}
	return it.Err()
}

// stage stores a body and returns the writer that owns its rider.
func (w *world) stage(i int) (blob.Staged, blob.Writer, error) {
	b, err := w.blobs.Create(ctx)
	if err != nil {
		return blob.Staged{}, nil, err
	}
	if _, err := b.Write(bodyOf(i)); err != nil {
		b.Abort()
		return blob.Staged{}, nil, err
	}
	staged, err := b.Stage(ctx)
	return staged, b, err
}

// step does the next step of the history, without a sync of its record.
func (w *world) step() error {
	i := w.done + 1
	if i%11 == 0 { // a client that goes away: nobody names this one
		_, b, err := w.stage(i)
		if err != nil {
			return err
		}
		b.Abort()
	}
	staged, b, err := w.stage(i)
	if err != nil {
		return err
	}
	defer b.Abort()
	accounts := []kv.Account{kv.Directory}
	for a := kv.FirstUser; a < kv.FirstUser+historyAccounts; a++ {
		accounts = append(accounts, a)
	}
	err = w.db.Update(ctx, accounts, func(tx kv.Tx) error { return w.record(tx, i, staged) })
	if err == nil {
		w.done, w.ids[i] = i, staged.ID
	}
	return err
}

func (w *world) record(tx kv.Tx, i int, staged blob.Staged) error {
	if i%2 == 0 { // the order in the commit does not matter
		if err := tx.Attach(staged.Rider); err != nil {
			return err
		}
	}
	s := tx.Account(accountOf(i))
	err := s.Set(keyOf(i), strconv.AppendInt(staged.ID[:len(staged.ID):len(staged.ID)], int64(i), 10))
	if moves(i) {
		id := w.ids[i-1]
		err = errors.Join(err, tx.Account(accountOf(i-1)).Delete(keyOf(i-1)),
			s.Set(keyOf(i-1), strconv.AppendInt(id[:len(id):len(id)], int64(i-1), 10)))
	}
	if large(i) { // more than half a memtable: Pebble keeps the commit beside them
		err = errors.Join(err, s.Set([]byte("x"), make([]byte, 18<<10)))
	}
	if i%4 == 1 { // reads what it wrote: the batch gets an index
		_, got := s.Get(keyOf(i))
		err = errors.Join(err, got)
	}
	for a := kv.FirstUser; a < kv.FirstUser+historyAccounts; a++ {
		err = errors.Join(err, tx.Account(a).Delete(keyOf(i-keptRecords)))
	}
	err = errors.Join(err, s.Set([]byte("pad"), make([]byte, 1<<10)),
		tx.Account(kv.Directory).Set([]byte("last"), strconv.AppendInt(nil, int64(i), 10)))
	if i%2 != 0 {
		err = errors.Join(err, tx.Attach(staged.Rider))
	}
	return err
}
