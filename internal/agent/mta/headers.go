package mta

import (
	"bytes"
	"io"

	"tram/internal/directory"
	"tram/internal/mail/address"
	"tram/internal/mail/message"
)

// maxEdited is the largest header that is changed on its way, in octets. A
// larger one goes on as it is.
const maxEdited = 256 << 10

// The address fields of a header (RFC 5322 3.6.2, 3.6.3 and 3.6.6). Fields with
// such a name and something else inside keep what cannot be read.
var (
	senderFields    = message.NewFieldSet("From", "Sender", "Reply-To", "Resent-From", "Resent-Sender", "Resent-Reply-To", "Disposition-Notification-To", "Errors-To", "Return-Receipt-To")
	recipientFields = message.NewFieldSet("To", "Cc", "Bcc", "Resent-To", "Resent-Cc", "Resent-Bcc", "Apparently-To")
)

// headerRule is what becomes of an address in a header.
type headerRule func(address.Address) address.Address

// rewriteHeader returns a header with its addresses rewritten: those of senders
// by one rule, those of recipients by another; nil leaves them. The same slice
// comes back when nothing changes. What is not an address of the envelope's
// grammar stays.
func rewriteHeader(header []byte, senders, recipients headerRule) []byte {
	var out []byte
	done := 0 // of header, copied to out
	at := 0
	for f := range message.Fields(header) {
		start := at
		at += len(f.Line)
		rule := senders
		switch {
		case recipientFields.Has(f.Name):
			rule = recipients
		case !senderFields.Has(f.Name):
			continue
		}
		if rule == nil {
			continue
		}
		value, changed := message.AppendReaddressed(nil, f.Value, rule.readdress)
		if !changed {
			continue
		}
		valueAt := start + bytes.IndexByte(f.Line, ':') + 1
		out = append(append(out, header[done:valueAt]...), value...)
		done = valueAt + len(f.Value)
	}
	if done == 0 {
		return header
	}
	return append(out, header[done:]...)
}

func (rule headerRule) readdress(local, domain string) (string, bool) {
	before := address.Address{Local: local, Domain: domain}
	if before.Valid() != nil { // the domain is not in its normal form, perhaps
		var err error
		if before, err = address.ParseAddress(before.String()); err != nil {
			return "", false
		}
	}
	after := rule(before)
	if after == before || after.Valid() != nil || before.IsASCII() && !after.IsASCII() {
		// A header in ASCII stays one: the message may go to hosts without
		// SMTPUTF8.
		return "", false
	}
	return after.String(), true
}

// arriving are the rules for the header of mail that our own clients send.
func arriving(rules *directory.Rules) (senders, recipients headerRule) {
	if rewrites(rules, directory.Canonical, directory.CanonicalSender, directory.Masquerade) {
		senders = func(a address.Address) address.Address { return RewriteSender(rules, a) }
	}
	if rewrites(rules, directory.Canonical, directory.CanonicalRecipient) {
		recipients = func(a address.Address) address.Address { return RewriteRecipient(rules, a) }
	}
	return senders, recipients
}

// LeavingHeader is how the header of a message must be when it leaves for
// other hosts: header begins with our own lines and those of the message, and
// what follows the header is left out of the result. It is the same slice when
// nothing changes, which costs nothing when there are no rules.
func LeavingHeader(rules *directory.Rules, header []byte) []byte {
	if !rules.Has(directory.Generic) {
		return header
	}
	return rewriteHeader(header, func(a address.Address) address.Address { return LeavingSender(rules, a) }, nil)
}

// peekHeader reads up to the empty line behind the header, which belongs to
// it. rest is what was read behind it. A header that is too large, that the text
// ends in, or that a bare LF would end elsewhere for another reader, is all rest.
func peekHeader(text io.Reader) (header, rest []byte, err error) {
	buf := make([]byte, 0, 4096)
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		from := len(buf)
		n, err := text.Read(buf[from:cap(buf)])
		buf = buf[:from+n]
		end := message.HeaderEndFrom(buf, from)
		switch {
		case end >= 0 && end <= maxEdited && message.HeaderEnd(buf[:end]) == end:
			return buf[:end:end], buf[end:], nil
		case end >= 0 || err == io.EOF || len(buf) > maxEdited:
			return nil, buf, nil
		case err != nil:
			return nil, nil, err
		}
	}
}

// spliced is a message in pieces: what was read and changed, what is still to
// be read, and what is put behind it. It passes the text's own WriteTo on, so
// that nothing is copied twice.
type spliced struct {
	head [][]byte
	text io.Reader
	tail []byte
}

// WriteTo implements io.WriterTo.
func (s *spliced) WriteTo(w io.Writer) (total int64, err error) {
	for _, piece := range s.head {
		n, err := w.Write(piece)
		total += int64(n)
		if err != nil {
			return total, err
		}
	}
	n, err := io.Copy(w, s.text)
	total += n
	if err != nil || len(s.tail) == 0 {
		return total, err
	}
	m, err := w.Write(s.tail)
	return total + int64(m), err
}

// Read implements io.Reader.
func (s *spliced) Read(p []byte) (int, error) {
	for len(s.head) > 0 {
		if n := copy(p, s.head[0]); n > 0 || len(p) == 0 {
			s.head[0] = s.head[0][n:]
			return n, nil
		}
		s.head = s.head[1:]
	}
	n, err := s.text.Read(p)
	if err == io.EOF && len(s.tail) > 0 {
		s.text, s.tail = bytes.NewReader(s.tail), nil
		err = nil
	}
	return n, err
}
