package smtpclient

import (
	"errors"
	"io"
	"strconv"

	"tram/internal/mail/message"
	"tram/internal/mail/smtpwire"
)

// Why a message, or a recipient, cannot be given to a host.
var (
	replyBadSender  = smtpwire.NewReply(553, "5.1.7", "The sender address cannot be written in SMTP")
	replyBadAddress = smtpwire.NewReply(553, "5.1.3", "The address cannot be written in SMTP")
	replyNeedUTF8   = smtpwire.NewReply(553, "5.6.7", "The message or an address needs SMTPUTF8, which the next host does not offer")
	replyNeedTLS    = smtpwire.NewReply(550, "5.7.30", "The sender requires TLS all the way (REQUIRETLS), and the next host does not offer it with a certificate that verifies")
	replyTooLate    = smtpwire.NewReply(550, "5.4.7", "The message is to be returned when it is late, and the next host does not promise to deliver it in time")
)

// fit finds out in which form the message can be given to this host. The reply
// says why it cannot, however it is turned; failed, that it could not be read.
func (t *transaction) fit() (unfit *smtpwire.Reply, failed *Failure) {
	c, m := t.c, t.m
	switch {
	case m.From.Valid() != nil:
		return replyBadSender, nil
	case m.RequireTLS && c.host.Socket == "" && !(c.Offers(smtpwire.RequireTLS) && c.verified()):
		return replyNeedTLS, nil
	case m.By.Set && m.By.Mode == 'R' && !c.inTime(m.By.Seconds):
		return replyTooLate, nil
	case !c.Offers(smtpwire.SMTPUTF8) && !isASCII(m.From.Local):
		return replyNeedUTF8, nil
	}
	if m.SMTPUTF8 && !c.Offers(smtpwire.SMTPUTF8) {
		switch ascii, err := t.hasPlainHeader(); {
		case err != nil:
			return nil, t.unreadable(err)
		case !ascii:
			return replyNeedUTF8, nil
		}
	}
	if unfit, failed = t.form(); unfit != nil || failed != nil {
		return unfit, failed
	}
	if c.offer.MaxSize > 0 && t.size > c.offer.MaxSize {
		return smtpwire.NewReply(552, "5.3.4", "The message has "+strconv.FormatInt(t.size, 10)+" octets, and "+
			c.Name()+" takes at most "+strconv.FormatInt(c.offer.MaxSize, 10)), nil
	}
	return nil, nil
}

// inTime reports whether the host promises delivery within so many seconds
// (RFC 2852 4.1.4.1).
func (c *Conn) inTime(seconds int64) bool {
	return seconds > 0 && c.Offers(smtpwire.DeliverByTime) && seconds >= c.offer.MinBy
}

// form chooses BODY, and converts what the host cannot take (RFC 6152 3, RFC
// 3030 3).
func (t *transaction) form() (unfit *smtpwire.Reply, failed *Failure) {
	c, m := t.c, t.m
	t.size = m.Size
	switch {
	case m.Binary && c.Offers(smtpwire.BinaryMIME|smtpwire.Chunking):
		t.body = smtpwire.BodyBinaryMIME
		return nil, nil
	case !m.Binary && !m.EightBit:
		return nil, nil
	case !m.Binary && c.Offers(smtpwire.EightBitMIME):
		t.body = smtpwire.Body8BitMIME
		return nil, nil
	}
	var err error
	t.converted, err = message.NewDowngrade(&t.source, m.Size)
	if err == nil {
		t.size, err = t.converted.WriteTo(io.Discard)
	}
	var no *message.ConversionError
	switch {
	case t.source.err != nil:
		return nil, t.unreadable(t.source.err)
	case errors.As(err, &no):
		return smtpwire.NewReply(554, "5.6.3", "The next host takes only 7-bit text, and the message cannot be converted: "+no.Why), nil
	case err != nil:
		return nil, t.unreadable(err)
	}
	return nil, nil
}

// maxHeader is how much of a message is looked through for a header that needs
// SMTPUTF8, in octets.
const maxHeader = 1 << 20

// hasPlainHeader reports whether the header is ASCII, so that SMTPUTF8 is not
// needed although it was asked for.
func (t *transaction) hasPlainHeader() (bool, error) {
	buf := make([]byte, min(t.m.Size, maxHeader))
	n, err := t.source.ReadAt(buf, 0)
	if n < len(buf) {
		return false, err
	}
	end := message.HeaderEnd(buf)
	if end < 0 {
		end = len(buf)
	}
	return isASCII(string(buf[:end])) && (end < maxHeader || t.m.Size <= maxHeader), nil
}

// unfitRcpt says why a recipient cannot be named to this host, or returns nil.
func (c *Conn) unfitRcpt(r *Rcpt) *smtpwire.Reply {
	switch {
	case r.To.IsNull() || r.To.Valid() != nil:
		return replyBadAddress
	case !c.Offers(smtpwire.SMTPUTF8) && !isASCII(r.To.Local):
		return replyNeedUTF8
	}
	return nil
}

// needsUTF8 reports whether the transaction is an SMTPUTF8 one. It is not when
// there is nothing in it that needs to be, so that the host can pass it on
// anywhere.
func (c *Conn) needsUTF8(m *Message) bool {
	if !c.Offers(smtpwire.SMTPUTF8) {
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
