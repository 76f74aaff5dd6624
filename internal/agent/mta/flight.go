package mta

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"tram/internal/directory"
	"tram/internal/queue"
	"tram/internal/storage/kv"
)

// flight is an entry of the queue in our hands, from Next to the one call that
// ends it. Its groups of recipients end in any order, each in a commit of its
// own; the last one out ends the flight.
type flight struct {
	m *MTA
	e *queue.Entry

	open      atomic.Int32 // groups that are not done, and handle while it runs
	settled   atomic.Bool  // a commit has changed the entry
	failed    atomic.Bool  // a commit was tried and has failed
	postponed atomic.Int64 // latest time, in ns, at which a group without a place may come again
}

// close ends the part of one group, or of handle.
func (f *flight) close() {
	if f.open.Add(-1) > 0 {
		return
	}
	switch until := f.postponed.Load(); {
	case f.failed.Load():
		f.m.o.Queue.Release(f.e)
	case f.settled.Load():
		f.m.o.Queue.Settled(f.e)
	case until > 0:
		f.m.o.Queue.Postpone(f.e, time.Unix(0, until))
	default:
		f.m.o.Queue.Release(f.e)
	}
}

// postpone leaves a group's recipients as they are until a later time.
func (f *flight) postpone(until time.Time) {
	for at := until.UnixNano(); ; {
		before := f.postponed.Load()
		if before >= at || f.postponed.CompareAndSwap(before, at) {
			return
		}
	}
}

// verdict is the outcome of one recipient, by its index in the entry.
type verdict struct {
	rcpt    int
	outcome queue.Outcome
}

// station is the host that the outcome comes from; zero for this one.
type station struct {
	host      string // "mx.example.org[192.0.2.1]"
	tls       string // "TLS 1.3 TLS_AES_128_GCM_SHA256"
	dsn       bool   // it offered DSN: with the message it took over the duty to notify (RFC 3461 5.2.1)
	deliverBy bool   // it offered DELIVERBY (RFC 2852)
	final     bool   // LMTP: it has put the message into the mailbox
}

// deliver hands the recipients of ours to the delivery agent and settles what
// it leaves: those that failed, and all of them when it could not work.
func (f *flight) deliver(ctx context.Context, rcpts []int, found []directory.Resolution) {
	outcomes := make([]queue.Outcome, len(f.e.Rcpts))
	err := f.m.o.Local.Deliver(ctx, f.e, rcpts, found, outcomes)
	var left []verdict
	switch {
	case isFinal(err):
		f.failed.Store(true)
		return // the worker hears of it from the queue
	case err != nil:
		f.m.o.Log.LogAttrs(ctx, slog.LevelError, "local delivery went wrong", slog.String("id", f.e.ID.String()), slog.Any("err", err))
		for _, i := range rcpts {
			left = append(left, verdict{i, f.m.o.Queue.Defer(f.e, i, "451 4.3.0 Local delivery is in trouble")})
		}
	default:
		for _, i := range rcpts {
			if outcomes[i].Result == queue.Failed {
				left = append(left, verdict{i, outcomes[i]})
				continue
			}
			f.settled.Store(true)
			f.count(outcomes[i].Result, &f.m.o.Counters.DeliveredLocal)
		}
	}
	if len(left) > 0 {
		f.settle(ctx, left, station{})
	}
}

// settle commits the outcomes of some recipients and, in the same commit, the
// notification about them.
func (f *flight) settle(ctx context.Context, verdicts []verdict, at station) {
	err := f.commit(ctx, verdicts, at)
	if err != nil {
		f.failed.Store(true)
		f.m.o.Log.LogAttrs(ctx, slog.LevelError, "outcome cannot be written", slog.String("id", f.e.ID.String()), slog.Any("err", err))
		return
	}
	f.settled.Store(true)
	for _, v := range verdicts {
		f.count(v.outcome.Result, &f.m.o.Counters.Relayed)
		if v.outcome.Result != queue.Untouched {
			f.log(ctx, v, at)
		}
	}
}

func (f *flight) commit(ctx context.Context, verdicts []verdict, at station) error {
	outcomes := make([]queue.Outcome, len(f.e.Rcpts))
	for _, v := range verdicts {
		outcomes[v.rcpt] = v.outcome
	}
	bounce, err := f.m.o.Report.reportAll(ctx, f.e, outcomes, at)
	if err != nil {
		return fmt.Errorf("write the notification: %w", err)
	}
	accounts := []kv.Account{queue.Shard(f.e.ID)}
	if bounce != nil {
		accounts = append(accounts, bounce.Shard())
	}
	err = f.m.o.DB.Update(ctx, accounts, func(tx kv.Tx) error {
		if bounce != nil {
			if err := f.m.o.Queue.AddTx(tx, bounce); err != nil {
				return err
			}
		}
		return f.m.o.Queue.SettleTx(tx, f.e, outcomes)
	})
	if err != nil {
		return err
	}
	if bounce != nil {
		// Scheduled although not synced yet: whoever sends it on syncs first.
		f.m.o.Queue.Added(bounce)
	}
	return f.sync(ctx, verdicts)
}

// sync waits until the commit is on disk when a host has taken the message: it
// must not be sent again after a crash. All else may be lost and done again; a
// bounce is synced before it leaves.
func (f *flight) sync(ctx context.Context, verdicts []verdict) error {
	for _, v := range verdicts {
		if v.outcome.Result == queue.Delivered {
			return f.m.o.DB.Sync(ctx, queue.Shard(f.e.ID))
		}
	}
	return nil
}

func (f *flight) count(r queue.Result, delivered *atomic.Int64) {
	switch r {
	case queue.Delivered:
		delivered.Add(1)
	case queue.Deferred:
		f.m.o.Counters.Deferred.Add(1)
	case queue.Failed:
		f.m.o.Counters.Failed.Add(1)
	}
}

// log writes the line of one recipient.
func (f *flight) log(ctx context.Context, v verdict, at station) {
	message := "delivered"
	if v.outcome.Action == discarded {
		message = "discarded"
	}
	switch v.outcome.Result {
	case queue.Deferred:
		message = "deferred"
	case queue.Failed:
		message = "bounced"
	}
	attrs := []slog.Attr{
		slog.String("id", f.e.ID.String()),
		slog.String("from", f.e.Sender.Path()),
		slog.String("to", f.e.Rcpts[v.rcpt].To.Path()),
		slog.String("host", at.host),
		slog.String("tls", at.tls),
		slog.String("reply", v.outcome.Reply),
		slog.Duration("delay", time.Since(f.e.Received).Round(time.Millisecond)),
	}
	if v.outcome.Result == queue.Deferred {
		attrs = append(attrs, slog.Time("next", v.outcome.Next))
	}
	f.m.o.Log.LogAttrs(ctx, slog.LevelInfo, message, attrs...)
}
