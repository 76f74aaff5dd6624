// Package pebble is the embedded backend of package kv: one directory, one
// process, github.com/cockroachdb/pebble underneath.
//
// # Keys
//
// A record of account a with key k is stored under the eight bytes of a, most
// significant first, followed by k. So an account is one range and the
// accounts lie in ascending order. Account 0 belongs to this package: its
// record "schema" holds the version of the layout (see schema.go).
//
// # A commit
//
// Update locks its accounts in ascending order, collects the writes of fn in a
// batch, hands the batch to the log without waiting for the disk, and unlocks.
// So a hot account never waits for a sync while it holds its lock. The log is
// one sequence: what a crash keeps of it is a prefix of the commits.
//
// Sync waits until the log is on disk as far as the account's last commit.
// All who wait share one sync (package groupsync).
//
// # Failure
//
// Pebble answers a failed write of its log or manifest with a panic, at places
// where the process cannot survive it. So the first failed write or sync stops
// here, in the file system under Pebble (failstop.go): the store is marked as
// failed, the disk is frozen as it is, and Pebble, believing that all is well,
// lets its callers go. They find the mark and return kv.ErrFailed. What lies on
// the disk is what a crash at that moment would have left. Reading goes on.
package pebble

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/storage/groupsync"
	"tram/internal/storage/kv"
)

// DB is a store in one directory. It implements kv.DB.
type DB struct {
	db     *pebble.DB
	disk   *failstop
	log    *slog.Logger
	locks  *locks
	commit atomic.Uint64 // tickets of the commits that reached the log
	group  *groupsync.Group
	stall  stall

	gate    sync.Mutex // guards running and closed
	idle    *sync.Cond // signalled when running becomes 0
	running int        // calls inside the store
	closed  bool       // Close began

	failure sync.Once
	failed  chan struct{}
	cause   error // set before failed is closed
}

var _ kv.DB = (*DB)(nil)

// Open opens the store in dir and makes it when it does not exist. Only one
// process can have it open.
func Open(dir string, o Options) (*DB, error) {
	o = o.withDefaults()
	d := &DB{log: o.Logger, failed: make(chan struct{})}
	d.idle = sync.NewCond(&d.gate)
	d.group = groupsync.New(d.commit.Load, d.flushLog)
	d.locks = newLocks(d.group.Durable)
	d.disk = newFailstop(o, d.fail)
	db, err := pebble.Open(dir, o.pebble(d))
	if err != nil {
		err = errors.Join(d.err(), err)
		return nil, fmt.Errorf("open key-value store %s: %w", dir, err)
	}
	d.db = db
	if err := errors.Join(d.err(), d.checkSchema()); err != nil {
		_ = d.Close() // the first error is the cause
		return nil, fmt.Errorf("open key-value store %s: %w", dir, err)
	}
	return d, nil
}

// Failed implements kv.DB.
func (d *DB) Failed() <-chan struct{} { return d.failed }

// Fail makes the store fail for a reason outside it: the store of bodies that
// lives beside it has failed, and the promise that nothing is acknowledged any
// more is one promise. What was committed before stays.
func (d *DB) Fail(cause error) { d.fail(cause) }

// fail marks the store as failed, once.
func (d *DB) fail(cause error) {
	d.failure.Do(func() {
		d.cause = cause
		close(d.failed)
		d.log.Error("key-value store failed, nothing is written any more", "cause", cause)
	})
}

// err returns nil while the store is well, and later why it failed.
func (d *DB) err() error {
	select {
	case <-d.failed:
		return fmt.Errorf("%w: %w", kv.ErrFailed, d.cause)
	default:
		return nil
	}
}

// enter registers a call; leave ends it. Close waits for all of them.
func (d *DB) enter() error {
	d.gate.Lock()
	defer d.gate.Unlock()
	if d.closed {
		return kv.ErrClosed
	}
	d.running++
	return nil
}

func (d *DB) leave() {
	d.gate.Lock()
	defer d.gate.Unlock()
	if d.running--; d.running == 0 {
		d.idle.Broadcast()
	}
}

// Sync implements kv.DB.
func (d *DB) Sync(ctx context.Context, a kv.Account) error {
	if err := d.enter(); err != nil {
		return err
	}
	defer d.leave()
	if err := d.err(); err != nil {
		return err
	}
	ticket, known := d.locks.ticket(a)
	if !known {
		// A commit of the account is between the log and its ticket and may be
		// visible already. A ticket of our own, drawn now, covers it.
		ticket = d.commit.Add(1)
	}
	err := d.group.Wait(ctx, ticket)
	if failed := d.err(); failed != nil {
		return failed
	}
	return err
}

// Version implements kv.DB: the ticket of the account's last commit.
func (d *DB) Version(a kv.Account) (v uint64, known bool) { return d.locks.ticket(a) }

// flushLog makes every commit durable that is in the log. It is called by one
// goroutine at a time on behalf of all who wait.
func (d *DB) flushLog() error {
	if err := d.db.LogData(nil, pebble.Sync); err != nil {
		d.fail(err)
	}
	// A failed sync is hidden from Pebble: only our own mark tells.
	return d.err()
}

// Close implements kv.DB. It returns an error that wraps kv.ErrFailed when the
// store had failed.
func (d *DB) Close() error {
	d.gate.Lock()
	if d.closed {
		d.gate.Unlock()
		return kv.ErrClosed
	}
	d.closed = true
	for d.running > 0 {
		d.idle.Wait()
	}
	d.gate.Unlock()
	var err error
	if d.err() == nil {
		err = d.flushLog()
	}
	closing := d.db.Close()
	if failed := d.err(); failed != nil {
		return failed
	}
	return errors.Join(err, closing)
}

var _ vfs.FS = (*failstop)(nil)
