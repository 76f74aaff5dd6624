package queue

import (
	"context"
	"fmt"

	"tram/internal/storage/kv"
)

// Delete removes entries without a bounce and returns how many. One in flight
// is refused with ErrInFlight.
func (q *Queue) Delete(ctx context.Context, f Filter) (int, error) {
	return q.edit(ctx, f, func(shard kv.Account, ids []ID) (int, []error, error) {
		claims, failures := q.claim(ids)
		err := q.db.Update(ctx, []kv.Account{shard}, func(tx kv.Tx) error {
			sp := tx.Account(shard)
			for _, c := range claims {
				key := keyOf(c.id)
				if err := sp.Delete(key[:]); err != nil {
					return err
				}
			}
			return nil
		})
		q.unclaim(claims, err == nil)
		return len(claims), failures, err
	})
}

// claim takes entries out of the hands of agents, as a flight of its own, and
// returns the slots as they were.
func (q *Queue) claim(ids []ID) (claims []slot, failures []error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, id := range ids {
		sl := q.schedule.find(id)
		switch {
		case sl == nil:
			failures = append(failures, fmt.Errorf("%s: %w", id, ErrNotFound))
		case sl.state == InFlight:
			failures = append(failures, fmt.Errorf("%s: %w", id, ErrInFlight))
		default:
			claims = append(claims, *sl)
			q.schedule.set(sl, InFlight)
		}
	}
	return claims, failures
}

// unclaim forgets entries that are gone, or puts them back where they were.
func (q *Queue) unclaim(claims []slot, gone bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, was := range claims {
		sl := q.schedule.find(was.id)
		switch {
		case gone:
			q.memory.take(was.id)
			q.schedule.remove(sl)
		case was.waits():
			q.schedule.wait(sl, was.next, was.tried)
		default:
			q.schedule.set(sl, was.state)
		}
	}
	q.signal()
}
