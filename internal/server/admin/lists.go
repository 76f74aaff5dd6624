package admin

import (
	"context"

	"tram/internal/server/control"
)

// AddList implements control.Operations.
func (a *Admin) AddList(ctx context.Context, n control.List) (control.List, error) {
	made, err := a.s.Directory.AddList(ctx, listIn(n))
	if err != nil {
		return control.List{}, a.addError(n.Address, err)
	}
	a.log.InfoContext(ctx, "list added", "list", made.Address, "members", len(made.Members))
	return listOut(made), nil
}

// UpdateList implements control.Operations.
func (a *Admin) UpdateList(ctx context.Context, c control.ListChange) (control.List, error) {
	l, err := a.s.Directory.List(ctx, c.Address)
	if err != nil {
		return control.List{}, kinded(err)
	}
	set(&l.Owner, c.Owner)
	set(&l.Description, c.Description)
	set(&l.MembersOnly, c.MembersOnly)
	l.Members = nil // as they are: somebody may change them meanwhile
	if err := a.s.Directory.UpdateList(ctx, l); err != nil {
		return control.List{}, kinded(err)
	}
	a.log.InfoContext(ctx, "list changed", "list", l.Address)
	return a.List(ctx, l.Address)
}

// DeleteList implements control.Operations.
func (a *Admin) DeleteList(ctx context.Context, address string) error {
	if err := a.s.Directory.DeleteList(ctx, address); err != nil {
		return kinded(err)
	}
	a.log.InfoContext(ctx, "list deleted", "list", address)
	return nil
}

// Lists implements control.Operations.
func (a *Admin) Lists(ctx context.Context, domain string, emit func(control.List) error) error {
	for l, err := range a.s.Directory.Lists(ctx, domain) {
		if err != nil {
			return kinded(err)
		}
		if err := emit(listOut(l)); err != nil {
			return err
		}
	}
	return nil
}

// List implements control.Operations.
func (a *Admin) List(ctx context.Context, address string) (control.List, error) {
	l, err := a.s.Directory.List(ctx, address)
	return listOut(l), kinded(err)
}

// ChangeMembers implements control.Operations.
func (a *Admin) ChangeMembers(ctx context.Context, m control.Members) (out control.MembersChanged, err error) {
	if len(m.Add) > 0 {
		if out.Added, err = a.s.Directory.AddMembers(ctx, m.Of, m.Add...); err != nil {
			return out, kinded(err)
		}
	}
	if len(m.Remove) > 0 {
		if out.Removed, err = a.s.Directory.RemoveMembers(ctx, m.Of, m.Remove...); err != nil {
			return out, kinded(err)
		}
	}
	a.log.InfoContext(ctx, "members changed", "list", m.Of, "added", out.Added, "removed", out.Removed)
	return out, nil
}
