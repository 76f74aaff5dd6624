package queue

import (
	"context"
	"errors"
	"fmt"

	"tram/internal/storage/blob"
	"tram/internal/storage/kv"
)

// Verify reads every entry and hands its body to check, which reads it. Problems
// are reported by the ID of the entry, and gone past; the error is about Verify
// itself. A damaged entry is not repaired: the message and its sender may be
// readable yet (Damaged in Stats counts it), and only an administrator may give
// it up.
func (q *Queue) Verify(ctx context.Context, check func(context.Context, blob.ID) error, report func(ID, error)) error {
	for _, shard := range q.accounts {
		var entries []verifiedEntry
		err := q.db.View(ctx, shard, func(r kv.Reader) (err error) {
			entries, err = readEntries(r, shard, report)
			return err
		})
		if err != nil {
			return err
		}
		for _, e := range entries {
			if err := q.verifyBody(ctx, shard, e, check, report); err != nil {
				return err
			}
		}
	}
	return nil
}

type verifiedEntry struct {
	id   ID
	body blob.ID
}

// readEntries decodes the entries of a shard and returns those that can be.
func readEntries(r kv.Reader, shard kv.Account, report func(ID, error)) (entries []verifiedEntry, err error) {
	it := r.Scan(entriesFrom, entriesTo)
	defer it.Close()
	for it.Next() {
		id, ok := idOf(it.Key(), shard)
		if !ok {
			report(id, fmt.Errorf("%w: key %x", ErrDamaged, it.Key()))
			continue
		}
		e, err := decodeRecord(it.Value())
		if err != nil {
			report(id, fmt.Errorf("%w: %w", ErrDamaged, err))
			continue
		}
		entries = append(entries, verifiedEntry{id, e.Body})
	}
	return entries, it.Err()
}

// verifyBody reads the body of an entry, and reports it if the entry is still
// there: when it is not, its body may have been reclaimed.
func (q *Queue) verifyBody(ctx context.Context, shard kv.Account, e verifiedEntry, check func(context.Context, blob.ID) error, report func(ID, error)) error {
	bad := check(ctx, e.body)
	if bad == nil {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return q.db.View(ctx, shard, func(r kv.Reader) error {
		key := keyOf(e.id)
		if _, err := r.Get(key[:]); errors.Is(err, kv.ErrNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		report(e.id, fmt.Errorf("body is damaged: %w", bad))
		return nil
	})
}
