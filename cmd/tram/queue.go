package main

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tram/internal/config"
	"tram/internal/server/control"
)

func (a *app) queueCommand() *cobra.Command {
	type operation = func(control.Operations, context.Context, control.QueueSelection) (control.Count, error)
	change := func(name, short, done string, fn operation) *cobra.Command {
		return a.complete(a.queueChange(name, short, done, fn), true, queueNames)
	}
	return group("queue", a.say.shortQueue,
		a.queueList(), a.complete(a.queueShow(), false, queueNames),
		change("retry", a.say.shortQueueRetry, a.say.queueRetried, control.Operations.QueueRetry),
		change("hold", a.say.shortQueueHold, a.say.queueHeld, control.Operations.QueueHold),
		change("release", a.say.shortQueueRelease, a.say.queueReleased, control.Operations.QueueRelease),
		change("delete", a.say.shortQueueDelete, a.say.queueDeleted, control.Operations.QueueDelete),
	)
}

// filterFlags choose entries.
type filterFlags struct {
	control.QueueFilter
	older string
	all   bool
}

func (a *app) filterFlags(c *cobra.Command, f *filterFlags) {
	c.Flags().StringVar(&f.Sender, "sender", "", a.say.flagSender)
	c.Flags().StringVar(&f.Recipient, "recipient", "", a.say.flagRecipient)
	c.Flags().StringVar(&f.Domain, "domain", "", a.say.flagDomain)
	c.Flags().StringVar(&f.State, "state", "", a.say.flagState)
	c.Flags().StringVar(&f.older, "older", "", a.say.flagOlder)
	_ = c.RegisterFlagCompletionFunc("state", cobra.FixedCompletions([]string{"fresh", "waiting", "in flight", "held", "damaged"}, cobra.ShellCompDirectiveNoFileComp))
}

// filter is what the flags say.
func (f *filterFlags) filter(now time.Time) (control.QueueFilter, error) {
	if f.older != "" {
		age, err := config.ParseDuration(f.older)
		if err != nil {
			return f.QueueFilter, usageErrorf("--older: %v", err)
		}
		f.Before = now.Add(-age.Std())
	}
	return f.QueueFilter, nil
}

func (a *app) queueList() *cobra.Command {
	var f filterFlags
	c := &cobra.Command{
		Use: "list", Short: a.say.shortQueueList, Args: args(cobra.NoArgs),
		RunE: a.action(func(ctx context.Context, ops control.Operations, _ []string) error {
			filter, err := f.filter(time.Now())
			if err != nil {
				return err
			}
			titles := []string{"ID", a.say.state, a.say.received, a.say.size, a.say.sender, a.say.recipients, a.say.next, a.say.lastReply}
			return list(a, a.say.queueEmpty, titles, a.queueRow, func(emit func(control.QueueEntry) error) error {
				return ops.Queue(ctx, filter, emit)
			})
		}),
	}
	a.filterFlags(c, &f)
	c.Flags().IntVar(&f.Limit, "limit", 0, a.say.flagLimit)
	return c
}

func (a *app) queueRow(e control.QueueEntry) []string {
	if e.Error != "" {
		return []string{e.ID, e.State, "-", "-", "-", "-", "-", e.Error}
	}
	const shown = 3
	var rcpts []string
	reply := ""
	for _, r := range e.Recipients {
		if len(rcpts) < shown {
			rcpts = append(rcpts, r.Address)
		}
		if r.Reply != "" {
			reply = r.Reply
		}
	}
	text := strings.Join(rcpts, ", ")
	if more := len(e.Recipients) - len(rcpts); more > 0 {
		text += " +" + countText(int64(more))
	}
	return []string{e.ID, e.State, timeText(e.Received), sizeText(e.Size), e.Sender, text, timeText(e.Next), shorten(reply, 60)}
}

// shorten cuts a text that is too long for a table.
func shorten(s string, length int) string {
	runes := []rune(s)
	if len(runes) <= length {
		return s
	}
	return string(runes[:length-1]) + "…"
}

func (a *app) queueShow() *cobra.Command {
	var message bool
	c := &cobra.Command{
		Use: "show ID", Short: a.say.shortQueueShow, Args: args(cobra.ExactArgs(1)),
		RunE: a.action(func(ctx context.Context, ops control.Operations, args []string) error {
			if message {
				return ops.QueueMessage(ctx, args[0], func(piece []byte) error {
					_, err := a.stdout.Write(piece)
					return err
				})
			}
			e, err := ops.QueueShow(ctx, args[0])
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(e)
			}
			return a.printEntry(&e)
		}),
	}
	c.Flags().BoolVar(&message, "message", false, a.say.flagMessage)
	return c
}

func (a *app) printEntry(e *control.QueueEntry) error {
	from := e.Protocol
	if e.Client != "" {
		from += " " + e.Client
	}
	if e.User != "" {
		from += " (" + e.User + ")"
	}
	a.fields(
		[2]string{"ID", e.ID}, [2]string{a.say.state, e.State}, [2]string{a.say.sender, e.Sender},
		[2]string{a.say.size, sizeText(e.Size)}, [2]string{a.say.received, timeText(e.Received)},
		[2]string{a.say.origin, from}, [2]string{a.say.next, timeText(e.Next)}, [2]string{a.say.expiresAt, timeText(e.Expires)},
	)
	rows := make([][]string, len(e.Recipients))
	for i, r := range e.Recipients {
		rows[i] = []string{r.Address, countText(int64(r.Attempts)), timeText(r.Tried), timeText(r.Next), r.Reply}
	}
	return a.table([]string{a.say.recipient, a.say.attempts, a.say.tried, a.say.next, a.say.lastReply}, rows)
}

// queueChange is one of the commands that change entries: those named, those
// that the flags choose, or all.
func (a *app) queueChange(name, short, done string, fn func(control.Operations, context.Context, control.QueueSelection) (control.Count, error)) *cobra.Command {
	var f filterFlags
	c := &cobra.Command{Use: name + " [ID...]", Short: short}
	c.RunE = a.action(func(ctx context.Context, ops control.Operations, ids []string) error {
		filter, err := f.filter(time.Now())
		if err != nil {
			return err
		}
		chosen := f.all || filter != control.QueueFilter{}
		switch {
		case len(ids) > 0 && chosen:
			return usageErrorf("name entries or choose them with flags, not both; see %s --help", c.CommandPath())
		case len(ids) == 0 && !chosen:
			return usageErrorf("nothing is chosen; name entries, or use --all, --sender, --recipient, --domain, --state or --older")
		}
		selection := control.QueueSelection{IDs: ids}
		if chosen {
			selection.Filter = &filter
		}
		n, err := fn(ops, ctx, selection)
		if err != nil {
			return err
		}
		return a.result(n, done, n.Count)
	})
	a.filterFlags(c, &f)
	c.Flags().BoolVar(&f.all, "all", false, a.say.flagAll)
	return c
}
