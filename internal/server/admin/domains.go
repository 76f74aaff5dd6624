package admin

import (
	"context"
	"errors"
	"fmt"

	"tram/internal/directory"
	"tram/internal/server/control"
)

// AddDomain implements control.Operations.
func (a *Admin) AddDomain(ctx context.Context, d control.Domain) (control.Domain, error) {
	made, err := a.s.Directory.AddDomain(ctx, directory.Domain{
		Name: d.Name, CatchAll: d.CatchAll, SubaddressSeparator: d.SubaddressSeparator,
	})
	if err != nil {
		return control.Domain{}, kinded(err)
	}
	a.log.InfoContext(ctx, "domain added", "domain", made.Name)
	return domainOut(made), nil
}

// UpdateDomain implements control.Operations.
func (a *Admin) UpdateDomain(ctx context.Context, c control.DomainChange) (control.Domain, error) {
	d, err := a.s.Directory.Domain(ctx, c.Name)
	if err != nil {
		return control.Domain{}, kinded(err)
	}
	set(&d.CatchAll, c.CatchAll)
	set(&d.SubaddressSeparator, c.SubaddressSeparator)
	if err := a.s.Directory.UpdateDomain(ctx, d); err != nil {
		return control.Domain{}, kinded(err)
	}
	a.log.InfoContext(ctx, "domain changed", "domain", d.Name)
	return domainOut(d), nil
}

// DeleteDomain implements control.Operations.
func (a *Admin) DeleteDomain(ctx context.Context, name string) error {
	err := a.s.Directory.DeleteDomain(ctx, name)
	switch {
	case errors.Is(err, directory.ErrNotEmpty):
		return control.Errorf(control.Conflict, "%s still has accounts or aliases; delete them first (tram account list %s)", name, name)
	case err != nil:
		return kinded(fmt.Errorf("%s: %w", name, err))
	}
	a.log.InfoContext(ctx, "domain deleted", "domain", name)
	return nil
}

// Domains implements control.Operations.
func (a *Admin) Domains(ctx context.Context, emit func(control.Domain) error) error {
	for d, err := range a.s.Directory.Domains(ctx) {
		if err != nil {
			return kinded(err)
		}
		if err := emit(domainOut(d)); err != nil {
			return err
		}
	}
	return nil
}

func domainOut(d directory.Domain) control.Domain {
	return control.Domain{
		Name: d.Name, CatchAll: d.CatchAll, SubaddressSeparator: d.SubaddressSeparator, Created: d.Created,
	}
}

// set stores a value that is to be changed.
func set[T any](to *T, value *T) {
	if value != nil {
		*to = *value
	}
}
