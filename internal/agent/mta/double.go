package mta

import (
	"context"
	"log/slog"
	"time"

	"tram/internal/mail/address"
	"tram/internal/mail/dsn"
	"tram/internal/queue"
)

// The end of the line for notifications. Mail from the null sender is never
// answered (RFC 5321 6.1). But when it is a notification of our own that
// cannot be delivered, somebody's mail was lost and nobody knows; so the
// postmaster gets it, with the notification attached (RFC 3461 5.2). That
// letter carries a mark in its origin, which goes along when an alias sends it
// elsewhere. When a marked letter fails too, it ends in the log: there is no
// loop. Other null-sender mail ends in the log at once: strangers could fill
// the postmaster's mailbox with it.

// doubleBounce is the mark, in queue.Origin.Helo.
const doubleBounce = "double-bounce"

// double decides about failures of mail from the null sender.
func (r *Reporter) double(ctx context.Context, e *queue.Entry, outcomes []queue.Outcome, at station) (*queue.Pending, error) {
	now := time.Now()
	var fates []dsn.Recipient
	for i := range outcomes {
		if outcomes[i].Result == queue.Failed {
			fates = append(fates, fate(e, i, &outcomes[i], at, dsn.Failed, now))
		}
	}
	if len(fates) == 0 {
		return nil, nil
	}
	r.o.Counters.DoubleBounces.Add(1)
	if e.Origin.Protocol != localProtocol || e.Origin.Helo == doubleBounce {
		r.o.Log.LogAttrs(ctx, slog.LevelWarn, "double bounce dropped", slog.String("id", e.ID.String()))
		return nil, nil
	}
	// <postmaster> without a domain is the postmaster of this host (RFC 5321
	// 4.5.1), so it stays here, or goes where he wants it.
	m := r.message(e, address.Address{Local: "postmaster"})
	m.Origin.Helo = doubleBounce
	report := r.report(e, m, fates)
	report.To = address.Address{Local: "postmaster", Domain: report.From.Domain}
	report.Postmaster, report.Full = true, true
	return r.store(ctx, e, m, report)
}
