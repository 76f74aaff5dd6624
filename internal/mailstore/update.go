package mailstore

import (
	"context"
	"errors"

	"tram/internal/storage/kv"
)

// update runs fn as a transaction on one account. When it returns nil the
// change is on disk, views know it and watchers will.
func (s *Store) update(ctx context.Context, id kv.Account, fn func(*tx) error) error {
	return s.updateAll(ctx, []kv.Account{id}, func(txs []*tx) error { return fn(txs[0]) })
}

// updateAll is update over several accounts, in one commit. fn gets their
// transactions in the order of ids, which are all different.
func (s *Store) updateAll(ctx context.Context, ids []kv.Account, fn func([]*tx) error) error {
	err := s.commit(ctx, ids, ids, fn)
	if errors.Is(err, errNeedsSharing) {
		err = s.commit(ctx, ids, append([]kv.Account{kv.Sharing}, ids...), fn)
	}
	return err
}

// commit runs fn in a transaction over accounts, those of ids and perhaps
// kv.Sharing.
func (s *Store) commit(ctx context.Context, ids, accounts []kv.Account, fn func([]*tx) error) error {
	txs := make([]*tx, len(ids))
	err := s.db.Update(ctx, accounts, func(ktx kv.Tx) (err error) {
		for i, id := range ids {
			if txs[i], err = begin(ktx.Account(id), id, s.keepLog); err != nil {
				return err
			}
			txs[i].pools, txs[i].views, txs[i].whole = &s.pools, s.views, ktx
			if len(accounts) > len(ids) {
				txs[i].sharing = ktx.Account(kv.Sharing)
			}
		}
		if err := fn(txs); err != nil {
			return err
		}
		for _, t := range txs {
			if err := t.flush(s.recentOf(t.id)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, t := range txs {
		if t.regrant {
			s.grants.forget(t.id)
		}
		for _, d := range t.deltas() {
			s.views.publish(t.id, &d)
		}
		reportOrigin(ctx, t)
	}
	// What the caller tells its client now must survive a crash.
	for _, id := range accounts {
		if err := s.db.Sync(ctx, id); err != nil {
			return err
		}
	}
	s.Committed(ids...)
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
