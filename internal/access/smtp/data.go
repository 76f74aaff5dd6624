package smtp

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"tram/internal/access/listen/lineconn"
	"tram/internal/mail/smtpwire"
)

// data takes the message of a transaction (RFC 5321 4.1.1.4) and ends the
// transaction, whatever comes of it.
func (s *session) data(ctx context.Context, _ []byte) {
	switch {
	case !s.tx.open:
		s.refuse(errNeedMail)
		return
	case len(s.tx.envelope.Rcpts) == 0:
		s.refuse(errNeedRcpt)
		return
	}
	s.reply(startMail)
	tx := &s.tx
	tx.source = bodySource{Conn: s.conn, began: time.Now(), before: s.conn.Received()}
	tx.body.Reset(&tx.source, smtpwire.BodyLimits{Size: s.opts.Limits.MessageBytes, Line: maxTextLine})
	id, err := s.opts.Receiver.Data(ctx, &s.peer, &tx.envelope, &tx.body)
	s.endData(ctx, id, err)
	s.tx = transaction{}
	s.conn.SetLimit(s.start.Add(s.opts.Limits.Session))
}

// endData replies to the final dot. 250 needs all of: the Receiver says so, it
// has seen the end of the message, and the message has no fault.
func (s *session) endData(ctx context.Context, id string, err error) {
	body := &s.tx.body
	complete := body.Complete()
	if lost := body.Drain(s.opts.Limits.MessageBytes); errors.Is(lost, smtpwire.ErrNotDrained) {
		// There is no end in sight, so no way back to commands either.
		s.ending, s.lingering = true, true
	} else if lost != nil {
		s.broken(lost)
		return
	}
	switch fault := body.Fault(); {
	case fault != nil:
		if err == nil {
			s.opts.Log.Error("a message with a fault was queued; the receiver ignored an error of the body", slog.String("queue_id", id))
		}
		s.fail(ctx, "DATA", fault)
	case err != nil:
		s.fail(ctx, "DATA", err)
	case !complete:
		s.opts.Log.Error("a message was queued before its end was read", slog.String("queue_id", id))
		s.refuse(errInternal)
	default:
		s.accepted(id)
	}
}

func (s *session) accepted(id string) {
	s.stats.Messages++
	s.stats.BodyBytes += s.tx.body.Size()
	s.errors, s.commands = 0, 0
	s.reply(&smtpwire.Reply{Code: 250, Enhanced: "2.0.0", Text: "Queued as " + id})
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
		earned := time.Duration((b.Received()-b.before)/bodyRate) * time.Second
		b.SetLimit(b.began.Add(bodyGrace + earned))
		b.err = b.Conn.Fill()
	}
	return b.err
}
