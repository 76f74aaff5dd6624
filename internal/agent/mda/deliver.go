package mda

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"tram/internal/agent/mda/outlet"
	"tram/internal/directory"
	"tram/internal/mail/address"
	"tram/internal/mailstore"
	"tram/internal/queue"
	"tram/internal/storage/blob"
	"tram/internal/storage/kv"
)

// Directory expands addresses. *directory.Directory is one.
type Directory interface {
	Expand(ctx context.Context, a address.Address) (directory.Expansion, error)
}

// Reporter writes the success notifications of RFC 3461. *mta.Reporter is one.
type Reporter interface {
	// Report prepares the notification for those recipients of e whose outcome
	// is Delivered and whose sender wants to hear of it. It is nil when nobody
	// is to be told. The caller adds it in the commit that settles them.
	Report(ctx context.Context, e *queue.Entry, outcomes []queue.Outcome) (*queue.Pending, error)
}

// Options of a Deliverer. Those up to Directory are required.
type Options struct {
	DB        kv.DB
	Blobs     blob.Store
	Queue     *queue.Queue
	Mail      *mailstore.Store
	Directory Directory

	Reporter Reporter       // nil: senders hear of no success
	Outlets  outlet.Options // how files and programs are delivered to
	Log      *slog.Logger   // default: discards
}

// Deliverer delivers to mailboxes. It satisfies mta.LocalDeliverer.
type Deliverer struct {
	o       Options
	outlets *outlet.Deliverer
}

// New returns a deliverer.
func New(o Options) *Deliverer {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Deliverer{o: o, outlets: outlet.New(o.Outlets)}
}

// Deliver delivers e to those of its recipients that rcpts names and sets
// their outcomes; see mta.LocalDeliverer.
func (d *Deliverer) Deliver(ctx context.Context, e *queue.Entry, rcpts []int, found []directory.Resolution, outcomes []queue.Outcome) error {
	p, err := d.plan(ctx, e, rcpts, found, outcomes)
	if err != nil {
		return err
	}
	for {
		full, err := d.commit(ctx, e, p, outcomes)
		if err != nil {
			return err
		}
		if full == nil {
			break
		}
		// A quota was found to be used up inside the transaction, which is
		// rolled back. Once more without that mailbox; each round takes one out.
		p.setAside(full, outcomes)
	}
	d.published(ctx, e, p, outcomes)
	return nil
}

// errFull stops a transaction in which a mailbox turned out to be full.
var errFull = errors.New("mda: mailbox is full")

// commit is the one transaction of promise 2. When a mailbox is full nothing
// was committed, and the mailbox is returned.
func (d *Deliverer) commit(ctx context.Context, e *queue.Entry, p *plan, outcomes []queue.Outcome) (full *drop, err error) {
	if err := p.prepare(d.o.Queue, e); err != nil {
		return nil, err
	}
	settled := p.settled(outcomes)
	if settled == nil {
		return nil, nil // all failed: that is the caller's to settle
	}
	err = d.o.DB.Update(ctx, p.accounts(e), func(tx kv.Tx) error {
		full = nil // the function may run twice
		for i := range p.drops {
			drop := &p.drops[i]
			_, err := d.o.Mail.AppendTx(tx, drop.account.ID, drop.delivery[:])
			if errors.Is(err, mailstore.ErrOverQuota) {
				full = drop
				return errFull
			}
			if err != nil {
				return fmt.Errorf("deliver to %s: %w", drop.account.Address, err)
			}
		}
		for _, pending := range p.pending {
			if err := d.o.Queue.AddTx(tx, pending); err != nil {
				return fmt.Errorf("forward: %w", err)
			}
		}
		return d.o.Queue.SettleTx(tx, e, settled)
	})
	if full != nil {
		return full, nil
	}
	return nil, err
}

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
		d.log(ctx, e, r, p, &outcomes[r], now)
	}
}

// log writes the line of one recipient. Failed ones are logged where they are
// settled.
func (d *Deliverer) log(ctx context.Context, e *queue.Entry, rcpt int, p *plan, o *queue.Outcome, now time.Time) {
	attrs := make([]slog.Attr, 0, 8)
	attrs = append(attrs,
		slog.String("id", e.ID.String()),
		slog.String("from", e.Sender.Path()),
		slog.String("to", e.Rcpts[rcpt].To.Path()),
		slog.Duration("delay", now.Sub(e.Received).Round(time.Millisecond)))
	switch o.Result {
	case queue.Delivered:
		for i := range p.drops {
			if slices.Contains(p.drops[i].rcpts, rcpt) {
				attrs = append(attrs, slog.String("mailbox", p.drops[i].account.Address))
			}
		}
		for i, forward := range p.forwards {
			if forward.rcpt == rcpt {
				attrs = append(attrs, slog.String("forwarded_as", p.pending[i].ID().String()))
			}
		}
		d.o.Log.LogAttrs(ctx, slog.LevelInfo, "delivered", attrs...)
	case queue.Deferred:
		attrs = append(attrs, slog.String("reply", o.Reply), slog.Time("next", o.Next))
		d.o.Log.LogAttrs(ctx, slog.LevelInfo, "deferred", attrs...)
	}
}
