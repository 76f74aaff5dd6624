// Package imap is the IMAP door: one session engine for IMAP4rev1 (RFC 3501)
// and its extensions over the mail store.
package imap

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/netip"
)

// Authenticator checks a login. The directory satisfies it.
type Authenticator interface {
	// Authenticate returns the account and the canonical address of a login.
	Authenticate(ctx context.Context, login, password string, remote netip.Addr) (account uint64, canonical string, err error)
}

// Options of a server. Zero values are sensible but for Auth.
type Options struct {
	Hostname string        // named in the greeting; "localhost" when empty
	TLS      *tls.Config   // for STARTTLS; nil means it is not offered
	Auth     Authenticator // required
	Limits   Limits
	Log      *slog.Logger // nil discards
}

// ListenerInfo is what the session must know about the listener that its
// connection came from.
type ListenerInfo struct {
	Name           string // for the log
	ImplicitTLS    bool   // the connection is a *tls.Conn already; the handshake may be pending
	PlaintextLogin bool   // passwords may cross an unencrypted connection
}

// Server holds what sessions share.
type Server struct {
	opts Options
}

// ServeConn speaks IMAP on c until the client leaves, fails or ctx ends (then
// the client is told BYE), and closes c. A panic ends this connection only.
func (s *Server) ServeConn(ctx context.Context, c net.Conn, info ListenerInfo) {
	defer c.Close()
}
