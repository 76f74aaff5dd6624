package mda

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"tram/internal/agent/mda/outlet"
	"tram/internal/directory"
	"tram/internal/queue"
	"tram/internal/storage/kv"
)

// deliverOutlet delivers to one recipient that is a file or a program and
// settles it, unless it failed.
func (d *Deliverer) deliverOutlet(ctx context.Context, e *queue.Entry, rcpt int) queue.Outcome {
	target, err := directory.ParseTarget(e.Rcpts[rcpt].Outlet)
	if err != nil {
		return failed("554 5.3.5 The target of the alias cannot be read")
	}
	o := d.tryOutlet(ctx, e, rcpt, target)
	if o.Result != queue.Delivered && o.Result != queue.Deferred {
		return o
	}
	if err := d.settleOutlet(ctx, e, rcpt, &o); err != nil {
		// What it did is done; when the store comes back it is done again.
		d.o.Log.LogAttrs(ctx, slog.LevelError, "outcome cannot be written", slog.String("id", e.ID.String()), slog.Any("err", err))
		return queue.Outcome{}
	}
	d.log(ctx, e, rcpt, &o, time.Now(), nil)
	return o
}

// tryOutlet is one attempt. When ctx ends the recipient is left Untouched: it
// comes again at the next start.
func (d *Deliverer) tryOutlet(ctx context.Context, e *queue.Entry, rcpt int, target directory.Target) queue.Outcome {
	err := d.handOver(ctx, e, rcpt, target)
	var failure *outlet.Failure
	switch {
	case err == nil:
		return queue.Outcome{Result: queue.Delivered, Reply: replyDone}
	case ctx.Err() != nil:
		return queue.Outcome{}
	case errors.As(err, &failure) && !failure.Temporary:
		d.warn(ctx, e, rcpt, err)
		return failed(failure.Reply)
	case failure != nil:
		d.warn(ctx, e, rcpt, err)
		return d.o.Queue.Defer(e, rcpt, failure.Reply)
	}
	d.warn(ctx, e, rcpt, err)
	return d.o.Queue.Defer(e, rcpt, "451 4.3.0 The message cannot be handed over")
}

// warn tells the administrator what the sender is not told.
func (d *Deliverer) warn(ctx context.Context, e *queue.Entry, rcpt int, err error) {
	d.o.Log.LogAttrs(ctx, slog.LevelWarn, "file or program did not take a message", slog.String("id", e.ID.String()),
		slog.String("outlet", e.Rcpts[rcpt].Outlet), slog.Any("err", err))
}

// handOver gives the message to the file or program.
func (d *Deliverer) handOver(ctx context.Context, e *queue.Entry, rcpt int, target directory.Target) error {
	// The entry may come from a commit that is not on disk yet. After a crash
	// its forerunner would lead here again, under another id.
	if err := d.o.Queue.Sync(ctx, e); err != nil {
		return err
	}
	body, err := d.o.Blobs.Open(ctx, e.Body)
	if err != nil {
		return fmt.Errorf("read message %s: %w", e.ID, err)
	}
	defer body.Close()
	r := &e.Rcpts[rcpt]
	front := append(e.Sender.AppendPath([]byte("Return-Path: ")), "\r\n"...)
	front = append(front, e.Header...)
	return d.outlets.Deliver(ctx, target, &outlet.Message{
		ID: e.ID.String(), Sender: e.Sender, Recipient: r.To, Original: original(r.ORcpt), Received: e.Received,
		Repeated: e.Digest == nil || r.Attempts > 0,
		Text:     io.MultiReader(bytes.NewReader(front), io.NewSectionReader(body, 0, body.Size())),
	})
}

// original is the address in an ORCPT, or "".
func original(orcpt string) string {
	kind, text, _ := strings.Cut(orcpt, ";")
	if !strings.EqualFold(kind, "rfc822") && !strings.EqualFold(kind, "utf-8") {
		return ""
	}
	return text
}

// settleOutlet commits the outcome, with the report about it. What a program
// or an mbox took is synced at once, or a crash repeats it; a Maildir knows
// what it has.
func (d *Deliverer) settleOutlet(ctx context.Context, e *queue.Entry, rcpt int, o *queue.Outcome) error {
	ctx = context.WithoutCancel(ctx) // it has happened
	outcomes := make([]queue.Outcome, len(e.Rcpts))
	outcomes[rcpt] = *o
	var report *queue.Pending
	accounts := []kv.Account{queue.Shard(e.ID)}
	if d.o.Reporter != nil {
		var err error
		if report, err = d.o.Reporter.Report(ctx, e, outcomes); err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
		*o = outcomes[rcpt]
	}
	if report != nil {
		accounts = append(accounts, report.Shard())
	}
	err := d.o.DB.Update(ctx, accounts, func(tx kv.Tx) error {
		if report != nil {
			if err := d.o.Queue.AddTx(tx, report); err != nil {
				return err
			}
		}
		return d.o.Queue.SettleTx(tx, e, outcomes)
	})
	if err != nil {
		return err
	}
	if report != nil {
		d.o.Queue.Added(report)
	}
	if o.Result == queue.Delivered && !strings.HasSuffix(e.Rcpts[rcpt].Outlet, "/") {
		return d.o.DB.Sync(ctx, accounts[0])
	}
	return nil
}
