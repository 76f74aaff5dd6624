package admin

import (
	"context"
	"fmt"
	"time"

	"tram/internal/server/control"
	"tram/internal/server/stores"
	"tram/internal/storage/blob"
	"tram/internal/storage/kv"
)

// Compact implements control.Operations: what nothing names goes out of the
// packs, and what was removed out of the files of the key-value store.
func (a *Admin) Compact(ctx context.Context, c control.Compact, emit func(control.CompactStep) error) error {
	age, err := a.compactAge(c.Age)
	if err != nil {
		return err
	}
	var done control.Compacted
	if err := emit(control.CompactStep{Progress: &control.Progress{What: "bodies"}}); err != nil {
		return err
	}
	if err := a.compactBodies(ctx, age, &done); err != nil {
		return kinded(fmt.Errorf("reclaim bodies: %w", err))
	}
	if err := emit(control.CompactStep{Progress: &control.Progress{Done: 1, Total: 2, What: "records"}}); err != nil {
		return err
	}
	if err := a.compactRecords(ctx, &done); err != nil {
		return kinded(fmt.Errorf("compact records: %w", err))
	}
	a.log.InfoContext(ctx, "stores compacted", "bodies", done.Bodies, "moved", done.Moved, "freed_bytes", done.Freed())
	return emit(control.CompactStep{Done: &done})
}

// compactAge is how old garbage has to be. Beside a stopped server nothing is on
// its way.
func (a *Admin) compactAge(asked time.Duration) (time.Duration, error) {
	switch {
	case asked < 0 || a.process != nil && asked > 0 && asked < control.MinCompactAge:
		return 0, control.Errorf(control.Invalid, "an age of %v is too little while the server runs: mail that is just coming in has no records yet; "+
			"give at least %v, or stop the server", asked, control.MinCompactAge)
	case asked == 0 && a.process != nil:
		return stores.BodyGrace, nil
	}
	return asked, nil
}

func (a *Admin) compactBodies(ctx context.Context, age time.Duration, done *control.Compacted) error {
	up, ok := a.s.Blobs.(blob.Upkeep)
	if ok {
		done.BodiesBefore = up.Size()
		if err := up.Seal(ctx); err != nil {
			return err
		}
	}
	got, err := a.s.Collect(ctx, time.Now().Add(-age))
	if err != nil {
		return err
	}
	done.Bodies, done.Moved, done.Damaged, done.Garbage = got.Dead, got.Moved, got.Damaged, got.DeadBytes
	if ok {
		done.BodiesAfter = up.Size()
	}
	return nil
}

func (a *Admin) compactRecords(ctx context.Context, done *control.Compacted) error {
	up, ok := a.s.KV.(kv.Upkeep)
	if !ok {
		return nil
	}
	done.RecordsBefore = up.Size()
	if err := up.Compact(ctx); err != nil {
		return err
	}
	done.RecordsAfter = up.Size()
	return nil
}
