// Package pop is the POP3 door: RFC 1939 with CAPA (RFC 2449), STLS
// (RFC 2595), AUTH (RFC 5034), RESP-CODES, AUTH-RESP-CODE (RFC 3206),
// PIPELINING, UIDL and LAST (RFC 1460), over an account's INBOX.
//
// # The maildrop
//
// A session that logs in takes a picture of the INBOX. Message numbers are
// positions in that picture and never change. One POP session at a time has an
// account's maildrop ([IN-USE] for the next one); IMAP sessions and deliveries
// go on beside it, and what they do shows in the next session. QUIT removes
// the messages marked by DELE, and only QUIT does (RFC 1939 6).
//
// # What is not offered
//
// APOP needs the password in the clear on the server; Tram keeps argon2id
// hashes only. The greeting carries no timestamp, and APOP is answered with
// what to use instead (RFC 1939 7 makes it optional).
package pop

import (
	"context"
	"log/slog"
	"net"
	"time"

	"tram/internal/access/listen"
	"tram/internal/access/listen/login"
	"tram/internal/mailstore"
)

// Limits of a session. Reaching one is an ordinary reply.
const (
	MaxLine              = 4096             // bytes of a command line; RFC 2449 4 asks for 255, SASL for more
	DefaultLoginCommands = 50               // commands before login
	DefaultAuthFailures  = 10               // refused logins before the connection ends
	DefaultBadCommands   = 50               // commands that make no sense, in a row, before it ends
	DefaultIdleTimeout   = 10 * time.Minute // RFC 1939 3: at least 10 minutes
	DefaultLoginTimeout  = 2 * time.Minute  // from the connection to login
	DefaultFailureDelay  = time.Second      // before the answer to a refused login
)

// Authenticator checks a login. What more it can do, SCRAM for one, says
// package login.
type Authenticator = login.Authenticator

// Options of a server. Zero values are sensible but for Auth and Store.
type Options struct {
	Hostname string           // named in the greeting
	Auth     Authenticator    // required
	Store    *mailstore.Store // required
	Log      *slog.Logger     // nil discards
	// BadLogin tells a password that is wrong from a directory in trouble.
	BadLogin error

	IdleTimeout, LoginTimeout time.Duration
	FailureDelay              time.Duration // negative: none
	LoginCommands             int
	AuthFailures, BadCommands int

	Maildrops  *Maildrops    // shared with other engines; nil: its own
	LoginDelay time.Duration // least time between two logins of an account; 0: none
	Expire     time.Duration // after which upkeep removes messages; 0: never
	Language   string        // that LANG * chooses; "" is "en"
}

func (o Options) withDefaults() Options {
	setDefault(&o.IdleTimeout, DefaultIdleTimeout)
	setDefault(&o.LoginTimeout, DefaultLoginTimeout)
	setDefault(&o.FailureDelay, DefaultFailureDelay)
	setDefault(&o.LoginCommands, DefaultLoginCommands)
	setDefault(&o.AuthFailures, DefaultAuthFailures)
	setDefault(&o.BadCommands, DefaultBadCommands)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Hostname == "" {
		o.Hostname = "localhost"
	}
	if o.Maildrops == nil {
		o.Maildrops = NewMaildrops()
	}
	if o.Language == "" {
		o.Language = english.tag
	}
	return o
}

func setDefault[T ~int | ~int64](v *T, d T) {
	if *v == 0 {
		*v = d
	}
}

// Server is what sessions share.
type Server struct {
	opts Options
}

// New returns a server.
func New(o Options) *Server { return &Server{opts: o.withDefaults()} }

// Busy is the refusal when there are too many connections.
const Busy = "-ERR [SYS/TEMP] too many connections, try again later\r\n"

// Handle speaks POP3 on a connection until the client leaves, fails or ctx
// ends. It is a [listen.Handler].
func (s *Server) Handle(ctx context.Context, c net.Conn, info listen.Info) {
	p := newSession(s, c, info)
	defer p.close()
	stop := p.conn.WakeOn(ctx)
	defer stop()
	p.run(ctx)
}
