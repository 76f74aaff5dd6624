package mailstore

import (
	"context"

	"tram/internal/storage/kv"
)

// update runs fn as a transaction on one account. When it returns nil the
// change is on disk, views know it and watchers will.
func (s *Store) update(ctx context.Context, id kv.Account, fn func(*tx) error) error {
	var deltas []delta
	err := s.db.Update(ctx, []kv.Account{id}, func(ktx kv.Tx) error {
		t, err := begin(ktx.Account(id), id)
		if err != nil {
			return err
		}
		if err := fn(t); err != nil {
			return err
		}
		if err := t.flush(s.recentOf(id)); err != nil {
			return err
		}
		deltas = t.deltas()
		return nil
	})
	if err != nil {
		return err
	}
	for i := range deltas {
		s.views.publish(id, &deltas[i])
	}
	// What the caller tells its client now must survive a crash.
	if err := s.db.Sync(ctx, id); err != nil {
		return err
	}
	s.Committed(id)
	return nil
}

// read runs fn on a consistent picture of an account, and returns after what
// it saw is on disk.
func (s *Store) read(ctx context.Context, id kv.Account, fn func(kv.Reader) error) error {
	if err := s.db.View(ctx, id, fn); err != nil {
		return err
	}
	// After the reading, not before: a commit may lie between the two.
	return s.db.Sync(ctx, id)
}
