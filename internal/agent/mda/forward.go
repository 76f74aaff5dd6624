package mda

import (
	"fmt"
	"slices"
	"time"

	"tram/internal/directory"
	"tram/internal/mail/address"
	"tram/internal/queue"
	"tram/internal/storage/kv"
)

// forward is a new entry of the queue that a recipient leads to.
type forward struct {
	rcpt       int
	message    queue.Message
	copyOfList bool
}

// onward is the message as it goes on from an alias: the envelope stays, so
// bounces go to who wrote, and line is put in front.
func (p *plan) onward(line []byte, rcpts ...queue.Rcpt) queue.Message {
	m := p.e.Message
	m.ID = 0
	m.Header = append(line, p.e.Header...)
	m.Rcpts = rcpts
	m.Release = time.Time{} // it was waited for
	m.Hold, m.HoldReason = false, ""
	return m
}

// forward passes the message on to addresses, with ORCPT as it was.
func (p *plan) forward(rcpt int, to []address.Address, line []byte, notify string) {
	rcpts := make([]queue.Rcpt, len(to))
	for i, a := range to {
		rcpts[i] = queue.Rcpt{To: a, ORcpt: p.e.Rcpts[rcpt].ORcpt, Notify: notify}
	}
	p.forwards = append(p.forwards, forward{rcpt: rcpt, message: p.onward(line, rcpts...)})
}

// outlet makes an entry for one file or program, so that it is tried again and
// bounced without regard to what else the alias leads to.
func (p *plan) outlet(rcpt int, o *directory.Outlet, notify string) error {
	target := o.Target.String()
	if len(target) > queue.MaxString {
		return fmt.Errorf("target of %s: %d octets", o.Alias, len(target))
	}
	to, err := address.ParseAddress(o.Alias)
	if err != nil { // postmaster without a domain
		to = p.e.Rcpts[rcpt].To
	}
	r := queue.Rcpt{To: to, ORcpt: p.e.Rcpts[rcpt].ORcpt, Notify: notify, Outlet: target}
	p.forwards = append(p.forwards, forward{rcpt: rcpt, message: p.onward(deliveredToLine(to.String()), r)})
	return nil
}

// prepare makes the entries of the queue for all that is forwarded.
func (p *plan) prepare(q *queue.Queue) error {
	p.pending = p.pending[:0]
	for i := range p.forwards {
		pending, err := q.Prepare(p.forwards[i].message)
		if err != nil {
			return fmt.Errorf("forward: %w", err)
		}
		p.pending = append(p.pending, pending)
	}
	return nil
}

// accounts are those that the transaction spans.
func (p *plan) accounts() []kv.Account {
	all := make([]kv.Account, 0, 1+len(p.drops)+len(p.pending))
	all = append(all, queue.Shard(p.e.ID))
	for i := range p.drops {
		all = append(all, p.drops[i].account.ID)
	}
	for _, pending := range p.pending {
		if shard := pending.Shard(); !slices.Contains(all, shard) {
			all = append(all, shard)
		}
	}
	return all
}
