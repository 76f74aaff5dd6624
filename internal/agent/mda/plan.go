package mda

import (
	"context"
	"slices"

	"tram/internal/directory"
	"tram/internal/mail/address"
	"tram/internal/mail/message"
	"tram/internal/mailstore"
	"tram/internal/queue"
)

// drop is one copy for one mailbox.
type drop struct {
	rcpts    []int // the recipients that lead to it
	account  directory.Account
	delivery [1]mailstore.Delivery
}

// plan is what one delivery is going to do.
type plan struct {
	d        *Deliverer
	e        *queue.Entry
	seen     deliveredTo
	digest   *message.Digest
	rcpts    []int // those of this commit
	silent   []int // of rcpts: no report of success, it comes from further on
	outlets  []int // recipients that are files or programs
	drops    []drop
	forwards []forward
	posted   []posted
	pending  []*queue.Pending // one for each forward, then the report
}

// Replies that a recipient fails or is deferred with.
const (
	replyNoUser   = "550 5.1.1 No such user here"
	replyDisabled = "550 5.2.1 This mailbox takes no mail at present"
	replyLoop     = "554 5.4.6 The message was delivered to this address before: a mail loop"
	replyAlias    = "554 5.4.6 The alias leads nowhere, or to too many addresses"
	replyFull     = "452 4.2.2 The mailbox is full"
	replyInclude  = "451 4.2.4 A file with the recipients of this alias cannot be read"
	replyDone     = "250 2.1.5 Delivered"
)

// plan expands the recipients. Those that cannot be delivered to get their
// outcome at once, the others that of success.
func (d *Deliverer) plan(ctx context.Context, e *queue.Entry, rcpts []int, found []directory.Resolution, outcomes []queue.Outcome) (*plan, error) {
	p := &plan{d: d, e: e, rcpts: rcpts}
	if slices.ContainsFunc(rcpts, func(i int) bool { return e.Rcpts[i].Outlet != "" }) {
		p.separate(rcpts)
	}
	if len(p.rcpts) == 0 {
		return p, nil
	}
	var err error
	if p.seen, p.digest, err = d.inspect(ctx, e); err != nil {
		return nil, err
	}
	for n, i := range rcpts {
		if e.Rcpts[i].Outlet != "" {
			continue
		}
		if p.seen.has(e.Rcpts[i].To) {
			outcomes[i] = failed(replyLoop)
			continue
		}
		x, err := d.expand(ctx, e.Rcpts[i].To, &found[n])
		if err != nil {
			return nil, err
		}
		if outcomes[i], err = p.add(ctx, i, &x); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// separate takes files and programs out of the recipients of the commit.
func (p *plan) separate(rcpts []int) {
	p.rcpts = nil
	for _, i := range rcpts {
		if p.e.Rcpts[i].Outlet != "" {
			p.outlets = append(p.outlets, i)
		} else {
			p.rcpts = append(p.rcpts, i)
		}
	}
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
func (p *plan) add(ctx context.Context, rcpt int, x *directory.Expansion) (queue.Outcome, error) {
	if includeFailed(x.Failures) {
		// Part of a list would be worse than a list that is late.
		return p.d.o.Queue.Defer(p.e, rcpt, replyInclude), nil
	}
	notify := p.e.Rcpts[rcpt].Notify
	several := targets(x) > 1
	if several {
		notify = withoutSuccess(notify)
	}
	loop := p.accountsOf(rcpt, x.Accounts)
	if len(x.Remote) > 0 {
		p.forward(rcpt, x.Remote, deliveredToLine(p.e.Rcpts[rcpt].To.String()), notify)
	}
	for i := range x.Outlets {
		if err := p.outlet(rcpt, &x.Outlets[i], notify); err != nil {
			return queue.Outcome{}, err
		}
	}
	refused, err := p.lists(ctx, rcpt, x)
	if err != nil {
		return queue.Outcome{}, err
	}
	if !p.leadsOn(rcpt) {
		return failed(why(x.Failures, loop, refused)), nil
	}
	p.rest(rcpt, x.Failures, notify)
	if !several && len(x.Remote)+len(x.Outlets) > 0 {
		p.silent = append(p.silent, rcpt)
	}
	return queue.Outcome{Result: queue.Delivered, Reply: replyDone, Action: action(several)}, nil
}

// accountsOf plans the copies for mailboxes, except those where the message
// was before.
func (p *plan) accountsOf(rcpt int, accounts []directory.Local) (loop bool) {
	for i := range accounts {
		if p.seen.hasText(accounts[i].Account.Address) {
			loop = true
			continue
		}
		p.drop(rcpt, accounts[i].Account)
	}
	return loop
}

// lists posts to the lists of an expansion. One that does not take the message
// becomes a failure, as an account that is not there.
func (p *plan) lists(ctx context.Context, rcpt int, x *directory.Expansion) (refused string, err error) {
	for i := range x.Lists {
		reply, err := p.post(ctx, rcpt, &x.Lists[i])
		if err != nil {
			return "", err
		}
		if reply != "" {
			refused = reply
			x.Failures = append(x.Failures, directory.Failure{Address: listAddress(&x.Lists[i]), Err: errPosting})
		}
	}
	return refused, nil
}

// targets counts what a recipient leads to.
func targets(x *directory.Expansion) int {
	n := len(x.Accounts) + len(x.Remote) + len(x.Outlets) + len(x.Lists)
	for _, f := range x.Failures {
		if isDeadEnd(f.Err) {
			n++
		}
	}
	return n
}

// drop plans a copy for an account, one an entry however many recipients lead
// to it.
func (p *plan) drop(rcpt int, a directory.Account) {
	for i := range p.drops {
		if p.drops[i].account.ID == a.ID {
			p.drops[i].rcpts = append(p.drops[i].rcpts, rcpt)
			return
		}
	}
	p.drops = append(p.drops, drop{rcpts: []int{rcpt}, account: a, delivery: [1]mailstore.Delivery{{
		Blob: p.e.Body, BlobSize: p.e.Size, Digest: p.digest, Own: ownLines(p.e, a.Address), InternalDate: p.e.Received,
		Quota: mailstore.Quota{Bytes: a.QuotaBytes, Messages: a.QuotaMessages},
	}}})
}
