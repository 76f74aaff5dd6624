package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"time"

	"tram/internal/access/listen"
	"tram/internal/access/listen/lineconn"
	"tram/internal/mail/smtpwire"
)

// session is the state of one connection.
type session struct {
	*Server
	conn  *lineconn.Conn
	info  listen.Info
	peer  smtpwire.Peer
	tx    transaction
	trace func(Direction, []byte)
	start time.Time

	verb         smtpwire.Verb // the command being answered
	ending       bool          // the session ends after the reply
	lingering    bool          // … and more input that nobody will read may be under way
	errors       int           // refused commands since the last accepted message
	commands     int           // commands since the last accepted message
	authFailures int
	stats        Stats
}

// transaction is what MAIL, RCPT and DATA build up. It is reset by assigning
// the zero value, and in no other way.
type transaction struct {
	open     bool // MAIL was accepted
	spoiled  bool // a chunk was refused: only RSET leads on (RFC 3030 2)
	envelope smtpwire.Envelope
	source   bodySource
	body     smtpwire.DotReader
}

// Handle serves one connection; it is a listen.Handler.
func (s *Server) Handle(ctx context.Context, conn net.Conn, info listen.Info) {
	c := &session{Server: s, conn: lineconn.New(conn), info: info, start: time.Now()}
	c.peer = c.stranger(info.Remote, info.Local)
	if secure, ok := conn.(*tls.Conn); ok {
		state := secure.ConnectionState()
		c.peer.TLS = &state
	}
	c.conn.SetTimeout(s.opts.Limits.Idle)
	c.conn.SetLimit(c.start.Add(s.opts.Limits.Session))
	if s.opts.Trace != nil {
		c.trace = s.opts.Trace(&c.peer)
	}
	stop := c.conn.WakeOn(ctx)
	defer stop()
	defer c.close()
	// What a Receiver has begun is finished even when the server stops: a
	// commit whose reply is withheld would be delivered twice.
	c.run(ctx, context.WithoutCancel(ctx))
}

// stranger is a peer of whom nothing is known but its address.
func (s *session) stranger(remote, local netip.AddrPort) smtpwire.Peer {
	return smtpwire.Peer{
		Remote: remote, Local: local, Proxied: s.info.Proxied, Socket: s.info.Socket, LMTP: s.opts.Mode == LMTP,
	}
}

// run is the conversation. stopping ends when the server begins to stop.
func (s *session) run(stopping, ctx context.Context) {
	if s.conn.Pending() {
		s.refuseEarly()
		return
	}
	s.greet()
	for !s.ending {
		line, err := s.conn.ReadLine(maxCommandLine)
		switch {
		case err == nil && stopping.Err() == nil:
			s.command(ctx, line)
		case errors.Is(err, lineconn.ErrLineTooLong):
			s.verb = smtpwire.Unknown
			s.refuse(errLineTooLong)
		default:
			s.broken(err)
		}
	}
}

// broken ends a session whose connection, time or server has come to its end.
func (s *session) broken(err error) {
	s.verb, s.ending = smtpwire.Unknown, true
	switch {
	case err == nil, errors.Is(err, lineconn.ErrWoken):
		s.reply(errStopping)
	case errors.Is(err, os.ErrDeadlineExceeded):
		s.reply(errTimeout)
	case errors.Is(err, lineconn.ErrEndlessLine), errors.Is(err, lineconn.ErrLineTooLong):
		s.lingering = true
		s.reply(errLineTooLong)
	case errors.Is(err, io.EOF):
		// The client left without QUIT.
	default:
		s.opts.Log.Debug("SMTP connection lost", slog.String("remote", s.peer.Remote.String()), slog.Any("error", err))
	}
}

// close sends what is left to say and accounts for the session.
func (s *session) close() {
	s.conn.Flush()
	secure, isTLS := s.conn.NetConn().(*tls.Conn)
	switch {
	// Closing on input that was not read would make the kernel reset the
	// connection, and the last reply could be lost with it.
	case s.lingering, s.conn.Pending():
		s.conn.Linger()
	case isTLS && s.info.TLSMode == listen.StartTLS:
		listen.EndTLS(secure)
	}
	if s.opts.Closed != nil {
		s.stats.Duration = time.Since(s.start)
		s.stats.BytesIn, s.stats.BytesOut = s.conn.Received(), s.conn.Sent()
		s.opts.Closed(&s.peer, s.stats)
	}
	s.conn.Release()
}

// reply sends r when the session next waits, or at its end.
func (s *session) reply(r *smtpwire.Reply) {
	b := r.AppendTo(s.conn.AvailableBuffer())
	if s.trace != nil {
		s.trace(Out, b)
	}
	// An error stays with the connection: the next read returns it.
	s.conn.Write(b)
	if s.opts.Replied != nil {
		s.opts.Replied(s.verb, r.Code)
	}
	if r.Code == 421 {
		s.ending = true
	}
}

// refuse replies with an error and counts it; the last straw is 421.
func (s *session) refuse(r *smtpwire.Reply) {
	s.stats.Errors++
	s.errors++
	s.reply(r)
	if s.errors >= s.opts.Limits.Errors && !s.ending {
		s.lingering = true
		s.reply(errTooManyErrors)
	}
}

// refuseEarly ends the session of a client that does not wait for its turn.
func (s *session) refuseEarly() {
	s.ending, s.lingering = true, true
	s.refuse(errEarly)
}
