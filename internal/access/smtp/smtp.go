// Package smtp is the SMTP door (RFC 5321): one session engine for mail from
// other servers (mode MX, port 25) and from users (mode Submission, ports 587
// and 465, RFC 6409).
//
//	mx, err := smtp.New(smtp.Options{Hostname: "mx.example.org", Receiver: receiver})
//	door := listen.Door{Handler: mx.Handle, Busy: smtp.Busy("mx.example.org"), …}
//
// The engine speaks the protocol and nothing else: who may send what to whom is
// asked of a [Receiver] at MAIL, RCPT and DATA, and passwords of an
// [Authenticator]. Commands are a table (command.go), one file a theme.
//
// # What it promises
//
//   - 250 to the final dot is sent only after Receiver.Data returned nil for a
//     message read to its end. Everything else, known or unknown, is 4yz or 5yz.
//   - One message in is one message out. Only CR LF "." CR LF ends DATA; a
//     message with bare CR, bare LF or NUL is read to its true end and refused.
//   - A transaction is one value, zeroed on every way out: after DATA, RSET,
//     EHLO, STARTTLS and every error.
//   - A client that sends before it is its turn (before the greeting, behind
//     EHLO, DATA, STARTTLS, AUTH and the other commands that end a group, RFC
//     2920 3.1) gets 554 5.5.0 and is gone. Nothing that came in plain text
//     survives STARTTLS (RFC 3207 4.2).
//   - Everything has a limit (limits.go); reaching one is an ordinary reply.
//
// # Cost
//
// A session is one goroutine. Buffers are borrowed while bytes are there
// (package lineconn); the body goes from that buffer to the Receiver without a
// copy when it uses io.WriterTo, as io.Copy does. The replies to one batch of
// commands leave in one write.
package smtp

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/netip"
	"strings"
	"time"

	"tram/internal/mail/smtpwire"
)

// Mode is whom a server talks to.
type Mode uint8

// The modes.
const (
	MX         Mode = iota // other servers: no AUTH
	Submission             // users: AUTH before MAIL
)

// Receiver decides about mail and takes it. mta.Receiver and msa.Submitter
// implement it.
//
// A *smtpwire.Reply (4yz or 5yz) as an error, wrapped or not, is sent as it
// is; any other error becomes 451 and is logged. p and e are those of the
// session: valid and unchanging during the call; strings and slices in them may be
// kept. ctx does not end when the server begins to stop, so that a
// message in flight is finished.
type Receiver interface {
	// Mail decides about the sender; e.From and e.FromParams are set.
	Mail(ctx context.Context, p *smtpwire.Peer, e *smtpwire.Envelope) error
	// Rcpt decides about a recipient before it is appended to e.Rcpts.
	Rcpt(ctx context.Context, p *smtpwire.Peer, e *smtpwire.Envelope, r smtpwire.Rcpt) error
	// Data reads the message from body to io.EOF and returns the name of what
	// it queued. nil means: queued and synced.
	Data(ctx context.Context, p *smtpwire.Peer, e *smtpwire.Envelope, body io.Reader) (queueID string, err error)
	// Verify answers VRFY with "Name <address>", and "" when it will not tell.
	Verify(ctx context.Context, p *smtpwire.Peer, arg string) (string, error)
	// Expand answers EXPN with one line a member, and none when it will not tell.
	Expand(ctx context.Context, p *smtpwire.Peer, arg string) ([]string, error)
}

// Authenticator checks passwords. A wrong one is directory.ErrAuth; any other
// error means that it could not be checked now. canonical is the login address.
type Authenticator interface {
	Authenticate(ctx context.Context, login, password string, remote netip.Addr) (account uint64, canonical string, err error)
}

// Options of a Server. Hostname and Receiver are needed; Authenticator too in
// mode Submission.
type Options struct {
	Hostname      string // in the greeting and the reply to EHLO
	Mode          Mode
	Receiver      Receiver
	Authenticator Authenticator
	Limits        Limits
	DSN           bool         // offer and parse the parameters of RFC 3461
	Log           *slog.Logger // nil means slog.Default()

	// Hooks, nil when not wanted. They are called on the session's goroutine
	// and must not block.

	// Trace is asked at the start of each session for a function that sees its
	// lines, without passwords and message text; it may return nil.
	Trace func(p *smtpwire.Peer) func(d Direction, line []byte)
	// Replied sees the code of each reply and the command it belongs to
	// (Unknown for the greeting and for closing by the server).
	Replied func(verb smtpwire.Verb, code int)
	// Closed sees the account of each session at its end.
	Closed func(p *smtpwire.Peer, s Stats)
}

// Direction of a traced line.
type Direction uint8

// The directions.
const (
	In  Direction = iota // from the client
	Out                  // from the server
)

// Stats is the account of a session.
type Stats struct {
	Duration  time.Duration
	BytesIn   int64 // of SMTP, without TLS
	BytesOut  int64
	BodyBytes int64 // octets of accepted messages
	Messages  int   // accepted
	Commands  int
	Errors    int // 4yz and 5yz replies
}

// Server is the engine; one serves any number of listeners.
type Server struct {
	opts Options
}

// New returns a Server, or an error that names the option that is missing.
func New(opts Options) (*Server, error) {
	switch {
	case opts.Hostname == "":
		return nil, errors.New("smtp: Options.Hostname is empty")
	case strings.ContainsAny(opts.Hostname, " \r\n\t\x00"):
		return nil, errors.New("smtp: Options.Hostname holds a space or control character")
	case opts.Receiver == nil:
		return nil, errors.New("smtp: Options.Receiver is nil")
	case opts.Mode == Submission && opts.Authenticator == nil:
		return nil, errors.New("smtp: submission needs Options.Authenticator")
	}
	opts.Limits = opts.Limits.orDefaults()
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	return &Server{opts: opts}, nil
}

// Busy is the line for listen.Door.Busy.
func Busy(hostname string) string {
	return "421 4.7.0 " + hostname + " Too many connections, try again later\r\n"
}
