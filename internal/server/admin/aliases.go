package admin

import (
	"context"
	"errors"

	"tram/internal/directory"
	"tram/internal/server/control"
)

// AddAlias implements control.Operations.
func (a *Admin) AddAlias(ctx context.Context, n control.Alias) (control.Alias, error) {
	if err := a.s.Directory.AddAlias(ctx, directory.Alias{Address: n.Address, Targets: n.Targets}); err != nil {
		return control.Alias{}, a.addError(n.Address, err)
	}
	made, err := a.s.Directory.Alias(ctx, n.Address)
	if err != nil {
		return control.Alias{}, kinded(err)
	}
	a.log.InfoContext(ctx, "alias added", "alias", made.Address, "targets", len(made.Targets))
	return control.Alias{Address: made.Address, Targets: made.Targets}, nil
}

// SetAlias implements control.Operations.
func (a *Admin) SetAlias(ctx context.Context, n control.Alias) (control.Alias, error) {
	err := a.s.Directory.UpdateAlias(ctx, directory.Alias{Address: n.Address, Targets: n.Targets})
	if errors.Is(err, directory.ErrNoAlias) {
		return a.AddAlias(ctx, n)
	}
	if err != nil {
		return control.Alias{}, kinded(err)
	}
	made, err := a.s.Directory.Alias(ctx, n.Address)
	if err != nil {
		return control.Alias{}, kinded(err)
	}
	a.log.InfoContext(ctx, "alias changed", "alias", made.Address, "targets", len(made.Targets))
	return control.Alias{Address: made.Address, Targets: made.Targets}, nil
}

// DeleteAlias implements control.Operations.
func (a *Admin) DeleteAlias(ctx context.Context, address string) error {
	if err := a.s.Directory.DeleteAlias(ctx, address); err != nil {
		return kinded(err)
	}
	a.log.InfoContext(ctx, "alias deleted", "alias", address)
	return nil
}

// Aliases implements control.Operations.
func (a *Admin) Aliases(ctx context.Context, domain string, emit func(control.Alias) error) error {
	for one, err := range a.s.Directory.Aliases(ctx, domain) {
		if err != nil {
			return kinded(err)
		}
		if err := emit(control.Alias{Address: one.Address, Targets: one.Targets}); err != nil {
			return err
		}
	}
	return nil
}
