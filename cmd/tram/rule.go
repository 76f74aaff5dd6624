package main

import (
	"context"

	"github.com/spf13/cobra"

	"tram/internal/server/control"
)

// ruleGroup is the command of one table of rules.
func (a *app) ruleGroup(use, short, long string, add, remove, show *cobra.Command) *cobra.Command {
	c := group(use, short, add, remove, show)
	c.Long = long
	add.Long = long
	return c
}

// setRule is a subcommand that adds or replaces a rule; read makes it of the
// arguments, with the sentence that reports it.
func (a *app) setRule(use, short string, n int, read func(args []string) (rules control.Rules, v any, said string, err error)) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: args(cobra.ExactArgs(n)),
		RunE: func(c *cobra.Command, args []string) error {
			rules, v, said, err := read(args)
			if err != nil {
				return err
			}
			return a.with(c.Context(), func(ops control.Operations) error {
				if err := ops.ChangeRules(c.Context(), control.RuleChange{Set: rules}); err != nil {
					return err
				}
				return a.result(v, "%s", said)
			})
		},
	}
}

// deleteRule is a subcommand that removes a rule.
func (a *app) deleteRule(use, short string, n int, read func(args []string) control.Rules) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: args(cobra.ExactArgs(n)),
		RunE: a.action(func(ctx context.Context, ops control.Operations, args []string) error {
			if err := ops.ChangeRules(ctx, control.RuleChange{Remove: read(args)}); err != nil {
				return err
			}
			return a.result(map[string]string{"deleted": args[0]}, a.say.deleted, args[0])
		}),
	}
}

// listRules is a subcommand that lists one table.
func listRules[T any](a *app, short, none string, titles []string, table func(control.Rules) []T, row func(T) []string) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: short, Args: args(cobra.NoArgs),
		RunE: a.action(func(ctx context.Context, ops control.Operations, _ []string) error {
			return list(a, none, titles, row, func(emit func(T) error) error {
				rules, err := ops.Rules(ctx)
				if err != nil {
					return err
				}
				for _, one := range table(rules) {
					if err := emit(one); err != nil {
						return err
					}
				}
				return nil
			})
		}),
	}
}
