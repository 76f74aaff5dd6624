package main

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tram/internal/server/control"
)

func (a *app) queueCommand() *cobra.Command {
	c := group("queue", a.say.shortQueue,
		a.queueList(), a.complete(a.queueShow(), false, queueNames), a.queueDestinations(), a.queueStats())
	c.AddCommand(a.queueChanges()...)
	return c
}

// usualList is how many entries people are shown when they do not say how many.
const usualList = 1000

func (a *app) queueTitles() []string {
	return []string{"ID", a.say.state, a.say.received, a.say.size, a.say.sender, a.say.recipients, a.say.next, a.say.lastReply}
}

func (a *app) queueList() *cobra.Command {
	var f filterFlags
	c := &cobra.Command{
		Use: "list", Short: a.say.shortQueueList, Long: a.say.shortQueueList + ".\n\n" + a.say.longQueueSelect, Args: args(cobra.NoArgs),
	}
	c.RunE = a.action(func(ctx context.Context, ops control.Operations, _ []string) error {
		filter, err := f.filter()
		if err != nil {
			return err
		}
		none := a.say.queueEmpty
		if f.isChosen() {
			none = a.say.queueNoneChosen
		}
		if a.json && !c.Flags().Changed("limit") {
			filter.Limit = 0 // a script wants all
		}
		shown := 0
		err = list(a, none, a.queueTitles(), a.queueRow, func(emit func(control.QueueEntry) error) error {
			return ops.Queue(ctx, filter, func(e control.QueueEntry) error {
				shown++
				return emit(e)
			})
		})
		if err == nil && shown > 0 && shown == filter.Limit {
			a.printf(a.say.queueListCut, shown)
		}
		return err
	})
	a.filterFlags(c, &f)
	c.Flags().IntVar(&f.Limit, "limit", usualList, a.say.flagLimit)
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
		reply = cmp.Or(r.Reply, reply)
	}
	text := strings.Join(rcpts, ", ")
	if more := len(e.Recipients) - len(rcpts); more > 0 {
		text += " +" + countText(int64(more))
	}
	return []string{e.ID, e.State, timeText(e.Received), sizeText(e.Size), e.Sender, text, timeText(e.Next), shorten(cmp.Or(e.HoldReason, reply, e.Why), 60)}
}

// rareFields are those that most entries have not.
func (a *app) rareFields(e *control.QueueEntry) (pairs [][2]string) {
	if e.Priority != 0 {
		pairs = append(pairs, [2]string{a.say.priority, countText(int64(e.Priority))})
	}
	for _, at := range []struct {
		name string
		time time.Time
	}{{a.say.release, e.Release}, {a.say.deadline, e.Deadline}} {
		if !at.time.IsZero() {
			pairs = append(pairs, [2]string{at.name, timeText(at.time)})
		}
	}
	if e.HoldReason != "" {
		pairs = append(pairs, [2]string{a.say.holdReason, e.HoldReason})
	}
	if !e.Blocked.IsZero() {
		pairs = append(pairs, [2]string{a.say.blocked, timeText(e.Blocked) + ": " + e.Why})
	}
	return pairs
}

// rcptText is a recipient with the file or program it stands for, and the address
// that the sender knows when it is another one.
func rcptText(r *control.QueueRcpt) string {
	text := r.Address
	if r.Outlet != "" {
		text += " → " + r.Outlet
	}
	if _, original, ok := strings.Cut(r.Original, ";"); ok && original != r.Address {
		text += " (" + original + ")"
	}
	return text
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
	pairs := [][2]string{
		{"ID", e.ID}, {a.say.state, e.State}, {a.say.sender, e.Sender},
		{a.say.size, sizeText(e.Size)}, {a.say.received, timeText(e.Received)},
		{a.say.origin, from}, {a.say.next, timeText(e.Next)}, {a.say.expiresAt, timeText(e.Expires)},
	}
	a.fields(append(pairs, a.rareFields(e)...)...)
	rows := make([][]string, len(e.Recipients))
	for i, r := range e.Recipients {
		rows[i] = []string{rcptText(&r), countText(int64(r.Attempts)), timeText(r.Tried), timeText(r.Next), r.Reply}
	}
	return a.table([]string{a.say.recipient, a.say.attempts, a.say.tried, a.say.next, a.say.lastReply}, rows)
}
