package mta

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"net/netip"

	"tram/internal/agent/mta/smtpclient"
	"tram/internal/directory"
	"tram/internal/dns"
	"tram/internal/mail/smtpwire"
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
	m     *MTA
	g     *group
	rules *directory.Rules
	text  *io.SectionReader // as it leaves

	connects, sessions int
	done               bool // no further host is to be asked
}

func (t *transmission) try(ctx context.Context) {
	// An entry that came by another commit (a bounce, forwarded mail) may not
	// be on disk yet: after a crash its forerunner would be sent again.
	err := t.m.o.Queue.Sync(ctx, t.g.f.e)
	if err != nil {
		t.unreadable(ctx, err)
		return
	}
	body, err := t.m.o.Blobs.Open(ctx, t.g.f.e.Body)
	if err != nil {
		t.unreadable(ctx, err)
		return
	}
	defer body.Close()
	if t.rules, err = t.m.o.Directory.Rules(ctx); err == nil {
		t.text, err = leaving(t.rules, t.g.f.e, body)
	}
	if err != nil {
		t.unreadable(ctx, err)
		return
	}
	t.walk(dns.WithBudget(ctx, dns.QueriesPerMessage))
}

func (t *transmission) unreadable(ctx context.Context, err error) {
	t.m.o.Log.LogAttrs(ctx, slog.LevelError, "message cannot be read", slog.String("id", t.g.f.e.ID.String()), slog.Any("err", err))
	t.undecided = errSource
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
	if t.g.hop.Socket != "" {
		t.call(ctx, t.m.socketOf(t.rules, t.g.hop))
		t.judge()
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
	t.judge()
}

// judge notes when no host could be talked to.
func (t *transmission) judge() {
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
		t.call(ctx, t.m.host(t.rules, t.g.hop, name, to))
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
func (m *MTA) host(rules *directory.Rules, hop Hop, name string, to netip.AddrPort) smtpclient.Host {
	h := smtpclient.Host{Name: name, Addr: to, LMTP: hop.Way == ToLMTP, TLS: cmp.Or(hop.TLS, smtpclient.Opportunistic)}
	h.User, h.Password = m.login(rules, hop)
	return h
}
