package mta

import (
	"context"
	"errors"
	"slices"
	"time"

	"tram/internal/agent/mta/smtpclient"
	"tram/internal/mail/smtpwire"
	"tram/internal/queue"
)

// heard is how it goes on after a message was offered on a connection.
type heard uint8

const (
	finished heard = iota // nothing more can come of this host
	unheard               // a kept connection was dead before the host had said anything
	goOn                  // the host takes more recipients, on another connection
)

// call talks to a host, on a connection that is open or a new one.
func (t *transmission) call(ctx context.Context, h smtpclient.Host) {
	t.connects++
	if conn := t.m.send.pool.get(h); conn != nil {
		t.m.o.Counters.Reused.Add(1)
		if t.offer(ctx, h, conn) == finished {
			return
		}
		// The host had closed it meanwhile, which says nothing about the host.
	}
	for again := goOn; again == goOn && ctx.Err() == nil; {
		conn, err := smtpclient.Dial(ctx, h, &t.m.o.Client)
		if err != nil {
			t.undecided = failureReply(err)
			return
		}
		t.m.o.Counters.Connects.Add(1)
		if conn.Fallback() {
			t.m.o.Counters.TLSFallbacks.Add(1)
		}
		again = t.offer(ctx, h, conn)
	}
}

// offer sends the message for those recipients that are undecided, in as many
// transactions as the host wants (RFC 9422, RFC 5321 4.5.3.1.10).
func (t *transmission) offer(ctx context.Context, h smtpclient.Host, conn *smtpclient.Conn) heard {
	defer func() { t.m.send.pool.put(h, conn) }()
	kept := conn.Sent() > 0
	for first := true; ; first = false {
		m, asked := t.message(conn)
		r := conn.Send(ctx, m)
		if kept && first && isDead(r) {
			return unheard
		}
		if first {
			t.sessions++
			t.station = station{
				host: conn.Name(), tls: conn.TLS(), dsn: conn.Offers(smtpwire.DSN),
				deliverBy: conn.Offers(smtpwire.DeliverByTime), final: h.LMTP,
			}
		}
		progress := t.note(r, asked)
		switch {
		case t.done || !progress || r.Failure != nil || r.Unfit != nil:
			return finished
		case !conn.Usable():
			return goOn
		}
	}
}

// note keeps what came of a transaction. It reports whether some recipients
// were decided about.
func (t *transmission) note(r smtpclient.Result, asked []int) (progress bool) {
	tooMany := slices.ContainsFunc(r.Replies, func(reply *smtpwire.Reply) bool { return reply != nil && reply.Code/100 == 2 })
	for n, reply := range r.Replies {
		if reply == nil || tooMany && reply.Code == 452 && (reply.Enhanced == "4.5.3" || reply.Enhanced == "") {
			continue // RFC 5321 4.5.3.1.10: the rest goes in another transaction, at once
		}
		t.replies[asked[n]], t.at[asked[n]] = reply, t.station
		progress = true
	}
	t.done = !slices.Contains(t.replies, nil)
	switch {
	case r.Unfit != nil:
		t.undecided = r.Unfit
	case r.Failure == nil:
	case r.Failure.Source:
		t.undecided, t.done = errSource, true
	default:
		t.undecided = r.Failure.Reply()
	}
	if r.Lost {
		// Another host, or another try now, would make a double likely.
		t.m.o.Counters.LostReplies.Add(1)
		t.done = true
	}
	return progress
}

// isDead reports whether a connection ended before anything was decided, and
// not because of the message.
func isDead(r smtpclient.Result) bool {
	if r.Failure == nil || r.Failure.Source || r.Lost {
		return false
	}
	for _, reply := range r.Replies {
		if reply != nil {
			return false
		}
	}
	var said *smtpwire.Reply
	return !errors.As(r.Failure.Err, &said) || said.Code == 421
}

// message is what is offered: the entry, for those recipients that are still
// undecided and as many as the host takes at once. Their indexes in the group
// are returned too.
func (t *transmission) message(conn *smtpclient.Conn) (*smtpclient.Message, []int) {
	e := t.g.f.e
	m := &smtpclient.Message{
		From: LeavingSender(t.rules, e.Sender), Text: t.text, Size: t.text.Size(),
		EightBit: e.EightBit, Binary: e.Binary, SMTPUTF8: e.SMTPUTF8, RequireTLS: e.RequireTLS,
		Ret: e.Ret, EnvID: e.EnvID, By: byTime(e.By), Priority: e.Priority,
	}
	domains := domainLimit{most: conn.MaxDomains()}
	asked := make([]int, 0, len(t.g.rcpts))
	m.Rcpts = make([]smtpclient.Rcpt, 0, len(t.g.rcpts))
	for n, i := range t.g.rcpts {
		r := &e.Rcpts[i]
		if t.replies[n] != nil || len(asked) >= conn.MaxRcpts() || !domains.admits(r.To.Domain) {
			continue
		}
		m.Rcpts = append(m.Rcpts, smtpclient.Rcpt{To: r.To, Notify: r.Notify, ORcpt: r.ORcpt})
		asked = append(asked, n)
	}
	return m, asked
}

// byTime is the time that is left, for BY (RFC 2852 4).
func byTime(by queue.DeliverBy) smtpwire.ByTime {
	if by.Until.IsZero() {
		return smtpwire.ByTime{}
	}
	mode := byte('N')
	if by.Return {
		mode = 'R'
	}
	return smtpwire.ByTime{Set: true, Seconds: int64(time.Until(by.Until) / time.Second), Mode: mode, Trace: by.Trace}
}

// domainLimit counts the domains of a transaction (RFC 9422 4.3).
type domainLimit struct {
	most int // 0: any number
	seen []string
}

func (d *domainLimit) admits(domain string) bool {
	switch {
	case d.most == 0 || slices.Contains(d.seen, domain):
		return true
	case len(d.seen) >= d.most:
		return false
	}
	d.seen = append(d.seen, domain)
	return true
}

// failureReply is the reply that stands for a conversation that did not come
// about.
func failureReply(err error) *smtpwire.Reply {
	var failure *smtpclient.Failure
	if errors.As(err, &failure) {
		return failure.Reply()
	}
	return smtpwire.NewReply(451, "4.4.0", err.Error())
}

// conclude settles a group after an attempt, in one commit for each host that
// had something to say about it: there is seldom more than one. Its
// destination is not tried before until.
func (g *group) conclude(ctx context.Context, s sent, until time.Time) {
	var verdicts []verdict
	at := s.station
	for n, i := range g.rcpts {
		reply, from := s.replies[n], s.at[n]
		if reply == nil {
			if s.stopped {
				continue
			}
			reply, from = s.undecided, s.station
		}
		if len(verdicts) > 0 && from != at {
			g.f.settle(ctx, verdicts, at)
			verdicts = nil
		}
		if verdicts == nil {
			verdicts = make([]verdict, 0, len(g.rcpts)-n)
		}
		at = from
		verdicts = append(verdicts, g.verdict(i, reply, until))
	}
	if len(verdicts) > 0 {
		g.f.settle(ctx, verdicts, at)
	}
}

// verdict is what a reply means for recipient i.
func (g *group) verdict(i int, reply *smtpwire.Reply, until time.Time) verdict {
	v := verdict{i, queue.Outcome{Result: queue.Failed, Reply: reply.Error()}}
	switch {
	case reply.Code/100 == 2:
		v.outcome.Result = queue.Delivered
	case !reply.Permanent():
		v.outcome = g.later(i, reply.Error(), until)
	}
	return v
}
