package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"tram/internal/server/control"
)

// queueChange is one of the commands that change entries: those named, those
// that the flags choose, or all.
type queueChange struct {
	name, short, done string
	do                func(control.Operations, context.Context, control.QueueSelection) (control.Count, error)
	ask               string // question before it is done to what flags chose; "" asks nothing
	reason            bool   // takes --reason
	to                bool   // takes the new address as its first argument
}

func (a *app) queueChanges() []*cobra.Command {
	var all []*cobra.Command
	for _, change := range []queueChange{
		{name: "retry", short: a.say.shortQueueRetry, done: a.say.queueRetried, do: control.Operations.QueueRetry},
		{name: "hold", short: a.say.shortQueueHold, done: a.say.queueHeld, do: control.Operations.QueueHold, reason: true},
		{name: "release", short: a.say.shortQueueRelease, done: a.say.queueReleased, do: control.Operations.QueueRelease},
		{name: "delete", short: a.say.shortQueueDelete, done: a.say.queueDeleted, do: control.Operations.QueueDelete, ask: a.say.queueAskDelete},
		{name: "redirect", short: a.say.shortQueueRedirect, done: a.say.queueRedirected, do: control.Operations.QueueRedirect, ask: a.say.queueAskRedirect, to: true},
	} {
		all = append(all, a.queueChangeCommand(change))
	}
	return all
}

func (a *app) queueChangeCommand(change queueChange) *cobra.Command {
	var (
		f           filterFlags
		yes, dryRun bool
		reason      string
	)
	c := &cobra.Command{Use: change.name + " [ID...]", Short: change.short, Long: change.short + ".\n\n" + a.say.longQueueSelect}
	if change.to {
		c.Use = change.name + " ADDRESS [ID...]"
		c.Args = args(cobra.MinimumNArgs(1))
	}
	c.RunE = a.action(func(ctx context.Context, ops control.Operations, ids []string) error {
		to := ""
		if change.to {
			to, ids = ids[0], ids[1:]
		}
		s, err := f.selection(c, ids)
		if err != nil {
			return err
		}
		s.Reason, s.To = reason, to
		if dryRun || change.ask != "" && s.Filter != nil && !yes {
			if goOn, err := a.look(ctx, ops, s, change, dryRun); !goOn {
				return err
			}
		}
		n, err := change.do(ops, ctx, s)
		if err != nil {
			return err
		}
		return a.result(n, change.done, n.Count)
	})
	a.filterFlags(c, &f)
	c.Flags().BoolVar(&f.all, "all", false, a.say.flagAll)
	c.Flags().BoolVar(&dryRun, "dry-run", false, a.say.flagDryRun)
	if change.ask != "" {
		c.Flags().BoolVarP(&yes, "yes", "y", false, a.say.flagYes)
	}
	if change.reason {
		c.Flags().StringVar(&reason, "reason", "", a.say.flagReason)
	}
	return a.complete(c, true, queueNames)
}

// look shows what is chosen; whether to go on is for people to say, and nothing
// to be asked after a dry run or when nothing is chosen.
func (a *app) look(ctx context.Context, ops control.Operations, s control.QueueSelection, change queueChange, dryRun bool) (goOn bool, err error) {
	p, err := ops.QueuePreview(ctx, s)
	if err != nil {
		return false, err
	}
	if dryRun {
		return false, a.printPreview(&p)
	}
	if p.Count == 0 {
		return true, nil // says that it was nothing
	}
	question := change.ask
	if change.to {
		question = fmt.Sprintf(question, s.To)
	}
	yes, err := a.confirm(&p, question)
	if err == nil && !yes {
		a.printf("%s", a.say.queueLeft)
	}
	return yes, err
}
