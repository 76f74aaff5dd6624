// Package ground opens the two stores that everything stands on, the records and
// the bodies, in the order and with the ties that make one sync enough for a
// small message: its body rides in the log with the first record that names it
// (blob.Writer.Stage, kv.Tx.Attach).
//
//	body → its pack, no sync
//	commit: records and the whole body again, its rider → log → sync
//	much later, before a log is given up: packs synced (the barrier)
//	after a crash: riders → packs, synced (the redo); then both stores open
//
// So a crash keeps the name and the body or neither, at each of its places:
//
//   - the log has lost the commit: no name, the body is garbage;
//   - the log has the commit, the pack has lost the body: the redo writes it
//     again, before anybody can read;
//   - the log is gone: the barrier came first, and the pack has the body.
//
// A body that is large or comes in a new pack does not ride: it is synced first.
package ground

import (
	"errors"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/storage/blob/disk"
	"tram/internal/storage/kv/pebble"
)

// Options of the two stores. What they share and what ties them together is set
// by Open: their FS, Barrier, Redo and OnFailure are its own.
type Options struct {
	FS    vfs.FS // the file system under both; nil means the real one
	KV    pebble.Options
	Blobs disk.Options
}

// Open opens the key-value store in the directory kv and the body store in the
// directory blobs; nobody else may use these. They are closed in this order: kv
// first.
func Open(kv, blobs string, o Options) (*pebble.DB, *disk.Store, error) {
	o.KV.FS, o.Blobs.FS = o.FS, o.FS
	o.Blobs.Redo = func(apply func(rider []byte) error) error { return pebble.Riders(o.FS, kv, apply) }
	var db atomic.Pointer[pebble.DB]
	// The promise that nothing is acknowledged any more is one promise. While
	// the key-value store is being opened, it hears of a failure by the barrier.
	o.Blobs.OnFailure = func(cause error) {
		if db := db.Load(); db != nil {
			db.Fail(cause)
		}
	}
	b, err := disk.Open(blobs, o.Blobs)
	if err != nil {
		return nil, nil, err
	}
	o.KV.Barrier = b.Settle
	d, err := pebble.Open(kv, o.KV)
	if err != nil {
		return nil, nil, errors.Join(err, b.Close())
	}
	db.Store(d)
	return d, b, nil
}
