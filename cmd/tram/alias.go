package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"tram/internal/server/control"
)

func (a *app) aliasCommand() *cobra.Command {
	return group("alias", a.say.shortAlias,
		a.aliasAdd(), a.complete(a.aliasSet(), false, aliasNames), a.complete(a.aliasList(), false, domainNames), a.complete(a.aliasDelete(), false, aliasNames))
}

func (a *app) aliasAdd() *cobra.Command {
	return &cobra.Command{
		Use: "add ADDRESS TARGET...", Short: a.say.shortAliasAdd, Long: a.say.longAlias, Args: args(cobra.MinimumNArgs(2)),
		RunE: a.action(func(ctx context.Context, ops control.Operations, args []string) error {
			made, err := ops.AddAlias(ctx, control.Alias{Address: args[0], Targets: args[1:]})
			if err != nil {
				return err
			}
			return a.result(made, a.say.aliasAdded, made.Address, strings.Join(made.Targets, ", "))
		}),
	}
}

func (a *app) aliasSet() *cobra.Command {
	return &cobra.Command{
		Use: "set ADDRESS TARGET...", Short: a.say.shortAliasSet, Long: a.say.longAlias, Args: args(cobra.MinimumNArgs(2)),
		RunE: a.action(func(ctx context.Context, ops control.Operations, args []string) error {
			made, err := ops.SetAlias(ctx, control.Alias{Address: args[0], Targets: args[1:]})
			if err != nil {
				return err
			}
			return a.result(made, a.say.aliasSet, made.Address, strings.Join(made.Targets, ", "))
		}),
	}
}

func (a *app) aliasList() *cobra.Command {
	return &cobra.Command{
		Use: "list [DOMAIN]", Short: a.say.shortAliasList, Args: args(cobra.MaximumNArgs(1)),
		RunE: a.action(func(ctx context.Context, ops control.Operations, args []string) error {
			row := func(al control.Alias) []string { return []string{al.Address, strings.Join(al.Targets, ", ")} }
			return list(a, a.say.noAliases, []string{a.say.alias, a.say.targets}, row, func(emit func(control.Alias) error) error {
				return ops.Aliases(ctx, first(args), emit)
			})
		}),
	}
}

func (a *app) aliasDelete() *cobra.Command {
	return &cobra.Command{
		Use: "delete ADDRESS", Short: a.say.shortAliasDelete, Args: args(cobra.ExactArgs(1)),
		RunE: a.action(func(ctx context.Context, ops control.Operations, args []string) error {
			if err := ops.DeleteAlias(ctx, args[0]); err != nil {
				return err
			}
			return a.result(map[string]string{"deleted": args[0]}, a.say.deleted, args[0])
		}),
	}
}

// first is the first argument, empty when there is none.
func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}
