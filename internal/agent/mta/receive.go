package mta

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/netip"

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
type Receiver struct{ o ReceiverOptions }

// NewReceiver returns a receiver.
func NewReceiver(o ReceiverOptions) *Receiver { return &Receiver{o} }

// Mail decides about a sender.
func (r *Receiver) Mail(ctx context.Context, p *smtpwire.Peer, e *smtpwire.Envelope) error {
	return errors.New("mta: not yet")
}

// Rcpt decides about a recipient.
func (r *Receiver) Rcpt(ctx context.Context, p *smtpwire.Peer, e *smtpwire.Envelope, rcpt smtpwire.Rcpt) error {
	return errors.New("mta: not yet")
}

// Data takes the text of the message into the queue.
func (r *Receiver) Data(ctx context.Context, p *smtpwire.Peer, e *smtpwire.Envelope, body io.Reader) (string, error) {
	return r.o.Intake.Take(ctx, p, e, body)
}

// Verify answers VRFY.
func (r *Receiver) Verify(ctx context.Context, p *smtpwire.Peer, arg string) (string, error) {
	return "", errors.New("mta: not yet")
}

// Expand answers EXPN.
func (r *Receiver) Expand(ctx context.Context, p *smtpwire.Peer, arg string) ([]string, error) {
	return nil, errors.New("mta: not yet")
}
