package main

import (
	"context"

	"github.com/spf13/cobra"

	"tram/internal/server/control"
)

func (a *app) domainCommand() *cobra.Command {
	return group("domain", a.say.shortDomain,
		a.domainAdd(), a.complete(a.domainSet(), false, domainNames), a.domainList(), a.complete(a.domainDelete(), false, domainNames))
}

func (a *app) domainAdd() *cobra.Command {
	var d control.Domain
	c := &cobra.Command{
		Use: "add NAME", Short: a.say.shortDomainAdd, Args: args(cobra.ExactArgs(1)),
		RunE: a.action(func(ctx context.Context, ops control.Operations, args []string) error {
			d.Name = args[0]
			made, err := ops.AddDomain(ctx, d)
			if err != nil {
				return err
			}
			return a.result(made, a.say.domainAdded, made.Name, made.Name, a.hostname)
		}),
	}
	c.Flags().StringVar(&d.CatchAll, "catch-all", "", a.say.flagCatchAll)
	c.Flags().StringVar(&d.SubaddressSeparator, "separator", "", a.say.flagSeparator)
	return c
}

func (a *app) domainSet() *cobra.Command {
	var catchAll, separator string
	c := &cobra.Command{Use: "set NAME", Short: a.say.shortDomainSet, Args: args(cobra.ExactArgs(1))}
	c.Flags().StringVar(&catchAll, "catch-all", "", a.say.flagCatchAll)
	c.Flags().StringVar(&separator, "separator", "", a.say.flagSeparator)
	c.RunE = a.action(func(ctx context.Context, ops control.Operations, args []string) error {
		changed, err := ops.UpdateDomain(ctx, control.DomainChange{
			Name: args[0], CatchAll: given(c, "catch-all", &catchAll), SubaddressSeparator: given(c, "separator", &separator),
		})
		if err != nil {
			return err
		}
		return a.result(changed, a.say.domainChanged, changed.Name)
	})
	return c
}

func (a *app) domainList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: a.say.shortDomainList, Args: args(cobra.NoArgs),
		RunE: a.action(func(ctx context.Context, ops control.Operations, _ []string) error {
			titles := []string{a.say.domain, a.say.catchAll, a.say.separator, a.say.created}
			row := func(d control.Domain) []string {
				return []string{d.Name, d.CatchAll, d.SubaddressSeparator, timeText(d.Created)}
			}
			return list(a, a.say.noDomains, titles, row, func(emit func(control.Domain) error) error { return ops.Domains(ctx, emit) })
		}),
	}
}

func (a *app) domainDelete() *cobra.Command {
	return &cobra.Command{
		Use: "delete NAME", Short: a.say.shortDomainDelete, Args: args(cobra.ExactArgs(1)),
		RunE: a.action(func(ctx context.Context, ops control.Operations, args []string) error {
			if err := ops.DeleteDomain(ctx, args[0]); err != nil {
				return err
			}
			return a.result(map[string]string{"deleted": args[0]}, a.say.deleted, args[0])
		}),
	}
}

// given is the value of a flag that was set, nil when it was not.
func given[T any](c *cobra.Command, name string, value *T) *T {
	if c.Flags().Changed(name) {
		return value
	}
	return nil
}
