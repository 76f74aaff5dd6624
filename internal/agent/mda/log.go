package mda

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"tram/internal/queue"
)

// published tells the world about the commit.
func (d *Deliverer) published(ctx context.Context, e *queue.Entry, p *plan, outcomes []queue.Outcome) {
	for i := range p.drops {
		d.o.Mail.Committed(p.drops[i].account.ID)
	}
	for _, pending := range p.pending {
		d.o.Queue.Added(pending)
	}
	now := time.Now()
	for _, r := range p.rcpts {
		d.log(ctx, e, r, &outcomes[r], now, p)
	}
}

// appendWhere says which way a recipient's copies went.
func (p *plan) appendWhere(attrs []slog.Attr, rcpt int) []slog.Attr {
	for i := range p.drops {
		if slices.Contains(p.drops[i].rcpts, rcpt) {
			attrs = append(attrs, slog.String("mailbox", p.drops[i].account.Address))
		}
	}
	for i := range p.forwards {
		// One line for a list, not thousands of attributes.
		if f := &p.forwards[i]; f.rcpt == rcpt && !f.copyOfList {
			attrs = append(attrs, slog.String("forwarded_as", p.pending[i].ID().String()))
		}
	}
	for _, l := range p.posted {
		if l.rcpt == rcpt {
			attrs = append(attrs, slog.String("list", l.address), slog.Int("members", l.members))
		}
	}
	return attrs
}

// log writes the line of one recipient; p is nil for a file or program. Failed
// ones are logged where they are settled.
func (d *Deliverer) log(ctx context.Context, e *queue.Entry, rcpt int, o *queue.Outcome, now time.Time, p *plan) {
	attrs := make([]slog.Attr, 0, 8)
	attrs = append(attrs,
		slog.String("id", e.ID.String()),
		slog.String("from", e.Sender.Path()),
		slog.String("to", e.Rcpts[rcpt].To.Path()),
		slog.Duration("delay", now.Sub(e.Received).Round(time.Millisecond)))
	if outlet := e.Rcpts[rcpt].Outlet; outlet != "" {
		attrs = append(attrs, slog.String("outlet", outlet))
	}
	switch o.Result {
	case queue.Delivered:
		if p != nil {
			attrs = p.appendWhere(attrs, rcpt)
		}
		d.o.Log.LogAttrs(ctx, slog.LevelInfo, "delivered", attrs...)
	case queue.Deferred:
		attrs = append(attrs, slog.String("reply", o.Reply), slog.Time("next", o.Next))
		d.o.Log.LogAttrs(ctx, slog.LevelInfo, "deferred", attrs...)
	}
}
