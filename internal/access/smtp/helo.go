package smtp

import (
	"context"
	"unicode/utf8"

	"tram/internal/mail/smtpwire"
)

// greet opens the conversation (RFC 5321 3.1).
func (s *session) greet() {
	protocol := " ESMTP Tram"
	if s.opts.Mode == LMTP {
		protocol = " LMTP Tram"
	}
	s.reply(&smtpwire.Reply{Code: 220, Text: s.opts.Hostname + protocol})
}

// helo is RFC 5321 4.1.1.1 for clients of 1982.
func (s *session) helo(_ context.Context, arg []byte) {
	if s.opts.Mode == LMTP {
		s.refuse(errSayLHLO)
		return
	}
	if s.hello(arg, false) {
		s.reply(&smtpwire.Reply{Code: 250, Text: s.opts.Hostname})
	}
}

// ehlo is RFC 5321 4.1.1.1: the reply lists what this session offers.
func (s *session) ehlo(_ context.Context, arg []byte) {
	if s.opts.Mode == LMTP {
		s.refuse(errSayLHLO)
		return
	}
	if s.hello(arg, true) {
		s.reply(&smtpwire.Reply{Code: 250, Text: s.offer()})
	}
}

// lhlo is RFC 2033 4.1: the EHLO of LMTP, and there only, so that two programs
// that speak different protocols find out.
func (s *session) lhlo(_ context.Context, arg []byte) {
	if s.opts.Mode != LMTP {
		s.refuse(errSayEHLO)
		return
	}
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
