package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"tram/internal/server/control"
)

func (a *app) reloadCommand() *cobra.Command {
	return &cobra.Command{
		Use: "reload", Short: a.say.shortReload, Args: args(cobra.NoArgs),
		RunE: a.action(func(ctx context.Context, ops control.Operations, _ []string) error {
			r, err := ops.Reload(ctx)
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(r)
			}
			a.printf(a.say.reloaded, strings.Join(r.Changed, ", "))
			if len(r.Restart) > 0 {
				a.printf(a.say.reloadRestart, strings.Join(r.Restart, ", "))
			}
			return nil
		}),
	}
}
