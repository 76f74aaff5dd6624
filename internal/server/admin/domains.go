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
	in, err := domainIn(control.BookDomain{
		Name: d.Name, Kind: d.Kind, AliasOf: d.AliasOf, Verify: d.Verify, Footer: d.Footer,
		CatchAll: d.CatchAll, SubaddressSeparator: d.SubaddressSeparator,
	})
	if err != nil {
		return control.Domain{}, kinded(err)
	}
	in.QuotaBytes, in.QuotaMessages = d.QuotaBytes, d.QuotaMessages
	made, err := a.s.Directory.AddDomain(ctx, in)
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
	if c.Kind != nil {
		if d.Kind, err = directory.ParseDomainKind(*c.Kind); err != nil {
			return control.Domain{}, kinded(err)
		}
	}
	if c.Verify != nil {
		if d.Verify, err = directory.ParseVerifyMode(*c.Verify); err != nil {
			return control.Domain{}, kinded(err)
		}
	}
	set(&d.Target, c.AliasOf)
	set(&d.Footer, c.Footer)
	set(&d.CatchAll, c.CatchAll)
	set(&d.SubaddressSeparator, c.SubaddressSeparator)
	set(&d.QuotaBytes, c.QuotaBytes)
	set(&d.QuotaMessages, c.QuotaMessages)
	if err := a.s.Directory.UpdateDomain(ctx, d); err != nil {
		return control.Domain{}, kinded(err)
	}
	a.log.InfoContext(ctx, "domain changed", "domain", d.Name)
	return domainOut(d), nil
}

// DeleteDomain implements control.Operations.
func (a *Admin) DeleteDomain(ctx context.Context, name string) error {
	if err := a.dropPublic(ctx, name); err != nil {
		return err
	}
	err := a.s.Directory.DeleteDomain(ctx, name)
	switch {
	case errors.Is(err, directory.ErrNotEmpty):
		return control.Errorf(control.Conflict, "%s still has accounts, aliases, lists or recipients; delete them first (tram account list %s)", name, name)
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
	out := control.Domain{
		Name: d.Name, Kind: d.Kind.String(), AliasOf: d.Target, Footer: d.Footer,
		CatchAll: d.CatchAll, SubaddressSeparator: d.SubaddressSeparator, Created: d.Created,
		QuotaBytes: d.QuotaBytes, QuotaMessages: d.QuotaMessages,
	}
	if d.Kind == directory.Relayed {
		out.Verify = d.Verify.String()
	}
	return out
}

// Recipients implements control.Operations.
func (a *Admin) Recipients(ctx context.Context, domain string, emit func(string) error) error {
	for addr, err := range a.s.Directory.Recipients(ctx, domain) {
		if err != nil {
			return kinded(err)
		}
		if err := emit(addr); err != nil {
			return err
		}
	}
	return nil
}

// ChangeRecipients implements control.Operations.
func (a *Admin) ChangeRecipients(ctx context.Context, m control.Members) (out control.MembersChanged, err error) {
	if out.Added, err = a.s.Directory.AddRecipients(ctx, m.Add...); err != nil {
		return out, kinded(err)
	}
	if out.Removed, err = a.s.Directory.RemoveRecipients(ctx, m.Remove...); err != nil {
		return out, kinded(err)
	}
	a.log.InfoContext(ctx, "recipients changed", "domain", m.Of, "added", out.Added, "removed", out.Removed)
	return out, nil
}

// set stores a value that is to be changed.
func set[T any](to *T, value *T) {
	if value != nil {
		*to = *value
	}
}
