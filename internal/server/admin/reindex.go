package admin

import (
	"context"
	"fmt"

	"tram/internal/server/control"
)

// Reindex implements control.Operations: it throws the search indexes away and
// makes them again. Searches give the same answers meanwhile, only slower.
func (a *Admin) Reindex(ctx context.Context, address string, emit func(control.Progress) error) error {
	accounts, err := a.accountsToVerify(ctx, address)
	if err != nil {
		return err
	}
	for i, id := range accounts {
		name := a.nameOf(ctx, id)
		if err := emit(control.Progress{Done: int64(i), Total: int64(len(accounts)), What: name}); err != nil {
			return err
		}
		if err := a.s.Mail.DropIndex(ctx, id); err != nil {
			return kinded(fmt.Errorf("drop the index of %s: %w", name, err))
		}
		if err := a.s.Mail.UpdateIndex(ctx, id); err != nil {
			return kinded(fmt.Errorf("index %s: %w", name, err))
		}
	}
	return emit(control.Progress{Done: int64(len(accounts)), Total: int64(len(accounts))})
}
