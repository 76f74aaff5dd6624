package smtp

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"time"

	"tram/internal/access/listen/lineconn"
	"tram/internal/mail/smtpwire"
)

// data takes the message of a transaction (RFC 5321 4.1.1.4) and ends the
// transaction, whatever comes of it.
func (s *session) data(ctx context.Context, _ []byte) {
	e := &s.tx.envelope
	switch {
	case !s.tx.open:
		s.refuse(errNeedMail)
		return
	case s.tx.spoiled:
		s.refuse(errSpoiled)
		return
	case e.FromParams.Body == smtpwire.BodyBinaryMIME: // RFC 3030 3
		s.refuse(errNeedBDAT)
		return
	case len(e.Rcpts) == 0 && s.opts.Mode == LMTP:
		s.refuse(errNeedRcptLMTP)
		return
	case len(e.Rcpts) == 0:
		s.refuse(errNeedRcpt)
		return
	}
	s.reply(startMail)
	tx := &s.tx
	tx.source = s.newSource()
	tx.body.Reset(&tx.source, smtpwire.BodyLimits{Size: s.opts.Limits.MessageBytes, Line: maxTextLine})
	s.endData(ctx, s.deliver(ctx, &tx.body))
	s.tx = transaction{}
	s.conn.SetLimit(s.start.Add(s.opts.Limits.Session))
}

// verdict is what the Receiver says about a message.
type verdict struct {
	id   string
	each []*smtpwire.Reply // by recipient, in mode LMTP; nil when there is one answer for all
	err  error
}

// deliver hands a message to the Receiver.
func (s *session) deliver(ctx context.Context, body io.Reader) (v verdict) {
	if each, ok := s.opts.Receiver.(LMTPReceiver); ok && s.opts.Mode == LMTP {
		v.id, v.each, v.err = each.DataEach(ctx, &s.peer, &s.tx.envelope, body)
		return v
	}
	v.id, v.err = s.opts.Receiver.Data(ctx, &s.peer, &s.tx.envelope, body)
	return v
}

// endData replies to the final dot.
func (s *session) endData(ctx context.Context, v verdict) {
	body := &s.tx.body
	complete := body.Complete()
	if lost := body.Drain(s.opts.Limits.MessageBytes); errors.Is(lost, smtpwire.ErrNotDrained) {
		// There is no end in sight, so no way back to commands either.
		s.ending, s.lingering = true, true
	} else if lost != nil {
		s.broken(lost)
		return
	}
	s.conclude(ctx, v, body.Fault(), complete, body.Size(), s.replies())
}

// replies is how many replies the end of a message gets: in mode LMTP one for
// each recipient (RFC 2033 4.2).
func (s *session) replies() int {
	if s.opts.Mode == LMTP {
		return len(s.tx.envelope.Rcpts)
	}
	return 1
}

// conclude replies n times to the end of a message of size octets. 250 needs
// all of: the Receiver says so, it has seen the end of the message, and the
// message has no fault.
func (s *session) conclude(ctx context.Context, v verdict, fault error, complete bool, size int64, n int) {
	switch {
	case fault != nil:
		if v.err == nil {
			s.opts.Log.Error("a message with a fault was queued; the receiver ignored an error of the body", slog.String("queue_id", v.id))
		}
		s.failAll(ctx, fault, n)
	case v.err != nil:
		s.failAll(ctx, v.err, n)
	case !complete:
		s.opts.Log.Error("a message was queued before its end was read", slog.String("queue_id", v.id))
		s.refuseAll(errInternal, n)
	default:
		s.accepted(v, size, n)
	}
}

func (s *session) accepted(v verdict, size int64, n int) {
	s.stats.Messages++
	s.stats.BodyBytes += size
	s.errors, s.commands = 0, 0
	queued := &smtpwire.Reply{Code: 250, Enhanced: "2.0.0", Text: "Queued as " + v.id}
	for i := range n {
		if i < len(v.each) && v.each[i] != nil {
			s.replyEach(v.each[i])
			continue
		}
		s.reply(queued)
	}
}

// replyEach is the reply for one recipient of several, which never ends the
// session before the others have theirs.
func (s *session) replyEach(r *smtpwire.Reply) {
	if r.Code == 421 {
		r = &smtpwire.Reply{Code: 451, Enhanced: r.Enhanced, Text: r.Text}
	}
	if !r.Positive() {
		s.stats.Errors++
	}
	s.reply(r)
}

// bodySource is the connection while a message is read from it: it asks for a
// least speed, and stays broken once it is.
type bodySource struct {
	*lineconn.Conn
	began  time.Time
	before int64 // bytes received before the message
	err    error
}

// Fill implements smtpwire.Source.
func (b *bodySource) Fill() error {
	if b.err == nil {
		b.limit()
		b.err = b.Conn.Fill()
	}
	return b.err
}

// limit sets until when the next bytes have to be there.
func (b *bodySource) limit() {
	earned := time.Duration((b.Received()-b.before)/bodyRate) * time.Second
	b.SetLimit(b.began.Add(bodyGrace + earned))
}
