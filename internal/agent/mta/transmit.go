package mta

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"time"

	"tram/internal/agent/mta/smtpclient"
	"tram/internal/dns"
	"tram/internal/mail/smtpwire"
	"tram/internal/queue"
	"tram/internal/storage/blob"
)

// Limits of one attempt to send a group.
const (
	maxConnects = 10 // addresses that are tried
	maxSessions = 5  // hosts that are talked to
)

// sent is what came of an attempt.
type sent struct {
	replies []*smtpwire.Reply // one a recipient of the group; nil is undecided
	at      []station         // whose replies they are, in the same order
	station                   // the last host that was talked to, for what is undecided
	// undecided is why recipients are undecided: 5yz for all of them, 4yz to
	// try again.
	undecided *smtpwire.Reply
	trouble   *smtpwire.Reply // set when no host of the destination could be talked to
	stopped   bool            // the server stops; undecided recipients are as before
}

var errSource = smtpwire.NewReply(451, "4.3.0", "The message cannot be read here at present")

// transmit sends a group to its destination.
func (m *MTA) transmit(ctx context.Context, g *group) sent {
	t := &transmission{m: m, g: g, sent: sent{replies: make([]*smtpwire.Reply, len(g.rcpts)), at: make([]station, len(g.rcpts))}}
	t.try(ctx)
	t.stopped = ctx.Err() != nil
	return t.sent
}

// transmission is one attempt to send a group.
type transmission struct {
	sent
	m    *MTA
	g    *group
	body blob.Reader

	connects, sessions int
	done               bool // no further host is to be asked
}

func (t *transmission) try(ctx context.Context) {
	// An entry that came by another commit (a bounce, forwarded mail) may not
	// be on disk yet: after a crash its forerunner would be sent again.
	err := t.m.o.Queue.Sync(ctx, t.g.f.e)
	if err == nil {
		t.body, err = t.m.o.Blobs.Open(ctx, t.g.f.e.Body)
	}
	if err != nil {
		t.m.o.Log.LogAttrs(ctx, slog.LevelError, "message cannot be read", slog.String("id", t.g.f.e.ID.String()), slog.Any("err", err))
		t.undecided = errSource
		return
	}
	defer t.body.Close()
	t.walk(dns.WithBudget(ctx, dns.QueriesPerMessage))
}

// walk goes through the hosts of the destination until every recipient is
// decided about.
func (t *transmission) walk(ctx context.Context) {
	hosts, reply := t.m.exchangers(ctx, t.g.hop)
	if reply != nil {
		t.undecided = reply
		if reply.Temporary() {
			t.trouble = reply
		}
		return
	}
	t.undecided = smtpwire.NewReply(451, "4.4.4", "None of the mail hosts of the destination has an address")
	if len(hosts) == 1 && hosts[0].Host == t.g.hop.Name && t.g.hop.Way == ToMX {
		t.undecided = errNoHost // the implicit MX: the domain itself has none
	}
	for _, host := range hosts {
		if t.visit(ctx, host.Host); t.done || t.connects >= maxConnects || t.sessions >= maxSessions || ctx.Err() != nil {
			break
		}
	}
	if t.sessions == 0 && t.undecided.Temporary() {
		t.trouble = t.undecided
	}
}

// visit tries the addresses of a host.
func (t *transmission) visit(ctx context.Context, name string) {
	addrs, err := t.m.addresses(ctx, name)
	if err != nil {
		t.undecided = smtpwire.NewReply(451, "4.4.3", "The DNS gives no answer: "+err.Error())
		return
	}
	for _, addr := range addrs {
		to := netip.AddrPortFrom(addr, t.m.port(t.g.hop))
		if t.m.isSelf(to) {
			// RFC 5321 5.1: neither this host nor any behind it.
			if t.connects == 0 {
				t.undecided = errLoop
			}
			t.done = true
			return
		}
		t.call(ctx, t.m.host(t.g.hop, name, to))
		if t.done || t.connects >= maxConnects || t.sessions >= maxSessions || ctx.Err() != nil {
			return
		}
	}
}

