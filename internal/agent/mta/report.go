package mta

import (
	"cmp"
	"context"
	"log/slog"
	"strings"
	"time"

	"tram/internal/mail/dsn"
	"tram/internal/queue"
	"tram/internal/storage/blob"
)

// ReporterOptions of a [Reporter]. Hostname, Queue and Blobs are required.
type ReporterOptions struct {
	Hostname string
	Queue    *queue.Queue // also says when a message is late: queue.Entry.WarnDue
	Blobs    blob.Store
	Counters *Counters    // default: its own
	Log      *slog.Logger // default: discards
}

// Reporter writes every notification of the server (RFC 3461, RFC 3464): that
// mail failed, is late, was delivered, passed on or distributed. Who asked for
// what decides whether there is one at all:
//
//	outcome    NOTIFY absent   names it   names others   NEVER
//	failed     told            told       -              -
//	late       told            told       -              -
//	success    -               told       -              -
//
// A notification goes to the envelope sender of accepted mail and to nobody
// else, from the null sender, so that there is never one about it. One that
// cannot be delivered goes to the postmaster instead (double.go).
//
// A Reporter only writes the message. It gets into the queue in the commit
// that settles the recipients it is about: so each is told exactly once.
type Reporter struct{ o ReporterOptions }

// NewReporter returns a reporter.
func NewReporter(o ReporterOptions) *Reporter {
	if o.Counters == nil {
		o.Counters = new(Counters)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Reporter{o}
}

// Report prepares the notification about what local delivery has done:
// outcomes[i] is that of e.Rcpts[i]. It tells of success (Delivered; Action
// says whether it was delivered, expanded or relayed) and of delay (Deferred),
// and sets Warned in the outcomes of those it warns about, which must go into
// the same SettleTx. Failures are left to whoever settles them.
//
// The caller adds the result in that commit (queue.AddTx) and publishes it
// (queue.Added). It is nil when nobody is to be told, which costs nothing.
func (r *Reporter) Report(ctx context.Context, e *queue.Entry, outcomes []queue.Outcome) (*queue.Pending, error) {
	return r.write(ctx, e, fates(e, outcomes, station{}, isNoFailure))
}

func isNoFailure(r queue.Result) bool { return r != queue.Failed }
func isAny(queue.Result) bool         { return true }

// reportAll is Report for everything that the transfer agent settles, with
// what failed. at is the host that the outcomes come from.
func (r *Reporter) reportAll(ctx context.Context, e *queue.Entry, outcomes []queue.Outcome, at station) (*queue.Pending, error) {
	if e.Sender.IsNull() {
		return r.double(ctx, e, outcomes, at)
	}
	return r.write(ctx, e, fates(e, outcomes, at, isAny))
}

// fates is what there is to tell. It allocates only when there is something.
func fates(e *queue.Entry, outcomes []queue.Outcome, at station, about func(queue.Result) bool) []dsn.Recipient {
	if e.Sender.IsNull() {
		return nil
	}
	now := time.Now()
	var told []dsn.Recipient
	for i := range outcomes {
		o := &outcomes[i]
		if !about(o.Result) {
			continue
		}
		action := tell(e, i, o, at)
		if action == "" {
			continue
		}
		o.Warned = o.Warned || action == dsn.Delayed
		told = append(told, fate(e, i, o, at, action, now))
	}
	return told
}

// tell returns what the sender is to be told about recipient i; "" is nothing.
func tell(e *queue.Entry, i int, o *queue.Outcome, at station) dsn.Action {
	rcpt := &e.Rcpts[i]
	switch o.Result {
	case queue.Untouched:
		if o.Warned { // it is not its turn, but it is late
			return dsn.Delayed
		}
	case queue.Failed:
		// RFC 3461 5.2.6: who says nothing about failures wants to hear of them.
		if rcpt.Notify == "" || strings.Contains(rcpt.Notify, "FAILURE") {
			return dsn.Failed
		}
	case queue.Deferred:
		if e.WarnDue(i) {
			return dsn.Delayed
		}
	case queue.Delivered:
		return success(e, rcpt.Notify, o.Action, at)
	}
	return ""
}

// success decides about a notification of success.
func success(e *queue.Entry, notify string, action dsn.Action, at station) dsn.Action {
	remote := at.host != "" && !at.final
	switch {
	case notify == "NEVER" || action == discarded:
		return ""
	case remote && !e.By.Until.IsZero() && (e.By.Trace || !e.By.Return && !at.deliverBy):
		return dsn.Relayed // RFC 2852 4.1.4: whatever else was asked for
	case !strings.Contains(notify, "SUCCESS"):
		return ""
	case remote && at.dsn:
		return "" // RFC 3461 5.2.1: the duty goes along
	case remote:
		return dsn.Relayed // RFC 3461 5.2.2 (b)
	}
	return cmp.Or(action, dsn.Delivered)
}

// fate is what a notification says about one recipient.
func fate(e *queue.Entry, i int, o *queue.Outcome, at station, action dsn.Action, now time.Time) dsn.Recipient {
	d := dsn.Recipient{
		Final: e.Rcpts[i].To, Original: e.Rcpts[i].ORcpt, Action: action, Status: statusOf(o.Reply),
		RemoteMTA: hostOf(at.host), Diagnostic: o.Reply, LastAttempt: now,
	}
	if o.Result == queue.Untouched {
		last := &e.Rcpts[i]
		d.Status, d.Diagnostic, d.LastAttempt = statusOf(last.LastReply), last.LastReply, last.Tried
	}
	if action == dsn.Delayed {
		d.WillRetryUntil = e.Expires
		if !e.By.Until.IsZero() && !now.Before(e.By.Until) {
			d.Status = "4.4.7" // RFC 2852 4.1.3
		}
	}
	return d
}

// statusOf takes the enhanced code (RFC 3463) from a reply; "" when it has none.
func statusOf(reply string) string {
	if words := strings.Fields(reply); len(words) > 1 && strings.Count(words[1], ".") == 2 {
		return words[1]
	}
	return ""
}

// hostOf takes the name from "mx.example.org[192.0.2.1]".
func hostOf(remote string) string {
	name, _, _ := strings.Cut(remote, "[")
	return cmp.Or(name, remote)
}
