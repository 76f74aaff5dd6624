package smtp

import (
	"context"
	"fmt"
	"sync"
	"time"

	"tram/internal/mail/smtpwire"
)

// etrnPause is the least time between two ETRN that look at the queue, over
// all sessions of a server: an attempt costs a walk through it.
const etrnPause = time.Second

// etrnGate keeps that pause.
type etrnGate struct {
	mu   sync.Mutex
	next time.Time
}

func (g *etrnGate) pass(now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if now.Before(g.next) {
		return false
	}
	g.next = now.Add(etrnPause)
	return true
}

// runQueue is ETRN (RFC 1985).
func (s *session) runQueue(ctx context.Context, arg []byte) {
	switch {
	case s.opts.Queue == nil:
		s.refuse(errNotImplemented)
		return
	case s.tx.open:
		s.refuse(errETRNMail)
		return
	case s.opts.Mode == Submission && s.peer.User == "":
		s.refuse(errNeedAuth)
		return
	}
	domain, subdomains, err := smtpwire.ParseETRN(arg)
	if err != nil {
		s.fail(ctx, "ETRN", err)
		return
	}
	if !s.etrn.pass(time.Now()) {
		s.refuse(errETRNSoon)
		return
	}
	asked := domain
	if subdomains {
		asked = "@" + domain
	}
	n, err := s.opts.Queue.RunQueue(ctx, &s.peer, asked)
	switch {
	case err != nil:
		s.fail(ctx, "ETRN", err)
	case n == 0:
		s.reply(&smtpwire.Reply{Code: 251, Enhanced: "2.0.0", Text: "No messages are waiting for " + domain})
	default:
		s.reply(&smtpwire.Reply{Code: 253, Enhanced: "2.0.0", Text: fmt.Sprintf("%d pending messages for %s started", n, domain)})
	}
}
