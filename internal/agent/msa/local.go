package msa

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"time"

	"tram/internal/directory"
	"tram/internal/mail/address"
	"tram/internal/mail/message"
	"tram/internal/mail/smtpwire"
)

// LocalOptions configure a Local. Intake, Directory and Domain are required.
type LocalOptions struct {
	Intake    Intake
	Directory Directory
	Inquirer  Inquirer // nil: VRFY tells nothing
	Pressure  Pressure // nil: none
	Domain    string   // completes addresses that have none
	User      string   // login name of the user of this machine
	Name      string   // his name, "" when not known
	Log       *slog.Logger
}

// Local is the policy for a user of this machine, as sendmail(1) has it: the
// system has said who that is, so there is no login, any sender may be named,
// and mail may go anywhere. What he may not hide is himself: the trace header
// names him. It satisfies smtp.Receiver.
//
// Nothing is refused that a notification could tell as well: behind a cron job
// is nobody who reads a refusal.
type Local struct{ o LocalOptions }

// NewLocal returns the policy for one user.
func NewLocal(o LocalOptions) *Local {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Local{o}
}

// Mail lets every sender through as long as there is room. sendmail keeps the
// message until there is.
func (l *Local) Mail(_ context.Context, _ *smtpwire.Peer, e *smtpwire.Envelope) error {
	if l.o.Pressure == nil {
		return nil
	}
	if reply := l.o.Pressure.Check(e.FromParams.Size); reply != nil {
		return reply
	}
	return nil
}

// Rcpt lets every recipient through; one that does not exist becomes a
// notification.
func (l *Local) Rcpt(context.Context, *smtpwire.Peer, *smtpwire.Envelope, smtpwire.Rcpt) error {
	return nil
}

// Data completes the header and takes the message into the queue.
func (l *Local) Data(ctx context.Context, p *smtpwire.Peer, e *smtpwire.Envelope, body io.Reader) (string, error) {
	if err := l.Mail(ctx, p, e); err != nil { // also for messages that were dropped, which come without a session
		return "", err
	}
	header, rest, err := readHeader(body)
	if err != nil {
		return "", err
	}
	own, err := l.recipients(ctx, e)
	if err != nil {
		return "", err
	}
	return l.o.Intake.Take(ctx, p, own, &joined{head: [2][]byte{l.complete(header), rest}, body: body})
}

// recipients sends mail for root to the postmaster where nobody is called
// root: the machine's own programs write to root, whoever reads his mail.
func (l *Local) recipients(ctx context.Context, e *smtpwire.Envelope) (*smtpwire.Envelope, error) {
	own := *e
	own.Rcpts = append([]smtpwire.Rcpt(nil), e.Rcpts...)
	for i := range own.Rcpts {
		to := &own.Rcpts[i].To
		if to.Local != "root" || to.Domain != l.o.Domain {
			continue
		}
		instead, err := l.postmaster(ctx, *to)
		if err != nil {
			return nil, err
		}
		*to = instead
	}
	return &own, nil
}

// postmaster is who gets mail for root: root, where there is such a user, else
// the postmaster of the domain, or of this server when the domain is not ours.
// A machine that has neither, a null client, leaves root to the host that it
// passes everything to.
func (l *Local) postmaster(ctx context.Context, root address.Address) (address.Address, error) {
	res, err := l.o.Directory.Resolve(ctx, root)
	if err != nil {
		return root, err
	}
	switch res.Class {
	case directory.Unknown:
		return address.Address{Local: "postmaster", Domain: root.Domain}, nil
	case directory.NotLocal:
		here := address.Address{Local: "postmaster"} // RFC 5321 4.5.1
		res, err = l.o.Directory.Resolve(ctx, here)
		if err == nil && res.Class != directory.Unknown && res.Class != directory.NotLocal {
			return here, nil
		}
	}
	return root, err
}

// complete writes what a header lacks, and completes addresses without a
// domain. Faults in it stay: the message of a machine is better with them than
// lost.
func (l *Local) complete(header []byte) []byte {
	header = qualified(header, l.o.Domain)
	c := message.Completion{NoDate: true, NoMessageID: true, NoFrom: true}
	for field := range message.Fields(header) {
		c.NoDate = c.NoDate && !field.Is("Date")
		c.NoMessageID = c.NoMessageID && !field.Is("Message-ID")
		c.NoFrom = c.NoFrom && !field.Is("From")
	}
	out := make([]byte, 0, len(header)+256)
	if c.NoDate {
		out = time.Now().AppendFormat(append(out, "Date: "...), dateForm)
		out = append(out, "\r\n"...)
	}
	if c.NoMessageID {
		out = append(out, "Message-ID: <"+rand.Text()+"@"+l.o.Domain+">\r\n"...)
	}
	if c.NoFrom {
		from := message.Address{Name: l.o.Name, Local: l.o.User, Domain: l.o.Domain}
		out = append(append(out, "From: "...), fromValue(from)...)
		out = append(out, "\r\n"...)
	}
	return hidden.AppendNot(out, header)
}

// Verify answers VRFY, which sendmail -bv asks.
func (l *Local) Verify(ctx context.Context, p *smtpwire.Peer, arg string) (string, error) {
	if l.o.Inquirer == nil {
		return "", nil
	}
	return l.o.Inquirer.Verify(ctx, p, arg)
}

// Expand shows no lists: whose they are is for the administrator to say.
func (l *Local) Expand(context.Context, *smtpwire.Peer, string) ([]string, error) { return nil, nil }
