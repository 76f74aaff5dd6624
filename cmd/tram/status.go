package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"tram/internal/server/control"
)

func (a *app) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: a.say.shortStatus, Args: args(cobra.NoArgs),
		RunE: a.action(func(ctx context.Context, ops control.Operations, _ []string) error {
			st, err := ops.Status(ctx)
			if err != nil {
				return err
			}
			if a.json {
				err = a.printJSON(st)
			} else {
				err = a.printStatus(&st)
			}
			return errors.Join(err, statusError(&st))
		}),
	}
}

// statusError makes the exit code tell whether the server runs and is well.
func statusError(st *control.Status) error {
	switch {
	case !st.Running:
		return &codedError{exitUnavailable, errors.New("")}
	case len(st.Trouble) > 0:
		return &codedError{exitFailed, errors.New("")}
	}
	return nil
}

func (a *app) printStatus(st *control.Status) error {
	q := st.Queue
	pairs := [][2]string{{a.say.server, a.say.stopped}}
	if st.Running {
		pairs = [][2]string{
			{a.say.server, fmt.Sprintf(a.say.runningSince, st.PID, timeText(st.Started))},
			{a.say.version, st.Version},
			{a.say.memory, sizeText(st.MemoryBytes)},
		}
	}
	pairs = append(pairs, [2]string{a.say.hostname, st.Hostname}, [2]string{a.say.dataDirectory, st.Data},
		[2]string{a.say.queue, fmt.Sprintf(a.say.queueCounts, q.Entries, q.Fresh, q.Waiting, q.InFlight, q.Held, q.Damaged)})
	if !q.Oldest.IsZero() {
		pairs = append(pairs, [2]string{a.say.oldest, timeText(q.Oldest)})
	}
	if q.Room != nil {
		pairs = append(pairs, a.roomFields(q.Room)...)
	}
	if c := st.Certificate; c != nil {
		text := strings.Join(c.Names, ", ") + fmt.Sprintf(a.say.expires, timeText(c.Expires))
		if c.SelfSigned {
			text += a.say.selfSigned
		}
		pairs = append(pairs, [2]string{a.say.certificate, text})
	}
	for _, t := range st.Trouble {
		pairs = append(pairs, [2]string{a.say.trouble, t})
	}
	a.fields(pairs...)
	if len(st.Listeners) == 0 {
		return nil
	}
	rows := make([][]string, len(st.Listeners))
	for i, l := range st.Listeners {
		rows[i] = []string{l.Protocol, l.Address, l.TLS, strconv.Itoa(l.Sessions)}
	}
	return a.table([]string{a.say.protocol, a.say.address, "TLS", a.say.sessions}, rows)
}
