package admin

import (
	"context"

	"tram/internal/server/control"
)

// Rules implements control.Operations.
func (a *Admin) Rules(ctx context.Context) (control.Rules, error) {
	r, err := a.s.Directory.Rules(ctx)
	if err != nil {
		return control.Rules{}, kinded(err)
	}
	return rulesOut(r), nil
}

// ChangeRules implements control.Operations.
func (a *Admin) ChangeRules(ctx context.Context, c control.RuleChange) error {
	remove, err := rulesIn(c.Remove)
	if err != nil {
		return kinded(err)
	}
	set, err := rulesIn(c.Set)
	if err != nil {
		return kinded(err)
	}
	if err := a.s.Directory.ChangeRules(ctx, remove, set); err != nil {
		return kinded(err)
	}
	a.log.InfoContext(ctx, "rules changed")
	return nil
}
