package smtpwire

import (
	"crypto/tls"
	"net/netip"

	"tram/internal/mail/address"
)

// Peer describes the other end of an SMTP session as policy code sees it. It
// belongs to the session and changes between transactions (STARTTLS, AUTH,
// EHLO), never during a call.
type Peer struct {
	Remote, Local netip.AddrPort
	Helo          string               // the argument of EHLO or HELO; no spaces or control characters
	ESMTP         bool                 // EHLO, not HELO
	TLS           *tls.ConnectionState // nil in plain text
	User          string               // login address when authenticated, else ""
	Account       uint64               // directory account id when authenticated, else 0
}

// Envelope is what MAIL and RCPT said about one message.
type Envelope struct {
	From       address.Address // zero for the null sender
	FromParams MailParams
	Rcpts      []Rcpt // the accepted ones, in order
}

// Rcpt is one recipient and its delivery status parameters (RFC 3461).
type Rcpt struct {
	To     address.Address
	Notify string // "", "NEVER", or words of SUCCESS, FAILURE, DELAY joined by commas
	ORcpt  string // "", or "rfc822;address" with the xtext decoded; other types as received
}

// MailParams are the parameters of MAIL.
type MailParams struct {
	Size     int64    // announced octets (RFC 1870), 0 when not announced
	Body     BodyType // RFC 6152, RFC 3030
	SMTPUTF8 bool     // RFC 6531
	Ret      string   // "", "FULL" or "HDRS" (RFC 3461 4.3)
	EnvID    string   // xtext decoded (RFC 3461 4.4)
	Auth     string   // xtext decoded: "", "<>" or a mailbox (RFC 4954 5)
}

// BodyType is the BODY parameter of MAIL.
type BodyType uint8

// The body types. BodyUnset is treated as 7BIT by peers that are strict.
const (
	BodyUnset BodyType = iota
	Body7Bit
	Body8BitMIME
	BodyBinaryMIME
)

// String is the value of the BODY parameter, "" for BodyUnset.
func (b BodyType) String() string {
	switch b {
	case Body7Bit:
		return "7BIT"
	case Body8BitMIME:
		return "8BITMIME"
	case BodyBinaryMIME:
		return "BINARYMIME"
	}
	return ""
}
