package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"time"

	"tram/internal/server/control"
	"tram/internal/server/local"
)

// mailqCommand is mailq with its flags, which mean something to sendmail only.
func (a *app) mailqCommand(ctx context.Context, _ []string) error { return a.mailq(ctx) }

// mailq lists the queue in the form that scripts have read since sendmail and
// Postfix; tram queue list is the one for people.
func (a *app) mailq(ctx context.Context) error {
	count, size := 0, int64(0)
	err := a.waiting(ctx, func(e control.QueueEntry) error {
		if count == 0 {
			fmt.Fprintln(a.stdout, "-Queue ID-     --Size-- ----Arrival Time---- -Sender/Recipient-------")
		}
		count++
		size += e.Size
		return a.mailqEntry(e)
	})
	if err != nil {
		return err
	}
	if count == 0 {
		fmt.Fprintln(a.stdout, "Mail queue is empty")
		return nil
	}
	word := "Requests"
	if count == 1 {
		word = "Request"
	}
	_, err = fmt.Fprintf(a.stdout, "-- %d Kbytes in %d %s.\n", (size+1023)/1024, count, word)
	return err
}

// waiting lists what waits: all of it for who administers the server, and for
// everybody else what is his own.
func (a *app) waiting(ctx context.Context, emit func(control.QueueEntry) error) error {
	err := local.Queue(ctx, a.localDirectory(), emit)
	if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ECONNREFUSED) {
		return err
	}
	return a.with(ctx, func(ops control.Operations) error { return ops.Queue(ctx, control.QueueFilter{}, emit) })
}

// mailqEntry writes an entry; a star marks one that is being delivered, an
// exclamation mark one on hold.
func (a *app) mailqEntry(e control.QueueEntry) error {
	mark := map[string]string{"in flight": "*", "held": "!"}[e.State]
	sender := e.Sender
	if sender == "" || sender == "<>" {
		sender = "MAILER-DAEMON"
	}
	fmt.Fprintf(a.stdout, "%-14s%8d %s  %s\n", e.ID+mark, e.Size, e.Received.Local().Format(time.ANSIC)[:19], printable(sender))
	for _, r := range e.Recipients {
		if r.Reply != "" {
			fmt.Fprintf(a.stdout, "%40s(%s)\n", "", printable(r.Reply))
		}
		fmt.Fprintf(a.stdout, "%40s%s\n", "", printable(r.Address))
	}
	_, err := fmt.Fprintln(a.stdout)
	return err
}
