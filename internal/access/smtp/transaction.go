package smtp

import (
	"context"

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
	s.tx.envelope = smtpwire.Envelope{From: from, FromParams: params}
	if err := s.opts.Receiver.Mail(ctx, &s.peer, &s.tx.envelope); err != nil {
		s.tx = transaction{}
		s.fail(ctx, "MAIL", err)
		return
	}
	s.tx.open = true
	s.reply(okMail)
}

// rcpt adds a recipient (RFC 5321 4.1.1.3).
func (s *session) rcpt(ctx context.Context, arg []byte) {
	e := &s.tx.envelope
	if !s.tx.open {
		s.refuse(errNeedMail)
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
	// RFC 5321 4.5.1: <postmaster> is the postmaster of this host.
	if r.To.Domain == "" {
		r.To.Domain = s.opts.Hostname
	}
	if err := s.opts.Receiver.Rcpt(ctx, &s.peer, e, r); err != nil {
		s.fail(ctx, "RCPT", err)
		return
	}
	e.Rcpts = append(e.Rcpts, r)
	s.commands--
	s.reply(okRcpt)
}
