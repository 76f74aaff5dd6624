package mta

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"time"

	"tram/internal/directory"
	"tram/internal/mail/address"
	"tram/internal/mail/smtpwire"
	"tram/internal/queue"
	"tram/internal/storage/kv"
)

// Usage says how full an account is. *mailstore.Store is one.
type Usage interface {
	Usage(ctx context.Context, a kv.Account) (bytes, messages int64, err error)
}

// Pressure says whether the server is short of disk, queue or memory: a reply
// that refuses new mail for now, or nil. It is asked at MAIL with the announced
// size (0 when there is none), and again before the text.
type Pressure interface {
	Check(size int64) *smtpwire.Reply
}

// Callout asks the next hop whether a recipient of a relayed domain exists:
// nil, or the reply to give the client. *Caller is one.
type Callout interface {
	Ask(ctx context.Context, e Envelope, to address.Address, f Facts) *smtpwire.Reply
}

// ReceiverOptions configure a Receiver. Intake and Directory are required.
type ReceiverOptions struct {
	Intake    *Intake
	Directory Directory
	Usage     Usage          // nil: quotas are looked at only at delivery
	Networks  []netip.Prefix // clients that may relay to any address without logging in
	Pressure  Pressure       // nil: none
	Callout   Callout        // nil: recipients of relayed domains are taken unasked
	Names     Names          // nil: rules about host names of clients match nobody
	Inquirer  *Inquirer      // nil: VRFY and EXPN tell nobody anything
	Runner    DomainRetrier  // nil: no ETRN
	Counters  *Counters
	Log       *slog.Logger
}

// Receiver is the policy of port 25. It satisfies smtp.Receiver.
//
// Everything that can be refused is refused at RCPT, where the sending host
// hears it: a message that was taken and cannot be delivered makes a bounce,
// and bounces to forged senders hit strangers.
type Receiver struct {
	o      ReceiverOptions
	policy PolicyConfig
	etrn   etrnLimit
}

