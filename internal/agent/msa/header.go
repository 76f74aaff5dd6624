package msa

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"strings"
	"time"

	"tram/internal/directory"
	"tram/internal/mail/address"
	"tram/internal/mail/message"
	"tram/internal/mail/smtpwire"
)

// maxHeader bounds the header in octets, which is held back until it is
// judged. A list of 5,000 recipients fits.
const maxHeader = message.MaxHeader

// dateForm is that of a Date field (RFC 5322 3.3).
const dateForm = "Mon, 02 Jan 2006 15:04:05 -0700"

// hidden fields are for the sender's eyes, or for the delivery agent to write.
var hidden = message.NewFieldSet("Bcc", "Resent-Bcc", "Return-Path", "Content-Length")

// Replies about the header.
var (
	errHeaderSize = smtpwire.NewReply(552, "5.3.4", "The header of the message is too large")
	errNoColon    = smtpwire.NewReply(554, "5.6.0", "The header holds a line that is no field")
	errTwoFrom    = smtpwire.NewReply(554, "5.6.0", "The message has more than one From field")
	errBadFrom    = smtpwire.NewReply(554, "5.6.0", "The From field is not a list of addresses")
	errBadSender  = smtpwire.NewReply(554, "5.6.0", "The Sender field is not one address")
	errFrom       = smtpwire.NewReply(550, "5.7.1", "You may not send mail with this From address; use your own or one of your aliases")
	errSenderName = smtpwire.NewReply(550, "5.7.1", "You may not send mail with this Sender address; use your own or one of your aliases")
)

// readHeader reads up to the empty line behind the header, which belongs to
// it. rest is what was read of the body. A message without that line is all
// header, and gets the line.
func readHeader(text io.Reader) (header, rest []byte, err error) {
	buf := make([]byte, 0, 4096)
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		from := len(buf)
		n, err := text.Read(buf[from:cap(buf)])
		buf = buf[:from+n]
		if end := message.HeaderEndFrom(buf, from); end >= 0 {
			return buf[:end:end], buf[end:], nil
		}
		switch {
		case err == io.EOF:
			if len(buf) > 0 && !bytes.HasSuffix(buf, []byte("\r\n")) {
				buf = append(buf, "\r\n"...)
			}
			return append(buf, "\r\n"...), nil, nil
		case err != nil:
			return nil, nil, err
		case len(buf) > maxHeader:
			return nil, nil, errHeaderSize
		}
	}
}

// complete judges a header and returns it as it goes on, or why it does not.
func (s *Submitter) complete(ctx context.Context, p *smtpwire.Peer, header []byte) ([]byte, *smtpwire.Reply, error) {
	if !wellFormed(header) {
		return nil, errNoColon, nil
	}
	c, err := message.Complete(header)
	if err != nil {
		return nil, syntaxReply(err), nil
	}
	reply, err := s.judge(ctx, p, &c)
	if err != nil || reply != nil {
		return nil, reply, err
	}
	out := s.missing(make([]byte, 0, len(header)+256), p, &c)
	return hidden.AppendNot(out, header), nil, nil
}

// wellFormed reports whether a header is fields and nothing else. A first line
// that begins with a blank would go on with what is written before it.
func wellFormed(header []byte) bool {
	if header[0] == ' ' || header[0] == '\t' {
		return false
	}
	for field := range message.Fields(header) {
		if len(field.Name) == 0 {
			return false
		}
	}
	return true
}

func syntaxReply(err error) *smtpwire.Reply {
	switch {
	case errors.Is(err, message.ErrTwoFrom):
		return errTwoFrom
	case errors.Is(err, message.ErrBadFrom):
		return errBadFrom
	}
	return errBadSender
}

// judge looks whether the header shows the user as its author, or else as its
// sender: an author at a domain that is not ours needs a Sender field that
// names the user, which is written when it is missing (c.NoSender).
func (s *Submitter) judge(ctx context.Context, p *smtpwire.Peer, c *message.Completion) (*smtpwire.Reply, error) {
	if c.Sender != nil {
		if own, err := s.owns(ctx, p, asAddress(c.Sender)); err != nil || !own {
			return errSenderName, err
		}
	}
	owned, foreign := 0, 0
	for i := range c.From {
		a := asAddress(&c.From[i])
		own, err := s.owns(ctx, p, a)
		if err != nil {
			return nil, err
		}
		if own {
			owned++
			continue
		}
		res, err := s.o.Directory.Resolve(ctx, a)
		if err != nil {
			return nil, err
		}
		if res.Class == directory.NotLocal {
			foreign++
		}
	}
	if owned > 0 || len(c.From) == 0 {
		// With several authors Sender, given or written by us, names the user.
		return nil, nil
	}
	if foreign < len(c.From) {
		return errFrom, nil
	}
	c.NoSender = c.Sender == nil
	return nil, nil
}

func asAddress(a *message.Address) address.Address {
	return address.Address{Local: a.Local, Domain: strings.ToLower(a.Domain)}
}

// missing appends the fields that a header lacks.
func (s *Submitter) missing(out []byte, p *smtpwire.Peer, c *message.Completion) []byte {
	if c.NoDate {
		out = time.Now().AppendFormat(append(out, "Date: "...), dateForm)
		out = append(out, "\r\n"...)
	}
	if c.NoMessageID {
		out = append(out, "Message-ID: <"+rand.Text()+"@"+s.o.Hostname+">\r\n"...)
	}
	if c.NoFrom {
		out = append(out, "From: "+p.User+"\r\n"...)
	}
	if c.NoSender {
		out = append(out, "Sender: "+p.User+"\r\n"...)
	}
	return out
}

// joined is a message of which the beginning was read already. It passes the
// body's own WriteTo on, so that nothing is copied twice.
type joined struct {
	head [2][]byte
	body io.Reader
}

func (j *joined) Read(p []byte) (int, error) {
	for i := range j.head {
		if len(j.head[i]) > 0 {
			n := copy(p, j.head[i])
			j.head[i] = j.head[i][n:]
			return n, nil
		}
	}
	return j.body.Read(p)
}

// WriteTo implements io.WriterTo.
func (j *joined) WriteTo(w io.Writer) (total int64, err error) {
	for i := range j.head {
		n, err := w.Write(j.head[i])
		total += int64(n)
		if err != nil {
			return total, err
		}
		j.head[i] = nil
	}
	n, err := io.Copy(w, j.body)
	return total + n, err
}
