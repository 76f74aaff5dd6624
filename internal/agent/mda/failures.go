package mda

import (
	"errors"
	"slices"

	"tram/internal/directory"
	"tram/internal/mail/address"
	"tram/internal/queue"
)

func includeFailed(failures []directory.Failure) bool {
	return slices.ContainsFunc(failures, func(f directory.Failure) bool { return errors.Is(f.Err, directory.ErrInclude) })
}

// rest makes those targets of an alias that cannot get the mail recipients of
// their own, when others can: they fail at their next turn, and the sender
// hears of exactly them.
func (p *plan) rest(rcpt int, failures []directory.Failure, notify string) {
	var to []address.Address
	for _, f := range failures {
		if isDeadEnd(f.Err) {
			to = append(to, f.Address)
		}
	}
	if len(to) > 0 {
		p.forward(rcpt, to, nil, notify)
	}
}

func isDeadEnd(err error) bool {
	return errors.Is(err, directory.ErrNoAccount) || errors.Is(err, directory.ErrDisabled) || errors.Is(err, errPosting)
}

// why is the reply for an address that reaches nobody.
func why(failures []directory.Failure, loop bool, refused string) string {
	switch {
	case loop:
		return replyLoop
	case refused != "":
		return refused
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
			outcomes[r] = p.d.o.Queue.Defer(p.e, r, replyFull)
			waits = true
		}
	}
	if to, err := address.ParseAddress(aside.account.Address); err == nil && !waits {
		r := aside.rcpts[0]
		p.forward(r, []address.Address{to}, nil, withoutSuccess(p.e.Rcpts[r].Notify))
	}
}

// leadsOn reports whether a recipient reaches anybody by the plan.
func (p *plan) leadsOn(rcpt int) bool {
	return slices.ContainsFunc(p.drops, func(d drop) bool { return slices.Contains(d.rcpts, rcpt) }) ||
		slices.ContainsFunc(p.forwards, func(f forward) bool { return f.rcpt == rcpt })
}
