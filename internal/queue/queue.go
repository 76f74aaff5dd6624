package queue

import (
	"context"
	"errors"
	"time"

	"tram/internal/storage/blob"
	"tram/internal/storage/kv"
)

// Errors of the queue. Those of the key-value store pass through wrapped.
var (
	ErrNotFound = errors.New("queue: no such entry")
	ErrInFlight = errors.New("queue: entry is being delivered right now; hold it and try again")
	ErrHeld     = errors.New("queue: entry is held; release it first")
	ErrFull     = errors.New("queue: full")
	ErrDamaged  = errors.New("queue: record cannot be read")
	ErrInvalid  = errors.New("queue: invalid message")
)

type flight struct{ due time.Time }

// Queue is the queue. All methods may be called from any goroutine.
type Queue struct{}

// Open reads the schedule of all entries from db.
func Open(ctx context.Context, db kv.DB, o Options) (*Queue, error) { return &Queue{}, nil }

// Close stops the timer of the schedule. Blocked calls of Next go on until
// their context ends.
func (q *Queue) Close() {}

// NewID returns an ID that no entry has or will have.
func (q *Queue) NewID() ID { return 0 }

// Add takes a message into the queue. When it returns nil the message is
// queued and synced: this is the one function that owns "250 means queued".
// The ID is that of the first entry.
func (q *Queue) Add(ctx context.Context, m Message) (ID, error) { return 0, nil }

// Pending is a message that is about to be added inside another commit.
type Pending struct{}

// ID is the ID of the first entry.
func (p *Pending) ID() ID { return 0 }

// Shard is the account that the Update must name.
func (p *Pending) Shard() kv.Account { return 0 }

// Prepare checks and encodes a message for AddTx. It writes nothing.
func (q *Queue) Prepare(m Message) (*Pending, error) { return nil, nil }

// AddTx adds a prepared message inside another commit (bounces, aliases to
// remote addresses). tx spans p.Shard(). After the commit call Added.
func (q *Queue) AddTx(tx kv.Tx, p *Pending) error { return nil }

// Added publishes what AddTx added to the schedule, after the commit.
func (q *Queue) Added(p *Pending) {}

// Next blocks for a due entry and marks it in flight, in memory. The caller
// ends the flight with exactly one of Settled, Release and Postpone.
func (q *Queue) Next(ctx context.Context) (*Entry, error) { return nil, nil }

// TryNext is Next without blocking: nil, nil when no entry is due.
func (q *Queue) TryNext(ctx context.Context) (*Entry, error) { return nil, nil }

// SettleTx writes what became of the recipients, one outcome each, into tx,
// which spans Shard(e.ID). The record goes when no recipient is left. After
// the commit call Settled; when the commit failed, Release.
func (q *Queue) SettleTx(tx kv.Tx, e *Entry, outcomes []Outcome) error { return nil }

// Settled ends a flight after its commit.
func (q *Queue) Settled(e *Entry) {}

// Settle is SettleTx in a commit of its own, synced, followed by Settled or
// Release.
func (q *Queue) Settle(ctx context.Context, e *Entry, outcomes []Outcome) error { return nil }

// Release ends a flight in which nothing was done; the entry is due again
// shortly.
func (q *Queue) Release(e *Entry) {}

// Postpone ends a flight in which nothing was done, without a record: the
// entry is due again at until, or after a restart.
func (q *Queue) Postpone(e *Entry, until time.Time) {}

// Sync waits until the entry is durable. Mail leaves for another host only
// after it: an entry that was made by AddTx may not be on disk yet.
func (q *Queue) Sync(ctx context.Context, e *Entry) error { return nil }

// Defer returns what to do with recipient i after a temporary failure: try
// again by the schedule, or give up (Failed) when the message has expired.
func (q *Queue) Defer(e *Entry, i int, reply string) Outcome { return Outcome{} }

// Filter chooses entries. Empty fields choose all.
type Filter struct {
	Sender    string // part of the sender address, any case; "<>" is the null sender
	Recipient string // part of a recipient address, any case
	Domain    string // domain of a recipient
	States    []State
	Before    time.Time // received before
	After     ID        // only later IDs: the last one of the page before
	Limit     int       // entries a page; default and most 1000
}

// Listed is one line of a list.
type Listed struct {
	Entry
	State State
	Next  time.Time // the next attempt
}

// List returns the entries that f chooses, oldest first.
func (q *Queue) List(ctx context.Context, f Filter) ([]Listed, error) { return nil, nil }

// Show returns one entry.
func (q *Queue) Show(ctx context.Context, id ID) (Listed, error) { return Listed{}, nil }

// Retry makes entries due now; those in flight are left alone.
func (q *Queue) Retry(ctx context.Context, ids ...ID) (int, error) { return 0, nil }

// Hold stops entries. One in flight is held when its flight ends.
func (q *Queue) Hold(ctx context.Context, ids ...ID) (int, error) { return 0, nil }

// Unhold lets held entries go on.
func (q *Queue) Unhold(ctx context.Context, ids ...ID) (int, error) { return 0, nil }

// Delete removes entries without a bounce. One in flight is refused.
func (q *Queue) Delete(ctx context.Context, ids ...ID) (int, error) { return 0, nil }

// Stats is a picture of the queue for metrics.
type Stats struct {
	Entries, Fresh, Waiting, InFlight, Held, Damaged int
	Added, Delivered, Deferred, Failed               uint64 // messages added; recipients since start
}

// Stats returns the numbers of now.
func (q *Queue) Stats() Stats { return Stats{} }

// Len is the number of entries.
func (q *Queue) Len() int { return 0 }

// Oldest is when the oldest entry was received; zero when the queue is empty.
func (q *Queue) Oldest(ctx context.Context) (time.Time, error) { return time.Time{}, nil }

// LiveBlobs reports the body of every entry, for the collection of garbage.
// An entry whose body cannot be told is an error: nothing may be reclaimed.
func LiveBlobs(s kv.Snapshot, report func(blob.ID)) error { return nil }
