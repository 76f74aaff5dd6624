package smtp

import (
	"context"
	"strconv"
	"strings"
	"unicode/utf8"

	"tram/internal/access/listen"
	"tram/internal/mail/sasl"
	"tram/internal/mail/smtpwire"
)

// greet opens the conversation (RFC 5321 3.1).
func (s *session) greet() {
	s.reply(&smtpwire.Reply{Code: 220, Text: s.opts.Hostname + " ESMTP Tram"})
}

// helo is RFC 5321 4.1.1.1 for clients of 1982.
func (s *session) helo(_ context.Context, arg []byte) {
	if s.hello(arg, false) {
		s.reply(&smtpwire.Reply{Code: 250, Text: s.opts.Hostname})
	}
}

// ehlo is RFC 5321 4.1.1.1: the reply lists what this session offers.
func (s *session) ehlo(_ context.Context, arg []byte) {
	if s.hello(arg, true) {
		s.reply(&smtpwire.Reply{Code: 250, Text: s.offer()})
	}
}

// hello takes the client's name. Either command also ends a transaction (RFC
// 5321 4.1.4).
func (s *session) hello(arg []byte, extended bool) bool {
	if !validHelo(arg) {
		s.refuse(errHelo)
		return false
	}
	s.tx = transaction{}
	s.peer.Helo, s.peer.ESMTP = string(arg), extended
	return true
}

// validHelo accepts any word that is safe in a header and a log. Whether it is
// a name of the client is policy; many honest clients send nonsense.
func validHelo(arg []byte) bool {
	for _, c := range arg {
		if c <= ' ' || c == 0x7f {
			return false
		}
	}
	return len(arg) > 0 && len(arg) <= maxHelo && utf8.Valid(arg)
}

// offer is the text of the reply to EHLO.
func (s *session) offer() string {
	var b strings.Builder
	b.WriteString(s.opts.Hostname)
	b.WriteString("\nPIPELINING\nSIZE ")
	b.WriteString(strconv.FormatInt(s.opts.Limits.MessageBytes, 10))
	b.WriteString("\n8BITMIME\nENHANCEDSTATUSCODES\nSMTPUTF8\nLIMITS RCPTMAX=")
	b.WriteString(strconv.Itoa(s.opts.Limits.Recipients))
	if s.opts.DSN {
		b.WriteString("\nDSN")
	}
	if s.canStartTLS() {
		b.WriteString("\nSTARTTLS")
	}
	if s.canAuth() && s.peer.User == "" {
		b.WriteString("\nAUTH " + sasl.PasswordMechanisms)
	}
	b.WriteString("\nHELP")
	return b.String()
}

// extensions are those whose parameters MAIL and RCPT may have. They need
// EHLO (RFC 5321 2.2.1), but clients that say HELO and use SIZE exist and do
// no harm.
func (s *session) extensions() smtpwire.Extensions {
	ext := smtpwire.Size | smtpwire.EightBitMIME | smtpwire.SMTPUTF8
	if s.opts.DSN {
		ext |= smtpwire.DSN
	}
	if s.opts.Mode == Submission {
		ext |= smtpwire.Auth
	}
	return ext
}

// canStartTLS reports whether STARTTLS is offered now.
func (s *session) canStartTLS() bool {
	return s.info.TLSMode == listen.StartTLS && s.info.TLSConfig != nil && s.peer.TLS == nil
}

// canAuth reports whether passwords are taken on the connection as it is now.
func (s *session) canAuth() bool {
	return s.opts.Mode == Submission && (s.peer.TLS != nil || s.info.PlaintextLogin)
}
