package mta

import (
	"context"
	"errors"
	"io"
	"log/slog"

	"tram/internal/mail/smtpwire"
	"tram/internal/queue"
	"tram/internal/storage/blob"
)

// IntakeOptions are what an Intake stands on. Hostname, Blobs and Queue are
// required.
type IntakeOptions struct {
	Hostname string
	Blobs    blob.Store
	Queue    *queue.Queue
	// ShowClient writes the address and EHLO name of users who logged in into
	// the trace header, as Postfix does. By default only our own name is
	// there: where somebody was when he wrote is no business of the recipient.
	// The log has it in any case.
	ShowClient bool
	Counters   *Counters
	Log        *slog.Logger
}

// Intake takes accepted mail into the queue. Every agent that accepts mail
// uses it: mta.Receiver directly, msa.Submitter through an interface.
type Intake struct{ o IntakeOptions }

// NewIntake returns an intake.
func NewIntake(o IntakeOptions) *Intake { return &Intake{o} }

// Take reads the text of a message to its end, stores it behind a trace header
// and queues it for the recipients of e. When the error is nil the message is
// queued and synced, and id names it. An error that is a *smtpwire.Reply is
// meant for the client; any other is temporary.
func (in *Intake) Take(ctx context.Context, p *smtpwire.Peer, e *smtpwire.Envelope, text io.Reader) (id string, err error) {
	return "", errors.New("mta: not yet")
}
