package mta

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"tram/internal/directory"
	"tram/internal/mail/address"
	"tram/internal/mail/smtpwire"
	"tram/internal/queue"
	"tram/internal/storage/kv"
)

// highestAsked is the highest priority (RFC 6710) that a client of ours gets
// for the asking. What lies above is for mail of the server itself.
const highestAsked = 6

// rules are the present rules, nil without a directory.
func (in *Intake) rules(ctx context.Context) (*directory.Rules, error) {
	if in.o.Directory == nil {
		return nil, nil
	}
	rules, err := in.o.Directory.Rules(ctx)
	if err != nil {
		return nil, fmt.Errorf("rules: %w", err)
	}
	return rules, nil
}

// orders are what access rules want done with a message.
type orders struct {
	hold bool
	why  string
}

// sort takes the recipients out whose mail an access rule discards, and says
// whether one holds the message.
func (in *Intake) sort(ctx context.Context, rules *directory.Rules, p *smtpwire.Peer, e *smtpwire.Envelope) (*smtpwire.Envelope, orders) {
	kept := &smtpwire.Envelope{From: e.From, FromParams: e.FromParams}
	who, env := clientOf(ctx, p, rules, in.o.Names), Envelope{Sender: RewriteSender(rules, e.From)}
	var o orders
	for _, rcpt := range e.Rcpts {
		a := admitter{c: in.policy, who: who, e: env, to: RewriteRecipient(rules, rcpt.To), f: Facts{Rules: rules}}
		if rule := a.access(); rule != nil {
			switch act := rule.Do(); act.Verb {
			case directory.AccessDiscard:
				continue
			case directory.AccessHold:
				o = orders{hold: true, why: act.Text}
			}
		}
		kept.Rcpts = append(kept.Rcpts, rcpt)
	}
	return kept, o
}

// drop reads a message that nobody gets. The client hears of a queue id, as
// for any other, which the log has too.
func (in *Intake) drop(ctx context.Context, p *smtpwire.Peer, e *smtpwire.Envelope, text io.Reader) (string, error) {
	size, err := io.Copy(io.Discard, text)
	if err != nil {
		return "", err
	}
	id := in.o.Queue.NewID().String()
	in.o.Log.LogAttrs(ctx, slog.LevelInfo, "discarded", slog.String("id", id), slog.String("client", p.Remote.Addr().String()),
		slog.String("from", e.From.Path()), slog.Int64("size", size))
	return id, nil
}

// envelope copies what the queue keeps of the envelope, with its addresses
// rewritten and the copies added.
func (in *Intake) envelope(m *queue.Message, rules *directory.Rules, p *smtpwire.Peer, e *smtpwire.Envelope) {
	m.Sender = RewriteSender(rules, e.From)
	m.Rcpts = make([]queue.Rcpt, len(e.Rcpts))
	for i, r := range e.Rcpts {
		m.Rcpts[i] = queue.Rcpt{To: r.To, Notify: r.Notify, ORcpt: r.ORcpt}
	}
	if rewrites(rules, directory.Canonical, directory.CanonicalRecipient) {
		m.Rcpts = rewriteRcpts(rules, m.Rcpts)
	}
	if rules != nil && len(rules.Copies) > 0 {
		m.Rcpts = addCopies(rules, m)
	}
	m.Origin = queue.Origin{
		Client: p.Remote.Addr(), Helo: p.Helo, User: cmp.Or(p.User, p.LocalUser), Account: kv.Account(p.Account), Protocol: protocol(p, e),
	}
}

// rewriteRcpts rewrites recipients. Whom the sender named stays in ORCPT, which
// notifications show him (RFC 3461 5.2.4 allows to add it). Two recipients that
// become one get the message once.
func rewriteRcpts(rules *directory.Rules, rcpts []queue.Rcpt) []queue.Rcpt {
	out := rcpts[:0]
	seen := make(map[address.Address]bool, len(rcpts))
	for _, r := range rcpts {
		to := RewriteRecipient(rules, r.To)
		if to != r.To && r.ORcpt == "" && r.To.IsASCII() {
			r.ORcpt = "rfc822;" + r.To.String()
		}
		if r.To = to; seen[to.Fold()] {
			continue
		}
		seen[to.Fold()] = true
		out = append(out, r)
	}
	return out
}

