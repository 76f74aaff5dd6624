package mta

import (
	"crypto/tls"
	"net/netip"
	"strings"
	"time"

	"tram/internal/mail/address"
	"tram/internal/mail/smtpwire"
)

// dateForm is the date of trace headers (RFC 5322 3.3).
const dateForm = "Mon, 02 Jan 2006 15:04:05 -0700"

// maxHelo is how much of the name that a client gave itself is repeated.
const maxHelo = 255

// trace is what a Received field says (RFC 5321 4.4).
type trace struct {
	host       string // ours
	id         string // of the queue entry
	peer       *smtpwire.Peer
	envelope   *smtpwire.Envelope
	showClient bool // also when the client logged in
	now        time.Time
}

// append appends the field:
//
//	Received: from client.example ([192.0.2.1])
//		by mx.example.org (Tram) with ESMTPS id 0e3v2g5k0wz00
//		for <user@example.org> tls TLS_AES_128_GCM_SHA256 (TLS 1.3);
//		Fri, 21 Nov 2025 22:03:09 +0700
//
// A user who logged in is not betrayed: where he was is left out, as the
// registered clauses of RFC 5321 allow for mail that comes from inside.
func (t *trace) append(b []byte) []byte {
	b = append(b, "Received: "...)
	switch {
	case t.peer.LocalUser != "":
		b = append(b, "from "...)
		b = appendWord(b, t.peer.LocalUser)
		b = append(b, " (local user)\r\n\t"...)
	case t.peer.User == "" || t.showClient:
		b = append(b, "from "...)
		b = appendWord(b, t.peer.Helo)
		b = append(b, " ("...)
		if t.peer.Socket != "" {
			b = append(b, "local socket"...)
		} else {
			b = appendLiteral(b, t.peer.Remote.Addr())
		}
		b = append(b, ")\r\n\t"...)
	}
	b = append(b, "by "...)
	b = append(b, t.host...)
	b = append(b, " (Tram) with "...)
	b = append(b, protocol(t.peer, t.envelope)...)
	b = append(b, " id "...)
	b = append(b, t.id...)
	b = t.appendFor(b)
	b = appendTLS(b, t.peer.TLS)
	b = append(b, ";\r\n\t"...)
	b = t.now.AppendFormat(b, dateForm)
	return append(b, "\r\n"...)
}

// appendFor names the recipient when there is only one: to name one of several
// would tell the others of a blind copy (RFC 5321 7.2).
func (t *trace) appendFor(b []byte) []byte {
	rcpts := t.envelope.Rcpts
	if len(rcpts) != 1 || !rcpts[0].To.IsASCII() && !t.envelope.FromParams.SMTPUTF8 {
		return b
	}
	return rcpts[0].To.AppendPath(append(b, "\r\n\tfor "...))
}

// appendTLS adds the clause of RFC 8314 4.3.
func appendTLS(b []byte, state *tls.ConnectionState) []byte {
	if state == nil {
		return b
	}
	b = append(b, " tls "...)
	b = append(b, tls.CipherSuiteName(state.CipherSuite)...)
	b = append(b, " ("...)
	b = append(b, tls.VersionName(state.Version)...)
	return append(b, ')')
}

// appendWord writes a name that a stranger chose so that it stays one word of
// a header.
func appendWord(b []byte, s string) []byte {
	if s == "" {
		return append(b, "unknown"...)
	}
	for i := range min(len(s), maxHelo) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._:[]", c) >= 0:
			b = append(b, c)
		default:
			b = append(b, '?')
		}
	}
	return b
}

// appendLiteral writes an address literal (RFC 5321 4.1.3).
func appendLiteral(b []byte, addr netip.Addr) []byte {
	addr = addr.Unmap().WithZone("")
	b = append(b, '[')
	if addr.Is6() {
		b = append(b, "IPv6:"...)
	}
	if addr.IsValid() {
		b = addr.AppendTo(b)
	}
	return append(b, ']')
}

// protocol is the keyword of RFC 3848 and RFC 6531 4.3 for how a message came.
func protocol(p *smtpwire.Peer, e *smtpwire.Envelope) string {
	index := 0
	if p.TLS != nil {
		index |= 1
	}
	if p.User != "" {
		index |= 2
	}
	switch {
	case p.LocalUser != "":
		return "LOCAL"
	case p.LMTP && e.FromParams.SMTPUTF8:
		return [...]string{"UTF8LMTP", "UTF8LMTPS", "UTF8LMTPA", "UTF8LMTPSA"}[index]
	case p.LMTP:
		return [...]string{"LMTP", "LMTPS", "LMTPA", "LMTPSA"}[index]
	case e.FromParams.SMTPUTF8:
		return [...]string{"UTF8SMTP", "UTF8SMTPS", "UTF8SMTPA", "UTF8SMTPSA"}[index]
	case p.ESMTP:
		return [...]string{"ESMTP", "ESMTPS", "ESMTPA", "ESMTPSA"}[index]
	}
	return "SMTP"
}

// appendLocalTrace appends the trace field of a message that the server made
// itself.
func appendLocalTrace(b []byte, host, id string, to address.Address, now time.Time) []byte {
	b = append(b, "Received: by "...)
	b = append(b, host...)
	b = append(b, " (Tram) id "...)
	b = append(b, id...)
	if to.IsASCII() {
		b = to.AppendPath(append(b, "\r\n\tfor "...))
	}
	b = append(b, ";\r\n\t"...)
	b = now.AppendFormat(b, dateForm)
	return append(b, "\r\n"...)
}
