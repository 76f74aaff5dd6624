package smtpclient

import (
	"io"
	"slices"
	"strconv"
	"strings"

	"tram/internal/mail/address"
	"tram/internal/mail/smtpwire"
)

// Message is one message to send in one transaction.
type Message struct {
	From  address.Address
	Rcpts []Rcpt
	Text  io.ReaderAt // line ends and dots are taken care of
	Size  int64       // octets of Text

	EightBit   bool // there are octets beyond ASCII
	Binary     bool // RFC 3030: lines may be of any length, and NUL, CR and LF stand anywhere
	SMTPUTF8   bool // RFC 6531: the header has characters beyond ASCII
	RequireTLS bool // RFC 8689

	Ret      string          // RFC 3461: FULL, HDRS or ""
	EnvID    string          // decoded
	By       smtpwire.ByTime // RFC 2852, seconds from now
	Priority int8            // RFC 6710; 0 is not sent
}

// Rcpt is one recipient.
type Rcpt struct {
	To     address.Address
	Notify string // RFC 3461
	ORcpt  string // "rfc822;address" decoded, or ""
}

// Result is what became of the recipients of a message.
type Result struct {
	Replies []*smtpwire.Reply   // one a recipient, in order; nil is undecided
	Unfit   *smtpwire.Reply     // why this host cannot be given the message, though another may; or nil
	Failure *Failure            // what ended the conversation early, or nil
	Lost    bool                // the reply to the end of the text did not come: accepted recipients are undecided
	Offered smtpwire.Extensions // what the host offers: with DSN it has taken over the duty to notify
}

// decide gives every undecided recipient a reply.
func (r *Result) decide(reply *smtpwire.Reply) {
	for i := range r.Replies {
		if r.Replies[i] == nil {
			r.Replies[i] = reply
		}
	}
}

// Offers reports whether the host offers all of these extensions.
func (c *Conn) Offers(e smtpwire.Extensions) bool { return c.offer.Extensions&e == e }

// appendMail appends the MAIL command.
func (t *transaction) appendMail(line []byte) []byte {
	c, m := t.c, t.m
	line = append(append(line, "MAIL FROM:"...), wirePath(m.From, t.utf8)...)
	if c.Offers(smtpwire.Size) && m.Size > 0 {
		line = strconv.AppendInt(append(line, " SIZE="...), t.size, 10)
	}
	if t.body != smtpwire.BodyUnset {
		line = append(append(line, " BODY="...), t.body.String()...)
	}
	if t.utf8 {
		line = append(line, " SMTPUTF8"...)
	}
	if c.Offers(smtpwire.DSN) && m.Ret != "" {
		line = append(append(line, " RET="...), m.Ret...)
	}
	if c.Offers(smtpwire.DSN) && m.EnvID != "" {
		line = smtpwire.AppendXtext(append(line, " ENVID="...), m.EnvID)
	}
	if m.RequireTLS && c.Offers(smtpwire.RequireTLS) {
		line = append(line, " REQUIRETLS"...)
	}
	if m.By.Set && c.Offers(smtpwire.DeliverByTime) {
		line = appendBy(line, m.By)
	}
	if m.Priority != 0 && c.Offers(smtpwire.MTPriority) {
		line = strconv.AppendInt(append(line, " MT-PRIORITY="...), int64(m.Priority), 10)
	}
	return append(line, "\r\n"...)
}

func appendBy(line []byte, by smtpwire.ByTime) []byte {
	line = strconv.AppendInt(append(line, " BY="...), by.Seconds, 10)
	line = append(line, ';', by.Mode)
	if by.Trace {
		line = append(line, 'T')
	}
	return line
}

// appendRcpt appends the RCPT command.
func (t *transaction) appendRcpt(line []byte, r *Rcpt) []byte {
	line = append(append(line, "RCPT TO:"...), wirePath(r.To, t.utf8)...)
	if t.c.Offers(smtpwire.DSN) {
		if notify := t.notify(r); notify != "" {
			line = append(append(line, " NOTIFY="...), notify...)
		}
		if r.ORcpt != "" {
			line = appendORcpt(append(line, " ORCPT="...), r.ORcpt)
		}
	}
	return append(line, "\r\n"...)
}

// notify is the NOTIFY parameter. A host that does not know DELIVERBY is asked
// to tell of delays at least (RFC 2852 4.1.4.2).
func (t *transaction) notify(r *Rcpt) string {
	switch {
	case !t.m.By.Set || t.c.Offers(smtpwire.DeliverByTime) || r.Notify == "NEVER":
		return r.Notify
	case r.Notify == "":
		return "FAILURE,DELAY"
	case slices.Contains(strings.Split(r.Notify, ","), "DELAY"):
		return r.Notify
	}
	return r.Notify + ",DELAY"
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

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
