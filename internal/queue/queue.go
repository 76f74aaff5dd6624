package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"tram/internal/storage/kv"
)

// Errors of the queue. Those of the key-value store pass through wrapped.
var (
	ErrNotFound  = errors.New("queue: no such entry")
	ErrInFlight  = errors.New("queue: entry is being delivered right now; hold it, and it stops when the attempt ends")
	ErrHeld      = errors.New("queue: entry is held; release it first")
	ErrFull      = errors.New("queue: full")
	ErrDamaged   = errors.New("queue: record cannot be read")
	ErrBadFilter = errors.New("queue: filter makes no sense")
	ErrInvalid   = errors.New("queue: invalid message")
)

// Queue is the queue. All methods may be called from any goroutine.
type Queue struct {
	db     kv.DB
	o      Options
	log    *slog.Logger
	clock  clock
	spread atomic.Uint32 // counts new entries, for their shards
	// records lends the buffers in which records are put together.
	records sync.Pool
	// accounts that may hold entries: the shards of o and those that were
	// found filled, in ascending order.
	accounts []kv.Account

	// wake holds a token when a blocked Next should look again.
	wake chan struct{}
	// editing is held, as the one token of a channel, while an administrator's
	// command runs, so that the schedule learns of them in the order of their
	// commits. It is waited for with a context, which a mutex cannot.
	editing chan struct{}

	mu       sync.Mutex
	schedule *schedule
	backlog  backlog
	memory   memory
	turns    turns
	timer    *time.Timer
	looked   time.Time // when the clock was last looked at
	added    uint64    // messages since start
}

// Open reads the schedule of all entries from db. Entries of shards beyond
// o.Shards are served as well, so the number can be changed at will.
func Open(ctx context.Context, db kv.DB, o Options) (*Queue, error) {
	o = o.withDefaults()
	q := &Queue{
		db: db, o: o, log: o.Log,
		wake:     make(chan struct{}, 1),
		editing:  make(chan struct{}, 1),
		schedule: newSchedule(),
		looked:   time.Now(),
	}
	for a := kv.FirstQueue; a <= kv.LastQueue; a++ {
		found, err := q.load(ctx, a)
		if err != nil {
			return nil, fmt.Errorf("open queue shard %d: %w", a-kv.FirstQueue, err)
		}
		if found || int(a-kv.FirstQueue) < o.Shards {
			q.accounts = append(q.accounts, a)
		}
	}
	return q, nil
}

// load schedules the entries of one shard. A record that cannot be read stays
// where it is, is reported, and stops nobody else's mail.
func (q *Queue) load(ctx context.Context, shard kv.Account) (found bool, err error) {
	err = q.db.View(ctx, shard, func(r kv.Reader) error {
		if err := q.loadMark(r, shard); err != nil {
			return err
		}
		it := r.Scan(entriesFrom, entriesTo)
		defer it.Close()
		for n := 0; it.Next(); n++ {
			if n%4096 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			found = true
			q.loadEntry(shard, it.Key(), it.Value())
		}
		return it.Err()
	})
	return found, err
}

func (q *Queue) loadMark(r kv.Reader, shard kv.Account) error {
	value, err := r.Get(markKey)
	if errors.Is(err, kv.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return q.clock.load(int(shard-kv.FirstQueue), value)
}

func (q *Queue) loadEntry(shard kv.Account, key, value []byte) {
	id, ok := idOf(key, shard)
	if !ok {
		q.log.Error("queue key is not an entry", "shard", shard, "key", fmt.Sprintf("%x", key))
		return
	}
	q.clock.atLeast(id.tick())
	sl := q.schedule.add(id)
	h, err := decodeHead(value)
	if err != nil {
		q.log.Error("queue record cannot be read", "id", id.String(), "err", err)
		q.schedule.set(sl, Damaged)
		return
	}
	sl.class = uint8(Class(h.priority))
	sl.site = q.schedule.sites.enterBytes(domainOf(h, value))
	switch {
	case h.flags&flagHold != 0:
		q.schedule.set(sl, Held)
	default:
		q.loadWaiting(sl, h)
	}
}

// loadWaiting schedules an entry that was found. What has been due while nobody
// was there, and was tried before, goes through the backlog.
func (q *Queue) loadWaiting(sl *slot, h head) {
	next := q.inReach(h.next, h.flags&flagReleaseLater != 0)
	tried := h.flags&flagTried != 0
	overdue := tried && next <= millis(q.looked)
	if overdue {
		next = max(q.backlog.place(q.looked), next)
	}
	q.schedule.wait(sl, next, tried)
	if overdue {
		q.schedule.park(sl)
	}
}

// Close stops the timer of the schedule. Blocked calls of Next go on until
// their context ends.
func (q *Queue) Close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.timer != nil {
		q.timer.Stop()
	}
}

// signal wakes one blocked Next.
func (q *Queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default: // one is about to look anyway
	}
}
