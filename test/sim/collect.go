package sim

import (
	"context"
	"time"

	"tram/internal/mailstore"
	"tram/internal/queue"
	"tram/internal/storage/blob"
	"tram/internal/storage/kv"
)

// collect reclaims every body that no record names, whatever its age, as the
// server does for old ones. Nobody may be storing a body meanwhile.
func (w *world) collect(ctx context.Context) error {
	_, err := w.blobs.Collect(ctx, time.Now().Add(time.Hour), func(report func(blob.ID)) error {
		var accounts []kv.Account
		err := w.db.Snapshot(ctx, func(snap kv.Snapshot) error {
			if err := queue.LiveBlobs(snap, report); err != nil {
				return err
			}
			if err := mailstore.LiveBlobs(snap, report); err != nil {
				return err
			}
			return snap.Accounts(func(a kv.Account) error {
				accounts = append(accounts, a)
				return nil
			})
		})
		for _, a := range accounts {
			if err == nil {
				err = w.db.Sync(ctx, a)
			}
		}
		return err
	})
	return err
}
