package mda

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"tram/internal/directory"
	"tram/internal/mail/address"
	"tram/internal/mail/message"
	"tram/internal/mailstore"
	"tram/internal/queue"
	"tram/internal/storage/kv"
)

// drop is one copy for one mailbox.
type drop struct {
	rcpts    []int // the recipients that lead to it
	account  directory.Account
	delivery [1]mailstore.Delivery
}

// forward is a new entry of the queue for addresses that a recipient leads to.
type forward struct {
	rcpt   int
	to     []address.Address
	header []byte // in front of the message
}

// plan is what one delivery is going to do.
type plan struct {
	queue    *queue.Queue
	e        *queue.Entry
	rcpts    []int
	drops    []drop
	forwards []forward
	pending  []*queue.Pending // one for each forward
}

// Replies that a recipient fails or is deferred with.
const (
	replyNoUser   = "550 5.1.1 No such user here"
	replyDisabled = "550 5.2.1 This mailbox takes no mail at present"
	replyLoop     = "554 5.4.6 The message was delivered to this address before: a mail loop"
	replyAlias    = "554 5.4.6 The alias leads nowhere, or to too many addresses"
	replyFull     = "452 4.2.2 The mailbox is full"
)

// plan expands the recipients. Those that cannot be delivered to get their
// outcome at once, the others that of success.
func (d *Deliverer) plan(ctx context.Context, e *queue.Entry, rcpts []int, found []directory.Resolution, outcomes []queue.Outcome) (*plan, error) {
	seen, digest, err := d.inspect(ctx, e)
	if err != nil {
		return nil, err
	}
	p := &plan{queue: d.o.Queue, e: e, rcpts: rcpts}
	for n, i := range rcpts {
		if seen.has(e.Rcpts[i].To) {
			outcomes[i] = failed(replyLoop)
			continue
		}
		x, err := d.expand(ctx, e.Rcpts[i].To, &found[n])
		if err != nil {
			return nil, err
		}
		outcomes[i] = p.add(i, x, seen, digest)
	}
	return p, nil
}

// expand follows an alias to its end. For anything but an alias the first step
// was the last one, and the directory need not be asked again.
func (d *Deliverer) expand(ctx context.Context, to address.Address, found *directory.Resolution) (directory.Expansion, error) {
	switch found.Class {
	case directory.IsAccount:
		return directory.Expansion{Accounts: []directory.Local{{Account: found.Account, Tag: found.Tag}}}, nil
	case directory.Unknown:
		return directory.Expansion{Failures: []directory.Failure{{Address: to, Err: directory.ErrNoAccount}}}, nil
	case directory.Disabled:
		return directory.Expansion{Failures: []directory.Failure{{Address: to, Err: directory.ErrDisabled}}}, nil
	}
	return d.o.Directory.Expand(ctx, to)
}

func failed(reply string) queue.Outcome { return queue.Outcome{Result: queue.Failed, Reply: reply} }

// add plans one recipient and returns its outcome.
func (p *plan) add(rcpt int, x directory.Expansion, seen deliveredTo, digest *message.Digest) queue.Outcome {
	reached, loop := false, false
	for _, local := range x.Accounts {
		if seen.hasText(local.Account.Address) {
			loop = true
			continue
		}
		reached = true
		p.drop(rcpt, local.Account, digest)
	}
	if len(x.Remote) > 0 {
		reached = true
		p.forward(rcpt, x.Remote, deliveredToLine(p.e.Rcpts[rcpt].To.String()))
	}
	if !reached {
		return failed(why(x.Failures, loop))
	}
	p.rest(rcpt, x.Failures)
	return queue.Outcome{Result: queue.Delivered, Reply: "250 2.1.5 Delivered"}
}

// drop plans a copy for an account, one an entry however many recipients lead
// to it.
func (p *plan) drop(rcpt int, a directory.Account, digest *message.Digest) {
	for i := range p.drops {
		if p.drops[i].account.ID == a.ID {
			p.drops[i].rcpts = append(p.drops[i].rcpts, rcpt)
			return
		}
	}
	p.drops = append(p.drops, drop{rcpts: []int{rcpt}, account: a, delivery: [1]mailstore.Delivery{{
		Blob: p.e.Body, BlobSize: p.e.Size, Digest: digest, Own: ownLines(p.e, a.Address), InternalDate: p.e.Received,
		Quota: mailstore.Quota{Bytes: a.QuotaBytes, Messages: a.QuotaMessages},
	}}})
}

