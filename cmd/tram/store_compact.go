package main

import (
	"context"

	"github.com/spf13/cobra"

	"tram/internal/config"
	"tram/internal/server/control"
)

func (a *app) storeCompact() *cobra.Command {
	var age string
	c := &cobra.Command{
		Use: "compact", Short: a.say.shortStoreCompact, Long: a.say.longStoreCompact, Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			var in control.Compact
			if age != "" {
				span, err := config.ParseDuration(age)
				if err != nil {
					return usageErrorf("age: %v", err)
				}
				in.Age = span.Std()
			}
			return a.with(c.Context(), func(ops control.Operations) error { return a.compact(c.Context(), ops, in) })
		},
	}
	c.Flags().StringVar(&age, "age", "", a.say.flagAge)
	return c
}

// compactResult is the result as JSON.
type compactResult struct {
	control.Compacted
	Freed int64 `json:"freed"`
}

func (a *app) compact(ctx context.Context, ops control.Operations, in control.Compact) error {
	var done control.Compacted
	err := ops.Compact(ctx, in, func(step control.CompactStep) error {
		if step.Progress != nil {
			a.showProgress(step.Progress)
		}
		if step.Done != nil {
			done = *step.Done
		}
		return nil
	})
	a.clearProgress()
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(compactResult{done, done.Freed()})
	}
	a.printf(a.say.compacted, sizeText(done.Freed()))
	a.printf(a.say.compactedBodies, done.Bodies, sizeText(done.BodiesBefore), sizeText(done.BodiesAfter))
	a.printf(a.say.compactedRecords, sizeText(done.RecordsBefore), sizeText(done.RecordsAfter))
	if kept := done.Garbage - (done.BodiesBefore - done.BodiesAfter); kept > 0 {
		a.printf(a.say.compactedKept, sizeText(kept))
	}
	if done.Damaged > 0 {
		a.printf(a.say.compactedDamaged, done.Damaged)
	}
	return nil
}

func (a *app) storeReindex() *cobra.Command {
	return &cobra.Command{
		Use: "reindex [ADDRESS]", Short: a.say.shortStoreReindex, Long: a.say.longStoreReindex, Args: args(cobra.MaximumNArgs(1)),
		RunE: a.action(func(ctx context.Context, ops control.Operations, args []string) error {
			var last control.Progress
			err := ops.Reindex(ctx, first(args), func(p control.Progress) error {
				last = p
				a.showProgress(&p)
				return nil
			})
			a.clearProgress()
			if err != nil {
				return err
			}
			return a.result(map[string]int64{"accounts": last.Done}, a.say.reindexed, last.Done)
		}),
	}
}

func (a *app) accountRestore() *cobra.Command {
	return &cobra.Command{
		Use: "restore ADDRESS", Short: a.say.shortAccountRestore, Long: a.say.longAccountRestore, Args: args(cobra.ExactArgs(1)),
		RunE: a.action(func(ctx context.Context, ops control.Operations, args []string) error {
			back, err := ops.RestoreAccount(ctx, args[0])
			if err != nil {
				return err
			}
			return a.result(back, a.say.accountRestored, back.Address, back.Messages)
		}),
	}
}
