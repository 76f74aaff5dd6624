package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"tram/internal/server/control"
)

// completeTime bounds how long the shell waits for names.
const completeTime = 2 * time.Second

// names asks for the names that can stand for the first argument.
type names func(ctx context.Context, ops control.Operations, add func(name, about string)) error

// complete makes the shell offer names for the first argument, or for every
// one when many is true. When they cannot be had, it offers nothing.
func (a *app) complete(c *cobra.Command, many bool, list names) *cobra.Command {
	c.ValidArgsFunction = func(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 && !many {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Context()), completeTime)
		defer cancel()
		var found []string
		err := a.with(ctx, func(ops control.Operations) error {
			return list(ctx, ops, func(name, about string) {
				found = append(found, cobra.CompletionWithDesc(name, printable(about)))
			})
		})
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		return found, cobra.ShellCompDirectiveNoFileComp
	}
	return c
}

func domainNames(ctx context.Context, ops control.Operations, add func(name, about string)) error {
	return ops.Domains(ctx, func(d control.Domain) error { add(d.Name, ""); return nil })
}

func accountNames(ctx context.Context, ops control.Operations, add func(name, about string)) error {
	return ops.Accounts(ctx, "", func(ac control.Account) error { add(ac.Address, ac.Name); return nil })
}

func aliasNames(ctx context.Context, ops control.Operations, add func(name, about string)) error {
	return ops.Aliases(ctx, "", func(al control.Alias) error { add(al.Address, ""); return nil })
}

// maxCompleted is how many queue entries a shell is offered: there may be a
// million.
const maxCompleted = 200

func queueNames(ctx context.Context, ops control.Operations, add func(name, about string)) error {
	return ops.Queue(ctx, control.QueueFilter{Limit: maxCompleted}, func(e control.QueueEntry) error { add(e.ID, e.State+" "+e.Sender); return nil })
}
