package smtp

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"time"

	"tram/internal/access/listen/lineconn"
	"tram/internal/access/listen/login"
	"tram/internal/directory"
	"tram/internal/mail/sasl"
	"tram/internal/mail/smtpwire"
)

// maxAuthLine is the longest line of an authentication, with CRLF.
const maxAuthLine = sasl.MaxLine + len("\r\n")

// auth is RFC 4954.
func (s *session) auth(ctx context.Context, arg []byte) {
	switch {
	case s.opts.Mode != Submission:
		s.refuse(errNoAuthHere)
		return
	case s.peer.User != "" || s.tx.open:
		s.refuse(errAuthNow)
		return
	case !s.canAuth():
		s.refuse(errAuthNeedsTLS)
		return
	}
	name, initial, given := bytes.Cut(arg, []byte(" "))
	desk := login.Desk{Auth: s.opts.Authenticator, Hostname: s.opts.Hostname, Remote: s.peer.Remote.Addr(), Binding: s.binding()}
	mechanism := desk.Mechanism(ctx, string(name))
	if mechanism == nil {
		s.refuse(errMechanism)
		return
	}
	err := s.exchange(sasl.NewExchange(mechanism), initial, given)
	if s.ending {
		return
	}
	if err != nil {
		s.refuseAuth(err)
		return
	}
	s.peer.Account, s.peer.User = desk.Who()
	s.reply(okAuth)
}

// binding names the TLS connection for SCRAM.
func (s *session) binding() sasl.Binding {
	if s.peer.TLS == nil || s.info.TLSConfig == nil {
		return sasl.Binding{}
	}
	return login.BindingOf(s.peer.TLS, s.info.TLSConfig())
}

// exchange runs the lines of a mechanism. An error of the connection ends the
// session.
func (s *session) exchange(x *sasl.Exchange, initial []byte, given bool) error {
	challenge, done, err := x.Start(initial, given)
	for err == nil && !done {
		s.reply(&smtpwire.Reply{Code: 334, Text: challenge})
		line, rerr := s.conn.ReadLine(maxAuthLine)
		switch {
		case errors.Is(rerr, lineconn.ErrLineTooLong):
			return sasl.ErrEncoding
		case rerr != nil:
			s.broken(rerr)
			return rerr
		case len(s.conn.Buffered()) > 0:
			s.refuseEarly()
			return nil
		}
		text, ok := bytes.CutSuffix(line, []byte("\r\n"))
		if !ok {
			return sasl.ErrEncoding
		}
		challenge, done, err = x.Next(text)
	}
	return err
}

// refuseAuth maps an error of the exchange to a reply. Wrong passwords are
// slowed down and counted.
func (s *session) refuseAuth(err error) {
	var reply *smtpwire.Reply
	switch {
	case errors.Is(err, sasl.ErrCancelled):
		s.refuse(errAuthCancelled)
	case errors.Is(err, sasl.ErrEncoding), errors.Is(err, sasl.ErrMalformed):
		s.refuse(errAuthSyntax)
	case errors.Is(err, directory.ErrAuth), errors.Is(err, sasl.ErrIdentity):
		s.authFailures++
		time.Sleep(time.Duration(s.authFailures) * s.opts.Limits.AuthDelay)
		s.refuse(errAuthFailed)
		if s.authFailures >= s.opts.Limits.AuthFailures && !s.ending {
			s.reply(errTooManyAuth)
		}
	case errors.As(err, &reply) && !reply.Positive():
		s.refuse(reply)
	case errors.Is(err, login.ErrTooManyGuesses): // it was logged
		s.refuse(errAuthTemporary)
	default:
		s.opts.Log.Error("a password could not be checked", slog.String("remote", s.peer.Remote.String()), slog.Any("error", err))
		s.refuse(errAuthTemporary)
	}
}