// addCopies adds those who get a copy of all mail of a sender or for a
// recipient. Nobody is told about them, or of what becomes of their copy.
func addCopies(rules *directory.Rules, m *queue.Message) []queue.Rcpt {
	recipients := make([]address.Address, len(m.Rcpts))
	for i := range m.Rcpts {
		recipients[i] = m.Rcpts[i].To
	}
	rcpts := m.Rcpts
	for _, c := range rules.CopiesOf(m.Sender, recipients) {
		to, err := address.ParseAddress(c.To)
		if err != nil || isAmong(rcpts, to) { // it was checked when it was stored
			continue
		}
		rcpts = append(rcpts, queue.Rcpt{To: to, Notify: "NEVER"})
	}
	return rcpts
}

func isAmong(rcpts []queue.Rcpt, to address.Address) bool {
	for i := range rcpts {
		if rcpts[i].To.Fold() == to.Fold() {
			return true
		}
	}
	return false
}

// grantedPriority is what a client gets that asked for a priority: being first
// is for clients of ours, others may only ask to come last.
func grantedPriority(asked int8, ours bool) int8 {
	if ours {
		return min(asked, highestAsked)
	}
	return min(asked, 0)
}

// params copies what MAIL asked for. Waiting in our queue is for clients of
// ours, too.
func (in *Intake) params(m *queue.Message, p *smtpwire.MailParams, ours bool) {
	m.Ret, m.EnvID = p.Ret, p.EnvID
	m.Binary = p.Body == smtpwire.BodyBinaryMIME
	m.RequireTLS = p.RequireTLS
	m.Priority = grantedPriority(p.Priority, ours)
	if ours {
		m.Release = releaseAt(p, m.Received)
	}
	if p.By.Set {
		m.By = queue.DeliverBy{
			Until: m.Received.Add(time.Duration(p.By.Seconds) * time.Second), Return: p.By.Mode == 'R', Trace: p.By.Trace,
		}
	}
}

// waits reports whether MAIL asked for a later delivery (RFC 4865).
func waits(p *smtpwire.MailParams) bool { return p.HoldFor > 0 || !p.HoldUntil.IsZero() }

// releaseAt is the moment before which nothing is delivered, zero for none.
func releaseAt(p *smtpwire.MailParams, now time.Time) time.Time {
	if p.HoldFor > 0 {
		return now.Add(p.HoldFor)
	}
	return p.HoldUntil
}

// edit rewrites the header of mail that our own clients send, and puts the
// footer of their domain under it. Mail that needs neither is not looked at.
func (in *Intake) edit(ctx context.Context, rules *directory.Rules, p *smtpwire.Peer, e *smtpwire.Envelope, text io.Reader) (io.Reader, error) {
	senders, recipients := arriving(rules)
	footer, err := in.footer(ctx, p, e)
	if err != nil {
		return nil, err
	}
	if senders == nil && recipients == nil && footer == "" {
		return text, nil
	}
	header, rest, err := peekHeader(text)
	if err != nil {
		return nil, err
	}
	if header == nil {
		return &spliced{head: [][]byte{rest}, text: text}, nil
	}
	header = rewriteHeader(header, senders, recipients)
	if w, ok := addFooter(header, footer); ok {
		return &spliced{head: [][]byte{w.header, w.before, rest}, text: text, tail: w.after}, nil
	}
	return &spliced{head: [][]byte{header, rest}, text: text}, nil
}

// footer is that of the domain of a user who has logged in; binary mail has
// none.
func (in *Intake) footer(ctx context.Context, p *smtpwire.Peer, e *smtpwire.Envelope) (string, error) {
	if p.User == "" || in.o.Directory == nil || e.FromParams.Body == smtpwire.BodyBinaryMIME {
		return "", nil
	}
	a, err := address.ParseAddress(p.User)
	if err != nil {
		return "", nil //nolint:nilerr // a login that is no address has no domain
	}
	res, err := in.o.Directory.Resolve(ctx, a)
	if err != nil {
		return "", fmt.Errorf("footer of %s: %w", p.User, err)
	}
	return res.Domain.Footer, nil
}
