// Package listen is the front of every door: it accepts connections, keeps
// their number within bounds, does the TLS handshake where the port begins
// with one, and runs one handler a connection until it is told to stop.
//
//	s := listen.New(listen.Options{Log: log})
//	err := s.Run(ctx,
//		listen.Door{Listener: l25, Handler: mx.Handle, Busy: smtp.Busy(host), Info: listen.Info{Protocol: "smtp"}},
//		listen.Door{Listener: l993, Handler: imap.Handle, Busy: imap.Busy, Info: listen.Info{Protocol: "imap", TLSMode: listen.Implicit, TLSConfig: certs.Config}})
//
// # What it promises
//
// A connection costs one goroutine, an entry in two maps and nothing else. A
// limit that is reached answers with the protocol's own refusal and closes;
// other connections do not notice. An error of accept (no file descriptors)
// waits and tries again; the listener lives on. A panic in a handler is logged
// with its stack and ends that connection only.
//
// # Doors that are not for everybody
//
// A door with Proxies stands behind a proxy (HAProxy, a load balancer): each
// connection has to come from one of those networks and to begin with a PROXY
// header (package proxyproto), before TLS. From then on the client is the one
// that the header names, in Info and for all limits. Connections from elsewhere
// and connections without a header are closed. On a door without Proxies the
// header is nothing but a line of nonsense.
//
// A door with Allow takes clients of those networks only, after the proxy, if
// any, has said who they are. Unix sockets are guarded by their file mode
// instead.
//
// # Stopping
//
// When the context of Run ends, the listeners close, the handlers' context
// ends (a session says 421 or BYE at its next pause), and after Options.Grace
// whatever is still open is closed. Run returns when every handler has. Doors
// that come and go one by one, at a reload, each get a Run of the one Server:
// the limits are those of the Server, the connections those of the Run.
package listen

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/netip"
	"time"
)

// TLSMode is how a port comes to TLS.
type TLSMode uint8

// The modes, as the configuration names them.
const (
	None     TLSMode = iota // "none": plain text only
	StartTLS                // "starttls": plain text, and the session may upgrade
	Implicit                // "implicit": the handshake comes first
)

// String is the name in the configuration.
func (m TLSMode) String() string {
	switch m {
	case StartTLS:
		return "starttls"
	case Implicit:
		return "implicit"
	}
	return "none"
}

// Info is what a handler is told about its connection.
type Info struct {
	Protocol       string             // "smtp", "submission", "imap", "pop3": for logs and metrics
	Name           string             // the listener, as the administrator calls it
	TLSMode        TLSMode            //
	TLSConfig      func() *tls.Config // the current one; asked anew for each handshake; nil without TLS
	PlaintextLogin bool               // passwords are taken without TLS

	Remote, Local netip.AddrPort // set by Run; IPv4 as IPv4; invalid on a Unix socket
	Proxied       netip.AddrPort // set by Run: the trusted proxy that told Remote, if one did
	Socket        string         // set by Run: path of the Unix socket, if the door is one
}

// Handler serves one connection and returns when it is over; the caller closes
// the connection. ctx ends when the server stops. With Implicit, conn is a
// *tls.Conn whose handshake is done.
type Handler func(ctx context.Context, conn net.Conn, info Info)

// Door is one listening socket and what stands behind it.
type Door struct {
	Listener net.Listener
	Handler  Handler
	Info     Info
	Busy     string // the refusal when there are too many connections, with CRLF: "421 …", "* BYE …", "-ERR …"
	Limit    int    // connections to this door; 0 means only the limits of Options

	Proxies []netip.Prefix // who may connect, and must tell for whom; nil: no proxy stands in front
	Allow   []netip.Prefix // which clients may come in; nil: all
	Refusal string         // what the others are told, with CRLF
}

// Reason is why a connection was refused or given up.
type Reason string

// The reasons.
const (
	TooMany           Reason = "too many connections"
	TooManyForDoor    Reason = "too many connections to this listener"
	TooManyForAddress Reason = "too many connections from this address"
	NotAllowed        Reason = "this listener is not for this address"
	NotProxy          Reason = "this listener is for proxies only"
	BadProxyHeader    Reason = "no PROXY header"
	HandshakeFailed   Reason = "TLS handshake failed"
	Panicked          Reason = "panic"
)

// Defaults of Options.
const (
	DefaultPerAddress = 100
	DefaultHandshake  = 10 * time.Second
	DefaultGrace      = 20 * time.Second
	proxyTimeout      = 5 * time.Second // for the PROXY header: proxies send it at once
	maxConnections    = 20_000          // when the limit on open files allows it
	reservedFiles     = 128             // open files left for the store, the queue and the log
)

// Options of a Server; the zero value is sensible.
type Options struct {
	MaxConnections   int            // over all doors; 0 means what the limit on open files allows, at most 20,000
	MaxPerAddress    int            // of one IPv4 address or IPv6 /64; 0 means DefaultPerAddress
	Exempt           []netip.Prefix // addresses that MaxPerAddress does not count
	HandshakeTimeout time.Duration  // for implicit TLS; 0 means DefaultHandshake
	Grace            time.Duration  // from the end of Run's context to closing what is left; 0 means DefaultGrace
	Log              *slog.Logger   // nil means slog.Default()

	// Hooks for metrics, nil when not wanted; called on the connection's
	// goroutine (Refused: of the accept loop) and must not block.
	Opened  func(Info)
	Closed  func(Info, time.Duration)
	Refused func(Info, Reason)
}

// Server runs doors, under common limits.
type Server struct {
	opts  Options
	limit limiter
}

// New returns a Server. It starts nothing.
func New(opts Options) *Server {
	if opts.MaxConnections == 0 {
		opts.MaxConnections = connectionsForFiles(openFiles())
	}
	if opts.MaxPerAddress == 0 {
		opts.MaxPerAddress = DefaultPerAddress
	}
	if opts.HandshakeTimeout == 0 {
		opts.HandshakeTimeout = DefaultHandshake
	}
	if opts.Grace == 0 {
		opts.Grace = DefaultGrace
	}
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	return &Server{opts: opts, limit: newLimiter(opts)}
}

// Connections is the number of connections open now.
func (s *Server) Connections() int { return s.limit.count() }
