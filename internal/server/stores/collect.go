package stores

import (
	"context"
	"fmt"
	"time"

	"tram/internal/mailstore"
	"tram/internal/queue"
	"tram/internal/storage/blob"
	"tram/internal/storage/kv"
)

// BodyGrace is how old a body must be before it can be called garbage while a
// server runs: a message is stored before the record that names it (see package
// blob). It is far longer than any transaction.
const BodyGrace = 24 * time.Hour

// Collect reclaims the bodies that neither the queue nor a mailbox names and
// that were stored before the cutoff.
func (s *Stores) Collect(ctx context.Context, cutoff time.Time) (blob.Collected, error) {
	return s.Blobs.Collect(ctx, cutoff, func(report func(blob.ID)) error { return s.liveBodies(ctx, report) })
}

// liveBodies reports the bodies that the queue and the mailboxes name. What it
// has seen is on disk when it returns: a body whose last record was removed by a
// commit that a crash takes back must not be gone when the record is back.
func (s *Stores) liveBodies(ctx context.Context, report func(blob.ID)) error {
	var accounts []kv.Account
	err := s.KV.Snapshot(ctx, func(snap kv.Snapshot) error {
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
	if err != nil {
		return err
	}
	for _, a := range accounts {
		if err := s.KV.Sync(ctx, a); err != nil {
			return fmt.Errorf("sync before bodies are reclaimed: %w", err)
		}
	}
	return nil
}
