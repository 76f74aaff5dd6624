// Package smtp is the SMTP door (RFC 5321): one session engine for mail from
// other servers (mode MX, port 25), from users (mode Submission, ports 587
// and 465, RFC 6409), and from trusted programs that speak LMTP (mode LMTP,
// RFC 2033).
//
//	mx, err := smtp.New(smtp.Options{Hostname: "mx.example.org", Receiver: receiver})
//	door := listen.Door{Handler: mx.Handle, Busy: smtp.Busy("mx.example.org"), …}
//
// The engine speaks the protocol and nothing else: who may send what to whom is
// asked of a [Receiver] at MAIL, RCPT and DATA, and passwords of an
// [Authenticator]. Commands are a table (command.go), one file a theme. The
// reply to EHLO lists what a session really does and nothing else (offer.go).
//
// # What it promises
//
//   - 250 to the final dot is sent only after Receiver.Data returned nil for a
//     message read to its end. Everything else, known or unknown, is 4yz or 5yz.
//   - One message in is one message out. Only CR LF "." CR LF ends DATA; a
//     message with bare CR, bare LF or NUL is read to its true end and refused.
//     The octets of a BDAT are never read as commands, whatever became of it.
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

	"tram/internal/access/listen/login"
	"tram/internal/mail/smtpwire"
)

// Mode is whom a server talks to.
type Mode uint8

// The modes.
const (
	MX         Mode = iota // other servers: no AUTH
	Submission             // users: AUTH before MAIL
	LMTP                   // programs that are trusted: a reply for each recipient, no AUTH
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
	// Mail decides about the sender; e.From and e.FromParams are set. It may
	// change e.FromParams.Priority, which the client is told (RFC 6710 5).
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

// LMTPReceiver is a Receiver that can tell recipients apart after the message
// was read. In mode LMTP its DataEach is called instead of Data. A nil error
// means: queued and synced for each recipient whose reply is nil or positive.
// replies are in the order of e.Rcpts; without any the message was taken for
// all of them.
type LMTPReceiver interface {
	DataEach(ctx context.Context, p *smtpwire.Peer, e *smtpwire.Envelope, body io.Reader) (queueID string, replies []*smtpwire.Reply, err error)
}

// QueueRunner makes waiting mail for a domain be tried at once (RFC 1985), and
// decides who may ask for it: a refusal is a *smtpwire.Reply (459). domain
// begins with "@" when its subdomains are meant too. n messages are tried.
type QueueRunner interface {
	RunQueue(ctx context.Context, p *smtpwire.Peer, domain string) (n int, err error)
}

// Authenticator checks passwords. What more it can do, SCRAM for one, says
// package login.
type Authenticator = login.Authenticator

// Options of a Server. Hostname and Receiver are needed; Authenticator too in
// mode Submission.
type Options struct {
	Hostname      string // in the greeting and the reply to EHLO
	Mode          Mode
	Receiver      Receiver
	Authenticator Authenticator
	Limits        Limits
	Log           *slog.Logger // nil means slog.Default()

	// Extensions are offered besides those that cost nothing but parsing; the
	// Receiver heeds their parameters. Known: DSN, BinaryMIME, RequireTLS (under
	// TLS only), FutureRelease (in mode Submission only), DeliverByTime and
	// MTPriority.
	Extensions smtpwire.Extensions
	// Queue answers ETRN, which is not offered when it is nil.
	Queue QueueRunner
	// XClient are the hosts that may say XCLIENT. It is offered to nobody else.
	XClient []netip.Prefix

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
	opts  Options
	table *[smtpwire.NumVerbs]command // commands; a way round, for some commands run others
	etrn  etrnGate
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
	return &Server{opts: opts, table: &commands}, nil
}

// Busy is the line for listen.Door.Busy.
func Busy(hostname string) string {
	return "421 4.7.0 " + hostname + " Too many connections, try again later\r\n"
}
