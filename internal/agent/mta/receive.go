package mta

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/netip"

	"tram/internal/directory"
	"tram/internal/mail/smtpwire"
	"tram/internal/storage/kv"
)

// Usage says how full an account is. *mailstore.Store is one.
type Usage interface {
	Usage(ctx context.Context, a kv.Account) (bytes, messages int64, err error)
}

// ReceiverOptions configure a Receiver. Intake and Directory are required.
type ReceiverOptions struct {
	Intake    *Intake
	Directory Directory
	Usage     Usage          // nil: quotas are looked at only at delivery
	Networks  []netip.Prefix // clients that may relay to any address without logging in
	Counters  *Counters
	Log       *slog.Logger
}

// Receiver is the policy of port 25. It satisfies smtp.Receiver.
//
// Everything that can be refused is refused at RCPT, where the sending host
// hears it: a message that was taken and cannot be delivered makes a bounce,
// and bounces to forged senders hit strangers.
type Receiver struct{ o ReceiverOptions }

// NewReceiver returns a receiver.
func NewReceiver(o ReceiverOptions) *Receiver {
	if o.Counters == nil {
		o.Counters = new(Counters)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Receiver{o}
}

// Replies of the policy at RCPT. They are for the person who reads the bounce.
var (
	errRelay     = smtpwire.NewReply(550, "5.7.1", "Relaying denied: this server takes mail for its own domains, and for others only from users who log in on the submission port")
	errNoUser    = smtpwire.NewReply(550, "5.1.1", "No such user here")
	errDisabled  = smtpwire.NewReply(550, "5.2.1", "This mailbox takes no mail at present")
	errMailFull  = smtpwire.NewReply(452, "4.2.2", "The mailbox is full, try again later")
	errMailSmall = smtpwire.NewReply(552, "5.2.3", "The message is larger than the whole mailbox may be")
)

// Mail decides about a sender. Nothing can be held against one yet: who really
// sends is the question of SPF, DKIM and DMARC.
func (r *Receiver) Mail(ctx context.Context, p *smtpwire.Peer, e *smtpwire.Envelope) error {
	return nil
}

// Rcpt decides about a recipient.
func (r *Receiver) Rcpt(ctx context.Context, p *smtpwire.Peer, e *smtpwire.Envelope, rcpt smtpwire.Rcpt) error {
	res, err := r.o.Directory.Resolve(ctx, rcpt.To)
	if err != nil {
		return fmt.Errorf("resolve recipient: %w", err)
	}
	reply, err := r.judge(ctx, p, e, res)
	if err != nil || reply == nil {
		return err
	}
	r.refused(ctx, p, e, rcpt, reply)
	return reply
}

// judge says why a recipient is refused, or nil.
func (r *Receiver) judge(ctx context.Context, p *smtpwire.Peer, e *smtpwire.Envelope, res directory.Resolution) (*smtpwire.Reply, error) {
	switch res.Class {
	case directory.IsAccount:
		return r.room(ctx, e, &res.Account)
	case directory.IsAlias:
		return nil, nil // room is a matter of each target, at delivery
	case directory.NotLocal:
		if r.mayRelay(p) {
			return nil, nil
		}
		return errRelay, nil
	case directory.Disabled:
		return errDisabled, nil
	}
	return errNoUser, nil
}

// mayRelay reports whether a client may send to anybody.
func (r *Receiver) mayRelay(p *smtpwire.Peer) bool {
	client := p.Remote.Addr().Unmap()
	for _, network := range r.o.Networks {
		if network.Contains(client) {
			return true
		}
	}
	return false
}

// room looks at the quota of an account, as far as the announced size tells.
func (r *Receiver) room(ctx context.Context, e *smtpwire.Envelope, a *directory.Account) (*smtpwire.Reply, error) {
	if r.o.Usage == nil || a.QuotaBytes == 0 && a.QuotaMessages == 0 {
		return nil, nil
	}
	size := e.FromParams.Size
	if a.QuotaBytes > 0 && size > a.QuotaBytes {
		return errMailSmall, nil
	}
	bytes, messages, err := r.o.Usage.Usage(ctx, a.ID)
	if err != nil {
		return nil, fmt.Errorf("look at the quota: %w", err)
	}
	if a.QuotaBytes > 0 && bytes+size > a.QuotaBytes || a.QuotaMessages > 0 && messages >= a.QuotaMessages {
		return errMailFull, nil
	}
	return nil, nil
}

// refused counts and logs a recipient that was refused.
func (r *Receiver) refused(ctx context.Context, p *smtpwire.Peer, e *smtpwire.Envelope, rcpt smtpwire.Rcpt, reply *smtpwire.Reply) {
	if reply.Temporary() {
		r.o.Counters.TempRejected.Add(1)
	} else {
		r.o.Counters.Rejected.Add(1)
	}
	r.o.Log.LogAttrs(ctx, slog.LevelInfo, "rejected",
		slog.String("client", p.Remote.Addr().String()),
		slog.String("helo", p.Helo),
		slog.String("from", e.From.Path()),
		slog.String("to", rcpt.To.Path()),
		slog.String("reply", reply.Error()))
}

// Data takes the text of the message into the queue.
func (r *Receiver) Data(ctx context.Context, p *smtpwire.Peer, e *smtpwire.Envelope, body io.Reader) (string, error) {
	return r.o.Intake.Take(ctx, p, e, body)
}

// Verify tells strangers nothing: VRFY is how addresses are harvested.
func (r *Receiver) Verify(ctx context.Context, p *smtpwire.Peer, arg string) (string, error) {
	return "", nil
}

// Expand tells strangers nothing.
func (r *Receiver) Expand(ctx context.Context, p *smtpwire.Peer, arg string) ([]string, error) {
	return nil, nil
}