// rest makes those targets of an alias that cannot get the mail recipients of
// their own, when others can: they fail at their next turn, and the sender
// hears of exactly them.
func (p *plan) rest(rcpt int, failures []directory.Failure) {
	var to []address.Address
	for _, f := range failures {
		if errors.Is(f.Err, directory.ErrNoAccount) || errors.Is(f.Err, directory.ErrDisabled) {
			to = append(to, f.Address)
		}
	}
	if len(to) > 0 {
		p.forward(rcpt, to, nil)
	}
}

func (p *plan) forward(rcpt int, to []address.Address, line []byte) {
	p.forwards = append(p.forwards, forward{rcpt: rcpt, to: to, header: append(line, p.e.Header...)})
}

// why is the reply for an address that reaches nobody.
func why(failures []directory.Failure, loop bool) string {
	if loop {
		return replyLoop
	}
	for _, f := range failures {
		switch {
		case errors.Is(f.Err, directory.ErrNoAccount):
			return replyNoUser
		case errors.Is(f.Err, directory.ErrDisabled):
			return replyDisabled
		}
	}
	return replyAlias
}

// setAside takes a full mailbox out of the plan. Recipients that stand for it
// alone are deferred, and it gets its copy when they are tried again. If there
// are none, only aliases led to it: it becomes a recipient of its own, so that
// the others of the alias do not wait for it and do not get the message again.
func (p *plan) setAside(full *drop, outcomes []queue.Outcome) {
	aside := *full
	p.drops = slices.DeleteFunc(p.drops, func(d drop) bool { return d.account.ID == aside.account.ID })
	waits := false
	for _, r := range aside.rcpts {
		if !p.leadsOn(r) {
			outcomes[r] = p.queue.Defer(p.e, r, replyFull)
			waits = true
		}
	}
	if to, err := address.ParseAddress(aside.account.Address); err == nil && !waits {
		p.forward(aside.rcpts[0], []address.Address{to}, nil)
	}
}

// leadsOn reports whether a recipient reaches anybody by the plan.
func (p *plan) leadsOn(rcpt int) bool {
	return slices.ContainsFunc(p.drops, func(d drop) bool { return slices.Contains(d.rcpts, rcpt) }) ||
		slices.ContainsFunc(p.forwards, func(f forward) bool { return f.rcpt == rcpt })
}

// prepare makes the entries of the queue for all that is forwarded. The sender
// stays as it is: bounces go to who wrote.
func (p *plan) prepare(q *queue.Queue, e *queue.Entry) error {
	p.pending = p.pending[:0]
	for _, f := range p.forwards {
		m := e.Message
		m.ID, m.Header, m.Digest = 0, f.header, nil
		m.Rcpts = make([]queue.Rcpt, len(f.to))
		for i, to := range f.to {
			m.Rcpts[i] = queue.Rcpt{To: to, ORcpt: e.Rcpts[f.rcpt].ORcpt, Notify: e.Rcpts[f.rcpt].Notify}
		}
		pending, err := q.Prepare(m)
		if err != nil {
			return fmt.Errorf("forward: %w", err)
		}
		p.pending = append(p.pending, pending)
	}
	return nil
}

// accounts are those that the transaction spans.
func (p *plan) accounts(e *queue.Entry) []kv.Account {
	all := make([]kv.Account, 0, 1+len(p.drops)+len(p.pending))
	all = append(all, queue.Shard(e.ID))
	for i := range p.drops {
		all = append(all, p.drops[i].account.ID)
	}
	for _, pending := range p.pending {
		all = append(all, pending.Shard())
	}
	return all
}

// settled are the outcomes for SettleTx: those that failed are left to the
// caller. It is nil when there are no others.
func (p *plan) settled(outcomes []queue.Outcome) []queue.Outcome {
	all := make([]queue.Outcome, len(outcomes))
	some := false
	for _, i := range p.rcpts {
		if r := outcomes[i].Result; r == queue.Delivered || r == queue.Deferred {
			all[i] = outcomes[i]
			some = true
		}
	}
	if !some {
		return nil
	}
	return all
}
