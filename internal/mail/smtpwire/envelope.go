package smtpwire

import (
	"crypto/tls"
	"net/netip"
	"time"

	"tram/internal/mail/address"
)

// Peer describes the other end of an SMTP session as policy code sees it. It
// belongs to the session and changes between transactions (STARTTLS, AUTH,
// EHLO), never during a call.
type Peer struct {
	Remote, Local netip.AddrPort       // of the client, and of the door that it came to; invalid on a Unix socket
	Proxied       netip.AddrPort       // the trusted host that told Remote (PROXY protocol, XCLIENT), invalid when nobody did
	Name          string               // host name of Remote as XCLIENT told it, else ""
	Socket        string               // path of the Unix socket that the client came to, else ""
	LocalUser     string               // login name of a user of this machine, of whom the system has told, else ""
	Helo          string               // the argument of EHLO, HELO or LHLO; no spaces or control characters
	ESMTP         bool                 // EHLO or LHLO, not HELO
	LMTP          bool                 // the door speaks LMTP (RFC 2033)
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

	RequireTLS  bool          // RFC 8689: TLS with verified certificates all the way, or a bounce
	HoldFor     time.Duration // RFC 4865: wait as long before delivery, 0 when not asked for
	HoldUntil   time.Time     // RFC 4865: wait until then, in UTC; zero when not asked for
	By          ByTime        // RFC 2852
	Priority    int8          // RFC 6710: -9 … 9, 0 when not given
	PrioritySet bool          // MT-PRIORITY was given
}

// MaxPriority is the highest MT-PRIORITY, and its negative the lowest (RFC
// 6710 3).
const MaxPriority = 9

// ByTime is the BY parameter of MAIL (RFC 2852 4).
type ByTime struct {
	Set     bool  // BY was given
	Seconds int64 // from the moment of MAIL; may be negative in mode N
	Mode    byte  // 'R' (return the message when late) or 'N' (notify, and go on)
	Trace   bool  // T: tell of each hand-over to the next host
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
