package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/spf13/cobra"

	"tram/internal/config"
	"tram/internal/server/control"
)

func (a *app) traceCommand() *cobra.Command {
	var (
		q     control.TraceQuery
		since string
	)
	c := &cobra.Command{
		Use: "trace ID|ADDRESS|@DOMAIN", Short: a.say.shortTrace, Long: a.say.longTrace, Args: args(cobra.ExactArgs(1)),
		RunE: a.action(func(ctx context.Context, ops control.Operations, args []string) error {
			q.About = args[0]
			if since != "" {
				span, err := config.ParseDuration(since)
				if err != nil {
					return usageErrorf("--since: %v", err)
				}
				q.Since = time.Now().Add(-span.Std())
			}
			return a.trace(ctx, ops, q)
		}),
	}
	c.Flags().StringVar(&since, "since", "", a.say.flagSince)
	c.Flags().IntVar(&q.Limit, "limit", 0, a.say.flagMessages)
	return c
}

func (a *app) trace(ctx context.Context, ops control.Operations, q control.TraceQuery) error {
	events := []control.TraceEvent{}
	err := ops.Trace(ctx, q, func(e control.TraceEvent) error {
		events = append(events, e)
		return nil
	})
	switch {
	case err != nil:
		return err
	case a.json:
		return a.printJSON(events)
	case len(events) == 0:
		a.printf(a.say.traceNothing, q.About)
		return nil
	}
	for begin := 0; begin < len(events); {
		end := begin + 1
		for end < len(events) && events[end].ID == events[begin].ID {
			end++
		}
		if begin > 0 {
			fmt.Fprintln(a.stdout)
		}
		if err := a.road(events[begin:end]); err != nil {
			return err
		}
		begin = end
	}
	return nil
}

// road writes the events of one message: a line that names it, and one a
// station, with the time since the first.
func (a *app) road(events []control.TraceEvent) error {
	first := events[0]
	title := first.ID
	if title == "" {
		title = a.say.traceRefused
	}
	began := first.Time.Local().Format("2006-01-02 15:04:05.000")
	if isTerminal(a.stdout) {
		title = lipgloss.NewStyle().Bold(true).Render(title)
	}
	if _, err := lipgloss.Fprintln(a.stdout, title+"  "+began+a.origin(first)); err != nil {
		return err
	}
	for _, e := range events {
		when := "+" + spanText(e.Time.Sub(first.Time))
		if first.ID == "" {
			when = e.Time.Local().Format(time.DateTime)
		}
		_, err := lipgloss.Fprintf(a.stdout, "  %-9s  %s  %s\n", when, a.eventText(e.Event), eventFields(e))
		if err != nil {
			return err
		}
	}
	return nil
}

// origin says from which message another one was made, and why.
func (a *app) origin(e control.TraceEvent) string {
	for _, key := range []string{"bounce_of", "report_of", "copy_of"} {
		if id := e.Fields[key]; id != "" {
			return "  " + fmt.Sprintf(a.say.traceMadeFrom, printable(id))
		}
	}
	return ""
}

// eventText is the name of an event, coloured by how good it is, as wide as
// the longest.
func (a *app) eventText(name string) string {
	colours := map[string]string{"delivered": "2", "deferred": "3", "bounced": "1", "rejected": "1"}
	texts := map[string]string{
		"queued": a.say.eventQueued, "delivered": a.say.eventDelivered, "deferred": a.say.eventDeferred,
		"bounced": a.say.eventBounced, "rejected": a.say.eventRejected,
	}
	text, ok := texts[name]
	if !ok {
		text = printable(name)
	}
	style := lipgloss.NewStyle().Width(9)
	if colour, ok := colours[name]; ok && isTerminal(a.stdout) {
		style = style.Foreground(lipgloss.Color(colour))
	}
	return style.Render(text)
}

// eventOrder is the order in which the fields of an event are shown; others
// follow by name.
var eventOrder = []string{
	"from", "to", "rcpts", "size", "client", "helo", "user", "protocol", "mailbox", "list", "outlet", "host", "tls", "reply",
	"next", "delay", "forwarded_as", "bounce_of",
}

// eventFields writes the fields of an event: those whose value tells by itself
// what it is stand alone.
func eventFields(e control.TraceEvent) string {
	var parts []string
	add := func(key string) {
		value := e.Fields[key]
		if value == "" || key == "delay" && e.Event == "queued" {
			return
		}
		switch key {
		case "size":
			if n, err := strconv.ParseInt(value, 10, 64); err == nil {
				value = sizeText(n)
			}
			parts = append(parts, value)
		case "protocol":
			parts = append(parts, printable(value))
		case "reply":
			parts = append(parts, strconv.Quote(printable(value)))
		case "next":
			if at, err := time.Parse(time.RFC3339, value); err == nil {
				value = at.Local().Format(time.DateTime)
			}
			parts = append(parts, "next "+value)
		default:
			parts = append(parts, key+" "+printable(value))
		}
	}
	for _, key := range eventOrder {
		add(key)
	}
	var others []string
	for key := range e.Fields {
		if !slices.Contains(eventOrder, key) {
			others = append(others, key)
		}
	}
	slices.Sort(others)
	for _, key := range others {
		add(key)
	}
	return strings.Join(parts, ", ")
}

// spanText is a span of time for people: "0.012s", "4m10s", "2h5m".
func spanText(d time.Duration) string {
	if d < time.Minute {
		return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) + "s"
	}
	return config.Duration(d.Round(time.Second)).String()
}
