// Package msa is the message submission agent (RFC 6409): it takes mail from
// users who logged in, sees to it that they send as themselves, and completes
// the header.
//
// # Who may send as whom
//
// A user may use an address, as envelope sender and in the header, when mail
// to that address reaches the user's own mailbox: the login address, its
// subaddresses ("user+tag"), aliases that lead to it, a catch-all, a role such
// as postmaster. The null sender is allowed too: replies of machines and
// receipts need it (RFC 3798 3).
//
// The header has at most one From field. A mailbox in it must be one that the
// user may use; or some are; or all belong to domains that are not ours, as
// when somebody writes with the address of another provider. In the last two
// cases the Sender field names the user, and is written when it is missing
// (RFC 5322 3.6.2, RFC 6409 8.1). Who writes with the address of somebody else
// of ours is refused with the reason: an author of our domains is one that
// this server has checked.
//
// To whom a user may send is not decided here: that is asked of the receiver of
// port 25 ([Recipients]), for what is true of a recipient is true for everybody.
//
// # What is completed
//
// Missing Date, Message-ID, From (the login address) and Sender (when From has
// several mailboxes) are written. Bcc, Resent-Bcc, Return-Path and
// Content-Length are taken out, as every submission server does; everything
// else stays as it came, in its order. The trace header does not tell where
// the user was (see mta.IntakeOptions.ShowClient).
package msa

import (
	"context"
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

// Recipients decides about recipients and their mail as port 25 does:
// mta.Receiver, joined by server. The reply says why one is refused.
type Recipients interface {
	Mail(ctx context.Context, p *smtpwire.Peer, e *smtpwire.Envelope) error
	Judge(ctx context.Context, p *smtpwire.Peer, e *smtpwire.Envelope, rcpt address.Address) (*smtpwire.Reply, error)
}

// Inquirer answers VRFY and EXPN: mta.Receiver, joined by server.
type Inquirer interface {
	Verify(ctx context.Context, p *smtpwire.Peer, arg string) (string, error)
	Expand(ctx context.Context, p *smtpwire.Peer, arg string) ([]string, error)
}

// Pressure says whether the server is short of disk, queue or memory: a reply
// that refuses new mail for now, or nil.
type Pressure interface {
	Check(size int64) *smtpwire.Reply
}

// Options configure a Submitter. Hostname, Intake and Directory are required.
type Options struct {
	Hostname   string // right side of a Message-ID that we write
	Intake     Intake
	Directory  Directory
	Recipients Recipients   // nil: only what does not exist is refused
	Inquirer   Inquirer     // nil: VRFY and EXPN tell nothing
	Pressure   Pressure     // nil: none
	Log        *slog.Logger // default: discards
}

// Submitter is the policy of ports 587 and 465. It satisfies smtp.Receiver.
type Submitter struct{ o Options }

// New returns a submitter.
func New(o Options) *Submitter {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Submitter{o}
}

// Replies of the policy. They are for the user, who sees them in his program.
var (
	errLogin    = smtpwire.NewReply(530, "5.7.0", "Log in before you send mail")
	errSender   = smtpwire.NewReply(553, "5.7.1", "You may not send mail from this address; use your own or one of your aliases")
	errNoUser   = smtpwire.NewReply(550, "5.1.1", "No such user here; check the address")
	errDisabled = smtpwire.NewReply(550, "5.2.1", "This mailbox takes no mail at present")
)

// Mail decides about a sender.
func (s *Submitter) Mail(ctx context.Context, p *smtpwire.Peer, e *smtpwire.Envelope) error {
	if p.Account == 0 {
		return errLogin
	}
	if reply := s.pressed(e); reply != nil {
		return s.refuse(ctx, p, e.From.Path(), reply)
	}
	if !e.From.IsNull() {
		own, err := s.owns(ctx, p, e.From)
		if err != nil {
			return err
		}
		if !own {
			return s.refuse(ctx, p, e.From.Path(), errSender)
		}
	}
	if s.o.Recipients == nil {
		return nil
	}
	return s.o.Recipients.Mail(ctx, p, e)
}

// pressed is the refusal of a server that is short of something.
func (s *Submitter) pressed(e *smtpwire.Envelope) *smtpwire.Reply {
	if s.o.Pressure == nil {
		return nil
	}
	return s.o.Pressure.Check(e.FromParams.Size)
}

// Rcpt decides about a recipient: anybody but those of ours who do not exist.
func (s *Submitter) Rcpt(ctx context.Context, p *smtpwire.Peer, e *smtpwire.Envelope, rcpt smtpwire.Rcpt) error {
	if p.Account == 0 {
		return errLogin
	}
	if s.o.Recipients != nil {
		reply, err := s.o.Recipients.Judge(ctx, p, e, rcpt.To)
		if err != nil || reply == nil {
			return err
		}
		return s.refuse(ctx, p, rcpt.To.Path(), reply)
	}
	res, err := s.o.Directory.Resolve(ctx, rcpt.To)
	if err != nil {
		return err
	}
	switch res.Class {
	case directory.Unknown:
		return s.refuse(ctx, p, rcpt.To.Path(), errNoUser)
	case directory.Disabled:
		return s.refuse(ctx, p, rcpt.To.Path(), errDisabled)
	}
	return nil
}

// Data completes the header and takes the message into the queue.
func (s *Submitter) Data(ctx context.Context, p *smtpwire.Peer, e *smtpwire.Envelope, body io.Reader) (string, error) {
	if p.Account == 0 {
		return "", errLogin
	}
	if reply := s.pressed(e); reply != nil {
		return "", s.refuse(ctx, p, e.From.Path(), reply)
	}
	header, rest, err := readHeader(body)
	if err != nil {
		return "", err
	}
	complete, reply, err := s.complete(ctx, p, header)
	if err != nil {
		return "", err
	}
	if reply != nil {
		return "", s.refuse(ctx, p, e.From.Path(), reply)
	}
	return s.o.Intake.Take(ctx, p, e, &joined{head: [2][]byte{complete, rest}, body: body})
}

// owns reports whether mail to an address reaches the user.
func (s *Submitter) owns(ctx context.Context, p *smtpwire.Peer, a address.Address) (bool, error) {
	res, err := s.o.Directory.Resolve(ctx, a)
	if err != nil {
		return false, err
	}
	switch res.Class {
	case directory.IsAccount:
		return uint64(res.Account.ID) == p.Account, nil
	case directory.IsAlias:
		return s.leadsTo(ctx, a, p.Account)
	}
	return false, nil
}

func (s *Submitter) leadsTo(ctx context.Context, alias address.Address, account uint64) (bool, error) {
	x, err := s.o.Directory.Expand(ctx, alias)
	if err != nil {
		return false, err
	}
	for _, local := range x.Accounts {
		if uint64(local.Account.ID) == account {
			return true, nil
		}
	}
	return false, nil
}

// refuse logs a refusal and returns it.
func (s *Submitter) refuse(ctx context.Context, p *smtpwire.Peer, what string, reply *smtpwire.Reply) error {
	s.o.Log.LogAttrs(ctx, slog.LevelInfo, "rejected",
		slog.String("client", p.Remote.Addr().String()),
		slog.String("user", p.User),
		slog.String("address", what),
		slog.String("reply", reply.Error()))
	return reply
}
