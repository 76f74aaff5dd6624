// Package kv is the contract of the ordered key-value store under Tram: the
// directory, the queue and the mail store keep everything but message bodies
// in it, and none of them may know which backend runs.
//
// # The transaction domain
//
// Every key belongs to an [Account]. An account is the unit of locking: one
// writer at a time, any number of readers, each reader on a consistent
// picture. One [DB.Update] may span several accounts when a single commit must
// do so (a local delivery leaves the queue and enters a mailbox in one
// commit). Backends lock accounts in ascending order, so callers cannot
// deadlock.
//
// # Visible and durable are two steps
//
// When Update returns nil, the commit is visible to every later View and
// Update, and will be durable after every commit that came before it: a crash
// keeps a prefix of the commits, never one without its predecessors.
// [DB.Sync] waits until an account's commits are on disk. Whoever
// acknowledges anything to the outside calls Sync first; a local delivery
// does not, because the queue entry that it removes is still there if the
// commit is lost.
//
// # Failure
//
// A failed write or sync is final. From then on every Update and Sync returns
// an error that wraps [ErrFailed]: after an EIO nobody knows what is on disk,
// and retrying would turn "unknown" into "acknowledged".
package kv

import (
	"context"
	"errors"
)

// Account is the number of a transaction domain. The numbers below FirstUser
// are reserved for the server's own records; 0 belongs to the backend.
type Account uint64

// The reserved accounts.
const (
	Directory  Account = 1   // domains, accounts, aliases
	Sharing    Account = 2   // which accounts share mailboxes with whom
	FirstQueue Account = 16  // the shards of the queue: FirstQueue … LastQueue
	LastQueue  Account = 255 //
	FirstUser  Account = 1024
)

// Limits of a single record, in bytes. Backends refuse more with an error, so
// that a record that one backend takes fits in every other one.
const (
	MaxKey   = 512
	MaxValue = 8 << 20
	MaxRider = 1 << 20
)

var (
	// ErrNotFound says that a key has no value.
	ErrNotFound = errors.New("kv: key not found")
	// ErrFailed says that a write or sync failed earlier and that the store
	// acknowledges nothing any more. It is permanent until the process restarts.
	ErrFailed = errors.New("kv: store failed, nothing is written any more")
	// ErrTooLarge says that a key or value exceeds its limit. The transaction
	// can go on without the record.
	ErrTooLarge = errors.New("kv: record too large")
	// ErrClosed says that the store was closed.
	ErrClosed = errors.New("kv: store is closed")
)

// Reader reads the records of one account. Returned slices are valid until
// the surrounding function returns and must not be changed.
type Reader interface {
	// Get returns the value of key, or ErrNotFound.
	Get(key []byte) ([]byte, error)
	// Scan returns an iterator over lo <= key < hi in ascending byte order.
	// A nil hi means the end of the account. The iterator starts before the
	// first pair. The caller closes it.
	Scan(lo, hi []byte) Iterator
}

// Iterator walks over pairs in ascending order.
//
//	it := r.Scan(lo, hi)
//	defer it.Close()
//	for it.Next() { use(it.Key(), it.Value()) }
//	return it.Err()
type Iterator interface {
	// Next moves to the next pair; false at the end or on an error.
	Next() bool
	// Seek moves to the first pair with key >= the given one, which must lie
	// within the bounds of the scan; false as for Next. Forward and backward.
	Seek(key []byte) bool
	// Last moves to the last pair of the range; false when it is empty.
	Last() bool
	// Key and Value are valid until the iterator moves.
	Key() []byte
	Value() []byte
	// Err is the error that ended the walk, nil at a plain end.
	Err() error
	Close() error
}

// Space reads and writes the records of one account inside a transaction.
// Reads see the transaction's own writes; an iterator sees those made before
// its Scan, so a transaction may change what it walks over. Key and value are
// copied. A Space is used by one goroutine and not after the transaction.
type Space interface {
	Reader
	// Set writes a record, or refuses it with ErrTooLarge.
	Set(key, value []byte) error
	// Delete removes a record; it is fine when there is none.
	Delete(key []byte) error
	// DeleteRange removes lo <= key < hi.
	DeleteRange(lo, hi []byte) error
}

// Tx is a transaction over the accounts that Update named.
type Tx interface {
	// Account returns the records of one of these accounts. Asking for an
	// account that Update did not name is a bug of the caller and panics.
	Account(Account) Space

	// Attach gives the commit a rider: bytes that are as durable as its records,
	// with them or not at all, but are no record. They go into the log and
	// nowhere else, and are read only when the store is opened again, before its
	// records are, by whom the backend gives them to. A transaction
	// without a record has no riders either. The bytes are copied. A rider that
	// is too large is refused with ErrTooLarge.
	Attach(rider []byte) error
}

// DB is a store. All methods may be called from any goroutine.
type DB interface {
	// View runs fn on a consistent picture of one account. The picture keeps
	// memory from being reclaimed: fn does not wait for a client.
	View(ctx context.Context, a Account, fn func(Reader) error) error

	// Update runs fn as one atomic, serializable transaction over accounts
	// (at least one; order and repeats do not matter). An error from fn rolls
	// back and is returned. fn may run more than once: it has no effects
	// outside the transaction. On nil the commit is visible but not durable.
	Update(ctx context.Context, accounts []Account, fn func(Tx) error) error

	// Sync returns nil when every commit to the account that was visible when
	// Sync was called is durable. It costs nothing when that is so already;
	// concurrent callers share one sync of the disk.
	Sync(ctx context.Context, a Account) error

	// Version is a number that is another one after each commit to the account
	// becomes visible, and may be another one without. So a reader that keeps
	// what it read need not read again while the number, taken before the
	// reading, is the same. known is false when it cannot be told now, or by
	// this backend.
	Version(a Account) (v uint64, known bool)

	// Snapshot runs fn on one consistent picture of all accounts. It may hold
	// back the reclaiming of space: for verification, backup and sweeps.
	Snapshot(ctx context.Context, fn func(Snapshot) error) error

	// Failed is closed when the store has failed (see ErrFailed).
	Failed() <-chan struct{}

	// Close waits for running transactions, syncs and closes.
	Close() error
}

// Upkeep is what a store offers to an administrator beside its contract.
type Upkeep interface {
	// Compact rewrites the files so that they hold nothing that was removed, while
	// the store is used.
	Compact(ctx context.Context) error

	// Size is how many octets the store takes on the disk.
	Size() int64
}

// Snapshot reads across accounts.
type Snapshot interface {
	// Accounts calls fn for each account that has a record, in ascending order.
	Accounts(fn func(Account) error) error
	Account(Account) Reader
}

// Durable is Update followed by Sync of each account: when it returns nil the
// transaction is on disk.
func Durable(ctx context.Context, db DB, accounts []Account, fn func(Tx) error) error {
	if err := db.Update(ctx, accounts, fn); err != nil {
		return err
	}
	for _, a := range accounts {
		if err := db.Sync(ctx, a); err != nil {
			return err
		}
	}
	return nil
}
