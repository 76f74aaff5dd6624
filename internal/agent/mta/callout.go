package mta

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"tram/internal/agent/mta/smtpclient"
	"tram/internal/mail/address"
	"tram/internal/mail/smtpwire"
)

// Limits of callouts. While one is asked the client waits at RCPT.
const (
	calloutTime    = 25 * time.Second // for all hosts of a next hop; clients wait 5 minutes (RFC 5321 4.5.3.2.3)
	calloutConnect = 8 * time.Second  // for one connection
	calloutHosts   = 3                // that are asked
	maxCallouts    = 50               // at once; beyond, the answer is "later"
	maxAnswers     = 50_000           // remembered
	keepGood       = 24 * time.Hour   // that a recipient exists
	keepBad        = 10 * time.Minute // that it does not: it may be made any moment
	keepUnsure     = 30 * time.Second // that the next hop does not say
)

// Replies of a callout that came to nothing, and of recipients that the next
// hop does not have.
var errUnsure = smtpwire.NewReply(450, "4.4.1", "The recipient cannot be verified at present, try again later")

// CallerOptions configure a Caller. MTA is required.
type CallerOptions struct {
	// MTA is the agent that knows the way. It is asked each time, for a reload
	// replaces it.
	MTA func() *MTA
	// TakeUnsure takes recipients while the next hop cannot be asked, at the
	// price of bounces. Otherwise the client is told to come back.
	TakeUnsure bool
	Log        *slog.Logger
}

// Caller verifies recipients of relayed domains with the next hop: it connects
// as if it had mail from the null sender, says RCPT, and leaves. Answers are
// remembered, so that neither a mailing nor somebody who tries names asks the
// inner host more than once a name. It satisfies Callout.
type Caller struct {
	o      CallerOptions
	flight singleflight.Group
	places chan struct{}

	mu      sync.Mutex
	answers map[question]answer // guarded by mu
}

type question struct {
	hop Hop
	to  address.Address // folded
}

type answer struct {
	reply *smtpwire.Reply // nil: it exists
	sure  bool
	until time.Time
}

// NewCaller returns a caller.
func NewCaller(o CallerOptions) *Caller {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Caller{o: o, places: make(chan struct{}, maxCallouts), answers: make(map[question]answer)}
}

// Ask implements Callout.
func (c *Caller) Ask(ctx context.Context, e Envelope, to address.Address, f Facts) *smtpwire.Reply {
	m := c.o.MTA()
	d := Route(m.route, e, to, f)
	if !d.Way.IsRemote() {
		return d.Reply
	}
	q := question{d.Hop, to.Fold()}
	if a, ok := c.recall(q, time.Now()); ok {
		return c.verdict(a)
	}
	// Whoever asks the same meanwhile waits for this answer, which must not
	// depend on one of them staying.
	got, _, _ := c.flight.Do(q.hop.String()+" "+q.to.Path(), func() (any, error) {
		a := c.ask(context.WithoutCancel(ctx), m, d.Hop, to)
		c.remember(q, a)
		return a, nil
	})
	return c.verdict(got.(answer))
}

// verdict is what the client hears.
func (c *Caller) verdict(a answer) *smtpwire.Reply {
	if !a.sure && c.o.TakeUnsure {
		return nil
	}
	return a.reply
}

func (c *Caller) ask(ctx context.Context, m *MTA, hop Hop, to address.Address) answer {
	select {
	case c.places <- struct{}{}:
		defer func() { <-c.places }()
	default:
		return answer{reply: errUnsure}
	}
	ctx, cancel := context.WithTimeout(ctx, calloutTime)
	defer cancel()
	reply, err := m.probe(ctx, hop, to)
	c.o.Log.LogAttrs(ctx, slog.LevelInfo, "recipient verified", slog.String("to", to.Path()), slog.String("hop", hop.String()),
		slog.String("reply", replyText(reply)), slog.Any("err", err))
	now := time.Now()
	switch {
	case reply == nil || reply.Temporary():
		return answer{reply: errUnsure, until: now.Add(keepUnsure)}
	case reply.Permanent():
		text := "The next hop says: " + reply.Error()
		return answer{reply: smtpwire.NewReply(550, "5.1.1", text), sure: true, until: now.Add(keepBad)}
	}
	return answer{sure: true, until: now.Add(keepGood)}
}

func replyText(r *smtpwire.Reply) string {
	if r == nil {
		return ""
	}
	return r.Error()
}

func (c *Caller) recall(q question, now time.Time) (answer, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a, ok := c.answers[q]
	return a, ok && now.Before(a.until)
}

// remember keeps an answer. When there are too many, those that are out of date
// go, and if that is not enough all: they can be asked again.
func (c *Caller) remember(q question, a answer) {
	if a.until.IsZero() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.answers) >= maxAnswers {
		now := time.Now()
		for q, a := range c.answers {
			if now.After(a.until) {
				delete(c.answers, q)
			}
		}
		if len(c.answers) >= maxAnswers/2 {
			clear(c.answers)
		}
	}
	c.answers[q] = a
}

// probe asks the hosts of a hop about a recipient until one answers. No reply
// and an error mean that none did.
func (m *MTA) probe(ctx context.Context, hop Hop, to address.Address) (*smtpwire.Reply, error) {
	o := m.o.Client
	o.Timeouts = smtpclient.Timeouts{
		Connect: calloutConnect, Greeting: calloutTime, Handshake: calloutTime, Command: calloutTime, Quit: time.Second,
	}
	hosts, err := m.targets(ctx, hop)
	if err != nil {
		return nil, err // a domain without hosts is a mistake of ours, not of the sender
	}
	for _, h := range hosts[:min(len(hosts), calloutHosts)] {
		var conn *smtpclient.Conn
		if conn, err = smtpclient.Dial(ctx, h, &o); err != nil {
			continue
		}
		var reply *smtpwire.Reply
		reply, err = conn.Probe(ctx, to)
		conn.Close()
		if err == nil {
			return reply, nil
		}
	}
	return nil, err
}
