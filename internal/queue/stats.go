package queue

import (
	"context"
	"errors"
	"time"

	"tram/internal/storage/blob"
	"tram/internal/storage/kv"
)

// Stats is a picture of the queue for metrics.
type Stats struct {
	Entries                                 int // all of the following
	Fresh, Waiting, InFlight, Held, Damaged int

	Destinations int // domains that entries wait for
	Blocked      int // of these, taken for unreachable at present

	Remembered int // fresh entries that are kept in memory

	Added uint64 // messages since start
}

// Stats returns the numbers of now. It costs next to nothing.
func (q *Queue) Stats() Stats {
	q.mu.Lock()
	defer q.mu.Unlock()
	s := q.schedule
	return Stats{
		Destinations: len(s.sites.numbers), Blocked: s.sites.countBlocked(millis(time.Now())),
		Entries: len(s.index),
		Fresh:   s.count[Fresh], Waiting: s.count[Waiting], InFlight: s.count[InFlight],
		Held: s.count[Held], Damaged: s.count[Damaged],
		Remembered: len(q.memory.entries),
		Added:      q.added,
	}
}

// Len is the number of entries.
func (q *Queue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.schedule.index)
}

// Oldest is when the oldest entry was taken into the queue; zero when there is
// none. It reads one key of each shard.
func (q *Queue) Oldest(ctx context.Context) (time.Time, error) {
	var oldest ID
	for _, shard := range q.accounts {
		err := q.db.View(ctx, shard, func(r kv.Reader) error {
			it := r.Scan(entriesFrom, entriesTo)
			defer it.Close()
			if !it.Next() {
				return it.Err()
			}
			if id, ok := idOf(it.Key(), shard); ok && (oldest == 0 || id < oldest) {
				oldest = id
			}
			return nil
		})
		if err != nil {
			return time.Time{}, err
		}
	}
	if oldest == 0 {
		return time.Time{}, nil
	}
	return oldest.Time(), nil
}

// LiveBlobs reports the body of every entry, for the collection of garbage
// bodies. A record whose body cannot be told is an error, for then nothing may
// be reclaimed; an administrator deletes such an entry.
func LiveBlobs(s kv.Snapshot, report func(blob.ID)) error {
	for shard := kv.FirstQueue; shard <= kv.LastQueue; shard++ {
		if err := liveBlobs(s.Account(shard), shard, report); err != nil {
			return err
		}
	}
	return nil
}

func liveBlobs(r kv.Reader, shard kv.Account, report func(blob.ID)) error {
	it := r.Scan(entriesFrom, entriesTo)
	defer it.Close()
	for it.Next() {
		h, err := decodeHead(it.Value())
		if err != nil {
			id, _ := idOf(it.Key(), shard)
			return errors.Join(errors.New("body of queue entry "+id.String()), ErrDamaged, err)
		}
		report(h.body)
	}
	return it.Err()
}
