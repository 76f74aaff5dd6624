package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"tram/internal/server/control"
)

// usualDestinations is how many domains are shown when nobody says otherwise.
const usualDestinations = 30

// queueDestinations counts the queue by domain, as qshape does for Postfix.
func (a *app) queueDestinations() *cobra.Command {
	var most int
	c := &cobra.Command{
		Use: "destinations", Aliases: []string{"domains"}, Short: a.say.shortQueueDestinations, Args: args(cobra.NoArgs),
		RunE: a.action(func(ctx context.Context, ops control.Operations, _ []string) error {
			d, err := ops.QueueDestinations(ctx, most)
			switch {
			case err != nil:
				return err
			case a.json:
				return a.printJSON(d)
			case len(d.Destinations) == 0:
				a.printf("%s", a.say.queueEmpty)
				return nil
			}
			return a.printDestinations(&d)
		}),
	}
	c.Flags().IntVar(&most, "limit", usualDestinations, a.say.flagMost)
	return c
}

func (a *app) printDestinations(d *control.QueueDestinations) error {
	below := func(age string) string { return fmt.Sprintf(a.say.below, age) }
	titles := []string{
		a.say.domain, a.say.entries, below("1h"), below("4h"), below("1d"), a.say.older,
		a.say.held, a.say.oldest, a.say.blocked, a.say.lastReply,
	}
	rows := make([][]string, len(d.Destinations))
	for i, one := range d.Destinations {
		domain := one.Domain
		if domain == "" {
			domain = a.say.several
		}
		rows[i] = []string{
			domain, strconv.Itoa(one.Entries), strconv.Itoa(one.Hour), strconv.Itoa(one.Hours), strconv.Itoa(one.Day), strconv.Itoa(one.Older),
			strconv.Itoa(one.Held), timeText(one.Oldest), timeText(one.Blocked), shorten(one.Reply, 60),
		}
	}
	if err := a.table(titles, rows); err != nil {
		return err
	}
	if len(rows) < d.Domains {
		a.printf(a.say.domainsShown, len(rows), d.Domains)
	}
	return nil
}

// queueStats counts the queue, and says what there is room for.
func (a *app) queueStats() *cobra.Command {
	return &cobra.Command{
		Use: "stats", Short: a.say.shortQueueStats, Args: args(cobra.NoArgs),
		RunE: a.action(func(ctx context.Context, ops control.Operations, _ []string) error {
			st, err := ops.Status(ctx)
			switch {
			case err != nil:
				return err
			case a.json:
				return a.printJSON(st.Queue)
			}
			a.fields(a.queueCounts(&st.Queue)...)
			return nil
		}),
	}
}

func (a *app) queueCounts(q *control.QueueStatus) [][2]string {
	count := func(name string, n int) [2]string { return [2]string{name, strconv.Itoa(n)} }
	pairs := [][2]string{
		count(a.say.entries, q.Entries), count(a.say.fresh, q.Fresh), count(a.say.waiting, q.Waiting),
		count(a.say.inFlight, q.InFlight), count(a.say.held, q.Held), count(a.say.damagedEntries, q.Damaged),
		{a.say.oldest, timeText(q.Oldest)}, {a.say.domains, fmt.Sprintf(a.say.domainsBlocked, q.Domains, q.Blocked)},
	}
	if q.Room == nil { // no server runs
		return pairs
	}
	pairs = append(pairs, [2]string{a.say.addedSinceStart, strconv.FormatUint(q.Added, 10)})
	return append(pairs, a.roomFields(q.Room)...)
}

// roomFields says whether there is room for new mail.
func (a *app) roomFields(r *control.Room) [][2]string {
	intake := a.say.mailTaken
	if r.Reason != "" {
		intake = fmt.Sprintf(a.say.mailRefused, r.Reason)
	}
	return [][2]string{
		{a.say.newMail, intake},
		{a.say.spaceFree, fmt.Sprintf(a.say.spaceWanted, sizeText(r.FreeBytes), sizeText(r.WantedBytes))},
	}
}
