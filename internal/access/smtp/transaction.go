package smtp

import (
	"context"
	"strconv"
	"time"

	"tram/internal/mail/smtpwire"
)

// mail begins a transaction (RFC 5321 4.1.1.2).
func (s *session) mail(ctx context.Context, arg []byte) {
	switch {
	case s.tx.open:
		s.refuse(errNestedMail)
		return
	case s.opts.Mode == Submission && s.peer.User == "":
		s.refuse(errNeedAuth)
		return
	}
	from, params, err := smtpwire.ParseMail(string(arg), s.extensions())
	if err != nil {
		s.fail(ctx, "MAIL", err)
		return
	}
	// RFC 1870 6.1: refuse before the client sends it all.
	if params.Size > s.opts.Limits.MessageBytes {
		s.refuse(errTooLarge)
		return
	}
	if held := max(params.HoldFor, time.Until(params.HoldUntil)); held > s.opts.Limits.Hold {
		s.refuse(errHold) // RFC 4865 4.2
		return
	}
	s.tx.envelope = smtpwire.Envelope{From: from, FromParams: params}
	if err := s.opts.Receiver.Mail(ctx, &s.peer, &s.tx.envelope); err != nil {
		s.tx = transaction{}
		s.fail(ctx, "MAIL", err)
		return
	}
	s.tx.open = true
	s.reply(mailReply(&params, &s.tx.envelope.FromParams))
}

// mailReply is the reply to an accepted MAIL. It tells when the Receiver has
// changed the priority (RFC 6710 5).
func mailReply(asked, given *smtpwire.MailParams) *smtpwire.Reply {
	if !asked.PrioritySet || asked.Priority == given.Priority {
		return okMail
	}
	return &smtpwire.Reply{Code: 250, Enhanced: "2.3.6", Text: strconv.Itoa(int(given.Priority)) + " is the new priority of the message"}
}

// rcpt adds a recipient (RFC 5321 4.1.1.3).
func (s *session) rcpt(ctx context.Context, arg []byte) {
	e := &s.tx.envelope
	switch {
	case !s.tx.open:
		s.refuse(errNeedMail)
		return
	case s.tx.spoiled:
		s.refuse(errSpoiled)
		return
	}
	// RFC 5321 4.5.3.1.10: the client sends the rest in another transaction,
	// so this is no mistake of its.
	if len(e.Rcpts) >= s.opts.Limits.Recipients {
		s.reply(errTooManyRcpts)
		return
	}
	r, err := smtpwire.ParseRcpt(string(arg), s.extensions(), e.FromParams.SMTPUTF8)
	if err != nil {
		s.fail(ctx, "RCPT", err)
		return
	}
	if err := s.opts.Receiver.Rcpt(ctx, &s.peer, e, r); err != nil {
		s.fail(ctx, "RCPT", err)
		return
	}
	e.Rcpts = append(e.Rcpts, r)
	s.commands--
	s.reply(okRcpt)
}
