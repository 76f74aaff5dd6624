package pebble

import (
	"context"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"tram/internal/storage/kv"
)

// errNoAccounts is a bug of the caller.
var errNoAccounts = errors.New("kv: Update without an account")

// Update implements kv.DB.
func (d *DB) Update(ctx context.Context, accounts []kv.Account, fn func(kv.Tx) error) error {
	if len(accounts) == 0 {
		return errNoAccounts
	}
	if err := d.enter(); err != nil {
		return err
	}
	defer d.leave()
	if err := d.ready(ctx); err != nil {
		return err
	}
	locked, err := d.locks.lock(ctx, accounts)
	if err != nil {
		return err
	}
	t := &tx{db: d.db, held: locked, derived: kv.IsDerived(ctx)}
	t.open()
	var ticket uint64
	defer func() { t.close(); locked.unlock(ticket) }()
	if err := fn(t); err != nil {
		return err
	}
	ticket, err = d.apply(t)
	return err
}

// ready waits while the store cannot keep up, and says why it cannot write.
func (d *DB) ready(ctx context.Context) error {
	if err := d.err(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return d.stall.wait(ctx, d)
}

// apply makes the writes of a transaction visible and returns their ticket.
// The accounts are still locked.
func (d *DB) apply(t *tx) (ticket uint64, err error) {
	if t.broken != nil {
		return 0, t.broken
	}
	if t.batch == nil || t.batch.Count() == 0 { // riders do not count
		return 0, d.err()
	}
	if !t.derived {
		t.held.applying()
	}
	size := t.batch.Len()
	err = d.db.Apply(t.batch, pebble.NoSync)
	// Draw the ticket after the batch is in the log: a sync covers a ticket
	// only if it began later.
	ticket = d.commit.Add(1)
	if err != nil {
		d.fail(err)
	}
	d.stall.wrote(size)
	if t.derived {
		ticket = 0 // the account keeps the one that it has
	}
	return ticket, d.err()
}

// tx is a running transaction. Its writes are collected in a batch, which is
// given an index only when the transaction reads an account that it has written
// to: most read first, and an index costs more than the write.
type tx struct {
	db      *pebble.DB
	held    held
	spaces  []space
	batch   *pebble.Batch // nil until the first write
	indexed bool
	arena   arena
	derived bool  // nobody waits for it (kv.Derived)
	broken  error // the batch lost a write: it must not be committed
}

func (t *tx) open() {
	t.spaces = make([]space, len(t.held.accounts))
	for i, a := range t.held.accounts {
		t.spaces[i] = space{reader: reader{prefix: prefixOf(a), arena: &t.arena}, tx: t}
	}
}

func (t *tx) close() {
	if t.batch != nil {
		t.batch.Close()
	}
	t.arena.free()
}

// Account implements kv.Tx.
func (t *tx) Account(a kv.Account) kv.Space {
	want := prefixOf(a)
	for i := range t.spaces {
		if t.spaces[i].prefix == want {
			return &t.spaces[i]
		}
	}
	panic(fmt.Sprintf("kv: transaction asked for account %d, which it did not name", a))
}

// Attach implements kv.Tx: Pebble writes it to the log with the batch, and to
// no memtable.
func (t *tx) Attach(rider []byte) error {
	if len(rider) > kv.MaxRider {
		return tooLarge("rider", len(rider), kv.MaxRider)
	}
	if t.batch == nil {
		t.batch = t.db.NewBatchWithSize(len(rider) + besideRider)
	}
	return t.batch.LogData(rider, nil)
}

// besideRider is room in a batch for the records of a message, in bytes.
const besideRider = 6 << 10

// writes returns the batch for the next write.
func (t *tx) writes() *pebble.Batch {
	if t.batch == nil {
		t.batch = t.db.NewBatch()
	}
	return t.batch
}

// reads returns what a space with writes of its own reads from: the batch over
// the store. It turns the batch into an indexed one at the first call.
func (t *tx) reads() (source, error) {
	if !t.indexed {
		indexed := t.db.NewIndexedBatch()
		if err := indexed.Apply(t.batch, nil); err != nil {
			return nil, fmt.Errorf("index a transaction: %w", err)
		}
		t.batch.Close()
		t.batch, t.indexed = indexed, true
	}
	return t.batch, nil
}
