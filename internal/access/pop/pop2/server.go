// Package pop2 is the POP2 door: RFC 937, the Post Office Protocol as it was in
// 1985, for programs and machines that have not learned another one. It is off
// unless the configuration names a listener for it, and it knows neither TLS
// within a connection nor any login but a password in the clear: it belongs on
// a loopback address, a museum's network, or behind implicit TLS.
//
// # A session
//
// The states are those of RFC 937's server: what is said in the wrong one is
// answered with "-" and the end of the connection.
//
//	AUTH   HELO user password → #messages, then MBOX     QUIT
//	MBOX   FOLD mailbox → #messages    READ [n] → =octets, then ITEM    QUIT
//	ITEM   FOLD, READ, QUIT as above   RETR → the octets, then NEXT
//	NEXT   ACKS keep, ACKD delete, NACK again → =octets of the current one, then ITEM
//
// HELO opens the INBOX; FOLD opens any mailbox of the account by the name that
// IMAP shows, an unknown one as an empty one. Numbers are positions in a picture
// of the mailbox. What ACKD marked is removed, and what was acknowledged is
// \Seen, when FOLD or QUIT leaves the mailbox; a connection that breaks changes
// nothing.
//
// The lengths are those of the octets that follow. A message is sent as it is
// stored; of an internationalized one, which no client of that time can read,
// a surrogate by RFC 6857.
package pop2

import (
	"context"
	"log/slog"
	"net"
	"time"

	"tram/internal/access/listen"
	"tram/internal/access/listen/login"
	"tram/internal/access/pop"
	"tram/internal/mailstore"
)

// Limits of a session.
const (
	MaxLine             = 512              // octets of a command line with its CRLF (RFC 937, Sizes)
	DefaultIdleTimeout  = 10 * time.Minute // T2 of RFC 937
	DefaultLoginTimeout = 2 * time.Minute  // from the connection to HELO
	DefaultFailureDelay = time.Second      // before the answer to a refused login
)

// Options of a server. Zero values are sensible but for Auth and Store.
type Options struct {
	Hostname string              // named in the greeting
	Auth     login.Authenticator // required
	Store    *mailstore.Store    // required
	Log      *slog.Logger        // nil discards
	// BadLogin tells a password that is wrong from a directory in trouble.
	BadLogin error

	IdleTimeout, LoginTimeout time.Duration
	FailureDelay              time.Duration // negative: none

	Maildrops  *pop.Maildrops // shared with POP3; nil: its own
	LoginDelay time.Duration  // least time between two logins of an account; 0: none
}

func (o Options) withDefaults() Options {
	for _, d := range []struct {
		at  *time.Duration
		use time.Duration
	}{{&o.IdleTimeout, DefaultIdleTimeout}, {&o.LoginTimeout, DefaultLoginTimeout}, {&o.FailureDelay, DefaultFailureDelay}} {
		if *d.at == 0 {
			*d.at = d.use
		}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Hostname == "" {
		o.Hostname = "localhost"
	}
	if o.Maildrops == nil {
		o.Maildrops = pop.NewMaildrops()
	}
	return o
}

// Server is what sessions share.
type Server struct {
	opts Options
}

// New returns a server.
func New(o Options) *Server { return &Server{opts: o.withDefaults()} }

// Busy is the refusal when there are too many connections.
const Busy = "- too many connections, try again later\r\n"

// Handle speaks POP2 on a connection until the client leaves, fails or ctx
// ends. It is a [listen.Handler].
func (s *Server) Handle(ctx context.Context, c net.Conn, info listen.Info) {
	p := newSession(s, c, info)
	defer p.close()
	stop := p.conn.WakeOn(ctx)
	defer stop()
	p.run(ctx)
}
