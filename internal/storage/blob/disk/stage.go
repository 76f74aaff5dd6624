package disk

import (
	"context"

	"tram/internal/storage/blob"
)

// Stage implements blob.Writer. The rider of a body is its record, byte for byte
// as it lies in the pack: its head says where that is. A small body in a pack
// that is durable itself needs no sync of its own then; every other body is
// committed.
func (w *writer) Stage(ctx context.Context) (blob.Staged, error) {
	if w.s.o.Redo == nil || w.done || w.err != nil || w.spool != nil || w.size > int64(w.s.o.RideBytes) {
		id, err := w.Commit(ctx)
		return blob.Staged{ID: id}, err
	}
	if err := w.s.enter(ctx); err != nil {
		w.Abort()
		return blob.Staged{}, err
	}
	defer w.s.leave()
	w.done = true
	d := w.draft()
	done, err := w.s.append(d)
	if err != nil {
		w.Abort()
		return blob.Staged{}, err
	}
	if done.settled {
		return blob.Staged{ID: done.id, Rider: d.raw}, nil // in the memory of w until Abort
	}
	w.Abort()
	id, err := w.s.await(ctx, done)
	return blob.Staged{ID: id}, err
}
