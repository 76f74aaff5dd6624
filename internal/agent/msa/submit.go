// Package msa is the message submission agent (RFC 6409): it takes mail from
// users who logged in, sees to it that they send as themselves, and completes
// the header.
package msa

import (
	"context"
	"errors"
	"io"
	"log/slog"

	"tram/internal/directory"
	"tram/internal/mail/address"
	"tram/internal/mail/smtpwire"
)

// Intake takes accepted mail into the queue: mta.Intake, joined by server. In
// the words of RFC 5598 it is the hand-over from the MSA to the MTA.
type Intake interface {
	Take(ctx context.Context, p *smtpwire.Peer, e *smtpwire.Envelope, text io.Reader) (id string, err error)
}

// Directory says whom an address belongs to. *directory.Directory is one.
type Directory interface {
	Resolve(ctx context.Context, a address.Address) (directory.Resolution, error)
	Expand(ctx context.Context, a address.Address) (directory.Expansion, error)
}

// Options configure a Submitter. Hostname, Intake and Directory are required.
type Options struct {
	Hostname  string // right side of a Message-ID that we write
	Intake    Intake
	Directory Directory
	Log       *slog.Logger // default: discards
}

// Submitter is the policy of ports 587 and 465. It satisfies smtp.Receiver.
type Submitter struct{ o Options }

// New returns a submitter.
func New(o Options) *Submitter { return &Submitter{o} }

// Mail decides about a sender.
func (s *Submitter) Mail(ctx context.Context, p *smtpwire.Peer, e *smtpwire.Envelope) error {
	return errors.New("msa: not yet")
}

// Rcpt decides about a recipient.
func (s *Submitter) Rcpt(ctx context.Context, p *smtpwire.Peer, e *smtpwire.Envelope, rcpt smtpwire.Rcpt) error {
	return errors.New("msa: not yet")
}

// Data completes the header and takes the message into the queue.
func (s *Submitter) Data(ctx context.Context, p *smtpwire.Peer, e *smtpwire.Envelope, body io.Reader) (string, error) {
	return "", errors.New("msa: not yet")
}

// Verify answers VRFY.
func (s *Submitter) Verify(ctx context.Context, p *smtpwire.Peer, arg string) (string, error) {
	return "", errors.New("msa: not yet")
}

// Expand answers EXPN.
func (s *Submitter) Expand(ctx context.Context, p *smtpwire.Peer, arg string) ([]string, error) {
	return nil, errors.New("msa: not yet")
}