// port is where the hosts of a hop listen.
func (m *MTA) port(hop Hop) uint16 {
	switch {
	case hop.Port != 0:
		return hop.Port
	case hop.TLS == smtpclient.ImplicitTLS:
		return 465
	case hop.Way == ToLMTP:
		return 24
	case hop.Way == ToHost:
		return 25
	}
	return uint16(m.o.Port)
}

// host is how a host is to be talked to.
func (m *MTA) host(hop Hop, name string, to netip.AddrPort) smtpclient.Host {
	h := smtpclient.Host{Name: name, Addr: to, TLS: cmp.Or(hop.TLS, smtpclient.Opportunistic), User: hop.User}
	if hop == m.route.Relay {
		h.Password = m.o.Relay.Password
	}
	return h
}

// call talks to a host, on a connection that is open or a new one.
func (t *transmission) call(ctx context.Context, h smtpclient.Host) {
	t.connects++
	if conn := t.m.send.pool.get(h); conn != nil {
		t.m.o.Counters.Reused.Add(1)
		if t.offer(ctx, h, conn) {
			return
		}
		// The host had closed it meanwhile, which says nothing about the host.
	}
	conn, err := smtpclient.Dial(ctx, h, &t.m.o.Client)
	if err != nil {
		t.undecided = failureReply(err)
		return
	}
	t.m.o.Counters.Connects.Add(1)
	if conn.Fallback() {
		t.m.o.Counters.TLSFallbacks.Add(1)
	}
	t.offer(ctx, h, conn)
}

// offer sends the message for those recipients that are undecided. It returns
// false when a kept connection turned out to be dead before the host had said
// anything.
func (t *transmission) offer(ctx context.Context, h smtpclient.Host, conn *smtpclient.Conn) bool {
	kept := conn.Sent() > 0
	m, asked := t.message()
	r := conn.Send(ctx, m)
	defer t.m.send.pool.put(h, conn)
	if kept && isDead(r) {
		return false
	}
	t.sessions++
	t.station = station{
		host: conn.Name(), tls: conn.TLS(), dsn: conn.Offers(smtpwire.DSN), deliverBy: conn.Offers(smtpwire.DeliverByTime), final: t.g.hop.Way == ToLMTP,
	}
	t.done = true
	for n, reply := range r.Replies {
		t.replies[asked[n]] = reply
		if reply == nil {
			t.done = false
		}
	}
	switch {
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
	return true
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

// message is what is offered: the entry, for the recipients that are still
// undecided, whose indexes in the group are returned too.
func (t *transmission) message() (*smtpclient.Message, []int) {
	e := t.g.f.e
	text := textOf(e, t.body)
	m := &smtpclient.Message{
		From: e.Sender, Text: text, Size: text.Size(),
		EightBit: e.EightBit, SMTPUTF8: e.SMTPUTF8, Ret: e.Ret, EnvID: e.EnvID,
	}
	var asked []int
	for n, i := range t.g.rcpts {
		if t.replies[n] == nil {
			r := &e.Rcpts[i]
			m.Rcpts = append(m.Rcpts, smtpclient.Rcpt{To: r.To, Notify: r.Notify, ORcpt: r.ORcpt})
			asked = append(asked, n)
		}
	}
	return m, asked
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

// conclude settles a group after an attempt. Its destination is not tried
// before until.
func (g *group) conclude(ctx context.Context, s sent, until time.Time) {
	verdicts := make([]verdict, 0, len(g.rcpts))
	for n, i := range g.rcpts {
		reply := s.replies[n]
		if reply == nil {
			reply = s.undecided
			if s.stopped {
				continue
			}
		}
		v := verdict{i, queue.Outcome{Result: queue.Failed, Reply: reply.Error()}}
		switch {
		case reply.Code/100 == 2:
			v.outcome.Result = queue.Delivered
		case !reply.Permanent():
			v.outcome = g.later(i, reply.Error(), until)
		}
		verdicts = append(verdicts, v)
	}
	if len(verdicts) > 0 {
		g.f.settle(ctx, verdicts, s.station)
	}
}