// NewReceiver returns a receiver.
func NewReceiver(o ReceiverOptions) *Receiver {
	if o.Counters == nil {
		o.Counters = new(Counters)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Receiver{o: o, policy: PolicyConfig{Networks: o.Networks}}
}

var (
	errRelease     = smtpwire.NewReply(550, "5.7.1", "Only clients of this server may ask for a later delivery (FUTURERELEASE)")
	errReleaseLong = smtpwire.NewReply(501, "5.5.4", "The message would wait too long; a year is the most")
)

// Mail decides about a sender, as far as nothing but the client speaks against
// it: who really sends is the question of SPF, DKIM and DMARC. Access rules
// wait for RCPT, so that one recipient may be excepted and the log names it.
func (r *Receiver) Mail(ctx context.Context, p *smtpwire.Peer, e *smtpwire.Envelope) error {
	if r.o.Pressure != nil {
		if reply := r.o.Pressure.Check(e.FromParams.Size); reply != nil {
			return r.refused(ctx, p, e, address.Address{}, reply)
		}
	}
	if !waits(&e.FromParams) && e.FromParams.Priority <= 0 {
		return nil
	}
	rules, err := r.o.Directory.Rules(ctx)
	if err != nil {
		return fmt.Errorf("rules: %w", err)
	}
	trusted := Trusted(r.policy, r.client(ctx, p, rules), rules)
	e.FromParams.Priority = grantedPriority(e.FromParams.Priority, trusted)
	if reply := releaseReply(e, trusted); reply != nil {
		return r.refused(ctx, p, e, address.Address{}, reply)
	}
	return nil
}

// releaseReply says why mail may not wait as long as it asks to (RFC 4865 4:
// the extension is for submission), or nil.
func releaseReply(e *smtpwire.Envelope, trusted bool) *smtpwire.Reply {
	switch {
	case !waits(&e.FromParams):
		return nil
	case !trusted:
		return errRelease
	case time.Until(releaseAt(&e.FromParams, time.Now())) > queue.MaxRelease:
		return errReleaseLong
	}
	return nil
}

// client is the policy's view of a session.
func (r *Receiver) client(ctx context.Context, p *smtpwire.Peer, rules *directory.Rules) Client {
	return clientOf(ctx, p, rules, r.o.Names)
}

// Rcpt decides about a recipient.
func (r *Receiver) Rcpt(ctx context.Context, p *smtpwire.Peer, e *smtpwire.Envelope, rcpt smtpwire.Rcpt) error {
	reply, err := r.Judge(ctx, p, e, rcpt.To)
	if err != nil || reply == nil {
		return err
	}
	return r.refused(ctx, p, e, rcpt.To, reply)
}

// Judge says why a recipient is refused, or nil. The submission agent asks it
// too: what is true of a recipient is true for everybody.
func (r *Receiver) Judge(ctx context.Context, p *smtpwire.Peer, e *smtpwire.Envelope, rcpt address.Address) (*smtpwire.Reply, error) {
	rules, err := r.o.Directory.Rules(ctx)
	if err != nil {
		return nil, fmt.Errorf("rules: %w", err)
	}
	who := r.client(ctx, p, rules)
	env := Envelope{Sender: RewriteSender(rules, e.From)}
	to := RewriteRecipient(rules, rcpt)
	f, s, err := lookUp(ctx, r.o.Directory, r.o.Usage, rules, env, to, e.FromParams.Size)
	if err != nil {
		return nil, err
	}
	switch a := Admit(r.policy, who, env, to, f, s); {
	case a.Verdict == Refuse:
		return a.Reply, nil
	case a.Verdict != Accept:
		return nil, nil // Data does it
	case a.Ask && r.o.Callout != nil:
		if reply := ask(ctx, r.o.Callout, env, to, f); reply != nil {
			return reply, nil
		}
	}
	// What a route refuses is refused here: later it would be a bounce. Whether
	// there is a default relay makes no difference to that.
	return Route(RouteConfig{}, env, to, f).Reply, nil
}

// ask asks the next hop about a recipient, by the name that the next hop knows.
func ask(ctx context.Context, c Callout, e Envelope, to address.Address, f Facts) *smtpwire.Reply {
	if through, ok := passedOn(to, &f.Resolution); ok {
		to = through
		f.Resolution.Class, f.Resolution.Targets = directory.IsRelayed, nil
	}
	return c.Ask(ctx, e, to, f)
}

// lookUp finds what Admit and Route want to know about a recipient.
func lookUp(ctx context.Context, d Directory, u Usage, rules *directory.Rules, e Envelope, to address.Address, size int64) (Facts, Standing, error) {
	s := Standing{Size: size}
	res, err := d.Resolve(ctx, to)
	if err != nil {
		return Facts{}, s, fmt.Errorf("resolve recipient: %w", err)
	}
	switch {
	case res.Class == directory.IsList && res.List != nil && res.List.MembersOnly && !e.Sender.IsNull():
		if s.Member, err = d.IsMember(ctx, res.List.Address, e.Sender.String()); err != nil {
			return Facts{}, s, fmt.Errorf("member of the list: %w", err)
		}
	case res.Class == directory.IsAccount && u != nil && (res.Account.QuotaBytes > 0 || res.Account.QuotaMessages > 0):
		if s.Bytes, s.Messages, err = u.Usage(ctx, res.Account.ID); err != nil {
			return Facts{}, s, fmt.Errorf("look at the quota: %w", err)
		}
	}
	return Facts{Resolution: res, Rules: rules}, s, nil
}

// refused counts and logs a refusal, and returns it.
func (r *Receiver) refused(ctx context.Context, p *smtpwire.Peer, e *smtpwire.Envelope, to address.Address, reply *smtpwire.Reply) error {
	if reply.Temporary() {
		r.o.Counters.TempRejected.Add(1)
	} else {
		r.o.Counters.Rejected.Add(1)
	}
	r.o.Log.LogAttrs(ctx, slog.LevelInfo, "rejected",
		slog.String("client", p.Remote.Addr().String()),
		slog.String("helo", p.Helo),
		slog.String("from", e.From.Path()),
		slog.String("to", to.Path()),
		slog.String("reply", reply.Error()))
	return reply
}

// Data takes the text of the message into the queue.
func (r *Receiver) Data(ctx context.Context, p *smtpwire.Peer, e *smtpwire.Envelope, body io.Reader) (string, error) {
	if r.o.Pressure != nil {
		if reply := r.o.Pressure.Check(e.FromParams.Size); reply != nil {
			return "", r.refused(ctx, p, e, address.Address{}, reply)
		}
	}
	return r.o.Intake.Take(ctx, p, e, body)
}

// Verify answers VRFY (RFC 5321 3.5): the mailbox, or "" for no comment.
func (r *Receiver) Verify(ctx context.Context, p *smtpwire.Peer, arg string) (string, error) {
	if trusted, err := r.mayAsk(ctx, p); err != nil || !trusted {
		return "", err
	}
	return r.o.Inquirer.Verify(ctx, arg)
}

// Expand answers EXPN (RFC 5321 3.5): the members, or none for no comment.
func (r *Receiver) Expand(ctx context.Context, p *smtpwire.Peer, arg string) ([]string, error) {
	if trusted, err := r.mayAsk(ctx, p); err != nil || !trusted {
		return nil, err
	}
	return r.o.Inquirer.Expand(ctx, arg)
}

// mayAsk reports whether a client may ask about addresses: VRFY is how they
// are harvested.
func (r *Receiver) mayAsk(ctx context.Context, p *smtpwire.Peer) (bool, error) {
	if r.o.Inquirer == nil {
		return false, nil
	}
	rules, err := r.o.Directory.Rules(ctx)
	if err != nil {
		return false, fmt.Errorf("rules: %w", err)
	}
	return r.o.Inquirer.Tells(Trusted(r.policy, r.client(ctx, p, rules), rules)), nil
}

// RunQueue answers ETRN (RFC 1985): it sends what waits for a relayed domain
// now, and says how many messages that are.
func (r *Receiver) RunQueue(ctx context.Context, p *smtpwire.Peer, domain string) (int, error) {
	if r.o.Runner == nil {
		return 0, errETRN
	}
	n, err := r.etrn.run(ctx, r.o.Runner, r.o.Directory, domain)
	var reply *smtpwire.Reply
	if err != nil && !errors.As(err, &reply) {
		return 0, fmt.Errorf("queue of %s: %w", domain, err)
	}
	r.o.Log.LogAttrs(ctx, slog.LevelInfo, "queue run asked for", slog.String("client", p.Remote.Addr().String()),
		slog.String("domain", domain), slog.Int("entries", n), slog.Any("err", err))
	return n, err
}
