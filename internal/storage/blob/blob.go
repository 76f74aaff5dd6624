// Package blob is the contract of the store of message bodies: large,
// immutable, written once, shared by reference between the queue and all
// recipients.
//
// A body is durable before a record in the key-value store names it, or with
// it: when [Writer.Commit] returns its [ID], or, for one from [Writer.Stage],
// when the first commit that names it takes its rider along. So a crash leaves a
// body that no record names, which is garbage, never a record without a body.
// [Store.Collect] reclaims the space of garbage.
package blob

import (
	"context"
	"errors"
	"io"
	"time"
)

// ID names a body. It is opaque, fixed in size, and never used again for
// another body. The zero ID names nothing.
type ID [16]byte

// IsZero reports whether the ID names nothing.
func (id ID) IsZero() bool { return id == ID{} }

var (
	// ErrNotFound says that the store has no such body.
	ErrNotFound = errors.New("blob: not found")
	// ErrCorrupt says that the stored bytes do not match their checksum. The
	// damage is limited to this body.
	ErrCorrupt = errors.New("blob: checksum mismatch")
	// ErrFailed says that a write or sync failed earlier; nothing is
	// acknowledged any more until the process restarts.
	ErrFailed = errors.New("blob: store failed, nothing is written any more")
	// ErrTooLarge says that a body exceeds the limit of the store.
	ErrTooLarge = errors.New("blob: body too large")
)

// Store keeps bodies. All methods may be called from any goroutine.
type Store interface {
	// Create starts a new body. The caller ends it with Commit or Abort.
	Create(ctx context.Context) (Writer, error)

	// Open returns a reader of a body, or ErrNotFound. Bytes are verified
	// against their checksum before they are handed out (ErrCorrupt).
	Open(ctx context.Context, id ID) (Reader, error)

	// AppendBody appends a whole body to dst and returns the extended slice,
	// verified. It is the fast road for a body that is read once from end to
	// end: with room in dst there is one read of the disk and no allocation.
	// On an error dst is returned with its old length.
	AppendBody(ctx context.Context, dst []byte, id ID) ([]byte, error)

	// Collect reclaims bodies that nothing refers to and that were committed
	// before cutoff. live is called once, after the candidates are fixed; it
	// reports every ID in use, in any order, repeats allowed. An error from
	// live stops the collection with nothing reclaimed. Between Commit and the
	// first record that names it only its age protects a body: cutoff lies
	// further back than the longest time a body waits for its record.
	Collect(ctx context.Context, cutoff time.Time, live func(report func(ID)) error) (Collected, error)

	// Verify reads every body and reports the damaged ones; it goes on past
	// them. The error is about Verify itself.
	Verify(ctx context.Context, report func(ID, error)) error

	// Failed is closed when the store has failed (see ErrFailed).
	Failed() <-chan struct{}

	Close() error
}

// Upkeep is what a store offers to an administrator beside its contract.
type Upkeep interface {
	// Seal lets a later Collect look at all that was committed before it.
	Seal(ctx context.Context) error

	// VerifyAt is Verify with pauses: pace is asked before so many octets are
	// read, and its error ends the work.
	VerifyAt(ctx context.Context, pace func(ctx context.Context, octets int64) error, report func(ID, error)) error

	// Size is how many octets the store takes on the disk.
	Size() int64
}

// Writer takes the bytes of one body. It is used by one goroutine.
type Writer interface {
	io.Writer
	// Size is the number of bytes written so far.
	Size() int64
	// Commit makes the body durable and returns its name. Concurrent commits
	// share one sync of the disk.
	Commit(ctx context.Context) (ID, error)
	// Stage ends a body as Commit does, but may leave its durability to the commit
	// of the record that names it: see Staged.
	Stage(ctx context.Context) (Staged, error)
	// Abort releases what the writer holds, and gives the body up when neither
	// Commit nor Stage was called: it can be deferred. What Stage returned is
	// valid until then.
	Abort()
}

// Staged is a body that can be read, and becomes durable at the latest with the
// first record that names it.
type Staged struct {
	ID ID
	// Rider, when it is not empty, must be attached to the first commit that
	// names the body (see kv.Tx), and to each that might come to be the first.
	// Once that commit is durable the body is, and is named like any other.
	// Without a rider the body is durable already.
	Rider []byte
}

// Reader reads one body. It is safe for concurrent use; the body stays
// readable until Close, even while space is reclaimed.
type Reader interface {
	io.ReaderAt
	Size() int64
	Close() error
}

// Collected says what a collection did.
type Collected struct {
	Dead, Moved           int64 // bodies reclaimed, bodies copied on
	DeadBytes, FreedBytes int64 // garbage seen, given or not; space given back
	Damaged               int64 // live bodies that failed their checksum; their surroundings were left alone
}
