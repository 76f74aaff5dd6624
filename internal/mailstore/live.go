package mailstore

import (
	"fmt"

	"tram/internal/storage/blob"
	"tram/internal/storage/kv"
)

// LiveBlobs reports the blob of every message of every account, for
// blob.Store.Collect. A record that does not decode is an error: nothing may
// be reclaimed while it is not known what is in use.
func LiveBlobs(snap kv.Snapshot, report func(blob.ID)) error {
	return snap.Accounts(func(id kv.Account) error {
		if id < kv.FirstUser {
			return nil
		}
		it := snap.Account(id).Scan([]byte{kindMeta}, []byte{kindMeta + 1})
		defer it.Close()
		for it.Next() {
			live, err := blobOf(it.Value())
			if err != nil {
				return fmt.Errorf("account %d mailbox %d message %d: %w", id, boxKeyOf(it.Key()), itemOf(it.Key()), err)
			}
			report(live)
		}
		return it.Err()
	})
}
