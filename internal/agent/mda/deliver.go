package mda

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

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

// Reporter writes the notifications of RFC 3461. *mta.Reporter is one.
type Reporter interface {
	// Report prepares the notification about recipients of e that were
	// delivered or deferred, for those whose sender wants to hear of it, and
	// sets Warned in the outcomes of those that it warns about a delay. It is
	// nil when nobody is to be told. The caller adds it in the commit that
	// settles them.
	Report(ctx context.Context, e *queue.Entry, outcomes []queue.Outcome) (*queue.Pending, error)
}

// Options of a Deliverer. Those up to Directory are required.
type Options struct {
	DB        kv.DB
	Blobs     blob.Store
	Queue     *queue.Queue
	Mail      *mailstore.Store
	Directory Directory

	// Quota is what limits an account; nil: what the account itself says.
	Quota    func(ctx context.Context, a directory.Account) (mailstore.Quota, error)
	Reporter Reporter       // nil: senders hear of no success and no delay
	Outlets  outlet.Options // how files and programs are delivered to
	Log      *slog.Logger   // default: discards
}

// Deliverer delivers to mailboxes, files, programs and lists. It satisfies
// mta.LocalDeliverer.
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
	// Last, for a program may take its time, and each in a commit of its own.
	for _, i := range p.outlets {
		outcomes[i] = d.deliverOutlet(ctx, e, i)
	}
	return nil
}

// errFull stops a transaction in which a mailbox turned out to be full.
var errFull = errors.New("mda: mailbox is full")

// commit is the one transaction of promise 2. When a mailbox is full nothing
// was committed, and the mailbox is returned.
func (d *Deliverer) commit(ctx context.Context, e *queue.Entry, p *plan, outcomes []queue.Outcome) (full *drop, err error) {
	if err := p.prepare(d.o.Queue); err != nil {
		return nil, err
	}
	if err := d.limit(ctx, p); err != nil {
		return nil, err
	}
	settled, err := d.report(ctx, p, outcomes)
	if err != nil {
		return nil, err
	}
	if settled == nil {
		return nil, nil // all failed, which is the caller's to settle, or are outlets
	}
	err = d.o.DB.Update(ctx, p.accounts(), func(tx kv.Tx) error {
		// The function may run twice, so full is set anew.
		if full, err = d.fill(tx, p); err != nil {
			return err
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

// limit asks for the quotas of the mailboxes.
func (d *Deliverer) limit(ctx context.Context, p *plan) (err error) {
	if d.o.Quota == nil {
		return nil
	}
	for i := range p.drops {
		if p.drops[i].delivery[0].Quota, err = d.o.Quota(ctx, p.drops[i].account); err != nil {
			return fmt.Errorf("quota of %s: %w", p.drops[i].account.Address, err)
		}
	}
	return nil
}

// fill puts the message into the mailboxes. It returns the first that is full,
// with errFull.
func (d *Deliverer) fill(tx kv.Tx, p *plan) (full *drop, err error) {
	for i := range p.drops {
		drop := &p.drops[i]
		_, err := d.o.Mail.AppendTx(tx, drop.account.ID, drop.delivery[:])
		if errors.Is(err, mailstore.ErrOverQuota) {
			return drop, errFull
		}
		if err != nil {
			return nil, fmt.Errorf("deliver to %s: %w", drop.account.Address, err)
		}
	}
	return nil, nil
}
