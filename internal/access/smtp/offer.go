package smtp

import (
	"strconv"
	"strings"
	"time"

	"tram/internal/access/listen"
	"tram/internal/access/listen/login"
	"tram/internal/mail/smtpwire"
)

// offer is the text of the reply to EHLO and LHLO: what this session does, as
// it is now. docs/smtp.md lists the extensions.
func (s *session) offer() string {
	var b strings.Builder
	line := func(words ...string) {
		b.WriteByte('\n')
		b.WriteString(strings.Join(words, " "))
	}
	b.WriteString(s.opts.Hostname)
	line("PIPELINING")
	line("SIZE", strconv.FormatInt(s.opts.Limits.MessageBytes, 10))
	line("8BITMIME")
	line("ENHANCEDSTATUSCODES")
	line("SMTPUTF8")
	line("CHUNKING")
	line("LIMITS RCPTMAX=" + strconv.Itoa(s.opts.Limits.Recipients)) // RFC 9422
	ext := s.extensions()
	for _, e := range optional {
		if ext&e.bit != 0 {
			line(e.keyword)
		}
	}
	if ext&smtpwire.FutureRelease != 0 { // RFC 4865 3
		longest := s.opts.Limits.Hold
		line("FUTURERELEASE", strconv.FormatInt(int64(longest/time.Second), 10), time.Now().Add(longest).UTC().Format(time.RFC3339))
	}
	if s.opts.Queue != nil {
		line("ETRN")
	}
	if s.canStartTLS() {
		line("STARTTLS")
	}
	if s.canAuth() && s.peer.User == "" {
		line("AUTH", login.Mechanisms(s.opts.Authenticator, s.binding()))
	}
	if s.mayXClient() {
		line("XCLIENT", smtpwire.XClientNames)
	}
	line("HELP")
	return b.String()
}

// optional are the extensions that Options.Extensions turns on and whose
// keyword stands alone. DELIVERBY has no least time: late is late.
var optional = []struct {
	bit     smtpwire.Extensions
	keyword string
}{
	{smtpwire.BinaryMIME, "BINARYMIME"},
	{smtpwire.DSN, "DSN"},
	{smtpwire.RequireTLS, "REQUIRETLS"},
	{smtpwire.DeliverByTime, "DELIVERBY"},
	{smtpwire.MTPriority, "MT-PRIORITY"},
}

// extensions are those whose parameters MAIL and RCPT may have. They need
// EHLO (RFC 5321 2.2.1), but clients that say HELO and use SIZE exist and do
// no harm.
func (s *session) extensions() smtpwire.Extensions {
	ext := smtpwire.Size | smtpwire.EightBitMIME | smtpwire.SMTPUTF8 | s.opts.Extensions
	if s.peer.TLS == nil {
		ext &^= smtpwire.RequireTLS // RFC 8689 2: under TLS only
	}
	if s.opts.Mode == Submission {
		return ext | smtpwire.Auth
	}
	return ext &^ smtpwire.FutureRelease // RFC 4865 4.2: on submission ports only
}

// canStartTLS reports whether STARTTLS is offered now.
func (s *session) canStartTLS() bool {
	return s.info.TLSMode == listen.StartTLS && s.info.TLSConfig != nil && s.peer.TLS == nil
}

// canAuth reports whether passwords are taken on the connection as it is now.
func (s *session) canAuth() bool {
	return s.opts.Mode == Submission && (s.peer.TLS != nil || s.info.PlaintextLogin)
}
