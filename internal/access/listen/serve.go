package listen

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"runtime/debug"
	"sync/atomic"
	"time"
)

// ErrNoTLS says that a handshake was wanted where no certificate is configured.
var ErrNoTLS = errors.New("listen: TLS is not configured")

// serve is the goroutine of one connection.
func (s *Server) serve(ctx context.Context, d *Door, atDoor *atomic.Int64, conn net.Conn, info Info) {
	start := time.Now()
	counted := d.counted(info.Remote.Addr())
	defer func() {
		conn.Close()
		atDoor.Add(-1)
		s.limit.leave(counted)
		if s.opts.Closed != nil {
			s.opts.Closed(info, time.Since(start))
		}
	}()
	defer s.recover(d, info)
	if s.opts.Opened != nil {
		s.opts.Opened(info)
	}
	if d.Proxies != nil {
		refused, text := s.introduce(d, conn, &info)
		if refused != "" {
			s.refuse(d, conn, info, refused, text)
			return
		}
		counted = info.Remote.Addr()
	}
	if info.TLSMode != Implicit {
		d.Handler(ctx, conn, info)
		return
	}
	secure, err := Upgrade(conn, info, s.opts.HandshakeTimeout)
	if err != nil {
		s.opts.Log.Debug("TLS handshake failed", slog.String("listener", d.name()), slog.String("remote", info.Remote.String()), slog.Any("error", err))
		if s.opts.Refused != nil {
			s.opts.Refused(info, HandshakeFailed)
		}
		return
	}
	d.Handler(ctx, secure, info)
	EndTLS(secure)
}

// EndTLS tells the peer that TLS ends here and nothing was cut off. Sessions
// that called Upgrade call it before they return; a peer that does not read
// cannot hold them for longer than a second.
func EndTLS(conn *tls.Conn) {
	conn.SetWriteDeadline(time.Now().Add(time.Second))
	conn.CloseWrite()
}

// recover keeps a panic inside its connection.
func (s *Server) recover(d *Door, info Info) {
	p := recover()
	if p == nil {
		return
	}
	s.opts.Log.Error("panic in a session", slog.String("listener", d.name()), slog.String("remote", info.Remote.String()),
		slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
	if s.opts.Refused != nil {
		s.opts.Refused(info, Panicked)
	}
}

// Upgrade does the server's side of a TLS handshake on conn within timeout (0
// means DefaultHandshake): for implicit TLS, and for the STARTTLS and STLS
// commands, whose sessions call it. After an error the connection is good for
// nothing but closing; never go on in plain text.
func Upgrade(conn net.Conn, info Info, timeout time.Duration) (*tls.Conn, error) {
	if info.TLSConfig == nil {
		return nil, ErrNoTLS
	}
	config := info.TLSConfig()
	if config == nil {
		return nil, ErrNoTLS
	}
	if timeout == 0 {
		timeout = DefaultHandshake
	}
	// A deadline instead of a context: that would cost a second goroutine.
	if err := conn.SetDeadline(time.Now().Add(timeout)); err != nil {
		return nil, err
	}
	secure := tls.Server(conn, config)
	if err := secure.Handshake(); err != nil {
		return nil, err
	}
	return secure, conn.SetDeadline(time.Time{})
}
