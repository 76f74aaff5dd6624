package smtpclient

import (
	"io"
	"strconv"

	"tram/internal/mail/address"
	"tram/internal/mail/smtpwire"
)

// Message is one message to send in one transaction.
type Message struct {
	From  address.Address
	Rcpts []Rcpt
	Text  io.Reader // read once; line ends and dots are taken care of
	Size  int64     // octets of Text

	EightBit bool   // the body has octets beyond ASCII
	SMTPUTF8 bool   // the header has, or must not lose, characters beyond ASCII
	Ret      string // RFC 3461: FULL, HDRS or ""
	EnvID    string // decoded
}

// Rcpt is one recipient.
type Rcpt struct {
	To     address.Address
	Notify string // RFC 3461
	ORcpt  string // "rfc822;address" decoded, or ""
}

// Result is what became of the recipients of a message.
type Result struct {
	Replies []*smtpwire.Reply // one a recipient, in order; nil is undecided
	Failure *Failure          // what ended the conversation early, or nil
	Lost    bool              // the reply to the final dot did not come: accepted recipients are undecided
}

// decide gives every undecided recipient a reply.
func (r *Result) decide(reply *smtpwire.Reply) {
	for i := range r.Replies {
		if r.Replies[i] == nil {
			r.Replies[i] = reply
		}
	}
}

// mailLine is the MAIL command. utf8 says whether addresses go as they are.
func (c *Conn) mailLine(m *Message, utf8 bool) []byte {
	line := append([]byte("MAIL FROM:"), wirePath(m.From, utf8)...)
	offers := func(e smtpwire.Extensions) bool { return c.offer.Extensions&e != 0 }
	if offers(smtpwire.Size) && m.Size > 0 {
		line = strconv.AppendInt(append(line, " SIZE="...), m.Size, 10)
	}
	if offers(smtpwire.EightBitMIME) && m.EightBit {
		line = append(line, " BODY=8BITMIME"...)
	}
	if utf8 {
		line = append(line, " SMTPUTF8"...)
	}
	if offers(smtpwire.DSN) && m.Ret != "" {
		line = append(append(line, " RET="...), m.Ret...)
	}
	if offers(smtpwire.DSN) && m.EnvID != "" {
		line = smtpwire.AppendXtext(append(line, " ENVID="...), m.EnvID)
	}
	return append(line, "\r\n"...)
}

func (c *Conn) rcptLine(r *Rcpt, utf8 bool) []byte {
	line := append([]byte("RCPT TO:"), wirePath(r.To, utf8)...)
	if c.offer.Extensions&smtpwire.DSN != 0 {
		if r.Notify != "" {
			line = append(append(line, " NOTIFY="...), r.Notify...)
		}
		if r.ORcpt != "" {
			line = appendORcpt(append(line, " ORCPT="...), r.ORcpt)
		}
	}
	return append(line, "\r\n"...)
}

// appendORcpt writes "type;xtext" (RFC 3461 4.2).
func appendORcpt(line []byte, orcpt string) []byte {
	for i := range len(orcpt) {
		if orcpt[i] == ';' {
			return smtpwire.AppendXtext(append(line, orcpt[:i+1]...), orcpt[i+1:])
		}
	}
	return smtpwire.AppendXtext(append(line, "rfc822;"...), orcpt)
}

// wirePath is the address for a host with or without SMTPUTF8: without it, the
// domain goes in A-labels (RFC 6531 3.2 lets a client do so).
func wirePath(a address.Address, utf8 bool) string {
	if !utf8 {
		a.Domain = a.ASCII()
	}
	return a.Path()
}

var (
	replyBadAddress = smtpwire.NewReply(553, "5.1.3", "The address cannot be written in SMTP")
	replyNeedUTF8   = smtpwire.NewReply(553, "5.6.7", "The message or an address needs SMTPUTF8, which the next host does not offer")
)

// unfit says why this host cannot take a message at all, or returns nil.
func (c *Conn) unfit(m *Message) *smtpwire.Reply {
	switch {
	case m.From.Valid() != nil:
		return smtpwire.NewReply(553, "5.1.7", "The sender address cannot be written in SMTP")
	case c.offer.Extensions&smtpwire.SMTPUTF8 == 0 && (m.SMTPUTF8 || !isASCII(m.From.Local)):
		return replyNeedUTF8
	case c.offer.MaxSize > 0 && m.Size > c.offer.MaxSize:
		return smtpwire.NewReply(552, "5.3.4", "The message has "+strconv.FormatInt(m.Size, 10)+" octets, and "+
			c.Name()+" takes at most "+strconv.FormatInt(c.offer.MaxSize, 10))
	}
	return nil
}

// unfitRcpt says why a recipient cannot be named to this host, or returns nil.
func (c *Conn) unfitRcpt(r *Rcpt) *smtpwire.Reply {
	switch {
	case r.To.IsNull() || r.To.Valid() != nil:
		return replyBadAddress
	case c.offer.Extensions&smtpwire.SMTPUTF8 == 0 && !isASCII(r.To.Local):
		return replyNeedUTF8
	}
	return nil
}

// needsUTF8 reports whether the transaction is an SMTPUTF8 one. It is not when
// there is nothing in it that needs to be, so that the host can pass it on
// anywhere.
func (c *Conn) needsUTF8(m *Message) bool {
	if c.offer.Extensions&smtpwire.SMTPUTF8 == 0 {
		return false
	}
	if m.SMTPUTF8 || !m.From.IsASCII() {
		return true
	}
	for i := range m.Rcpts {
		if !m.Rcpts[i].To.IsASCII() {
			return true
		}
	}
	return false
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
