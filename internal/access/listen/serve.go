package listen

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"runtime/debug"
	"sync/atomic"
	"time"
)

// ErrNoTLS says that a handshake was wanted where no certificate is configured.
var ErrNoTLS = errors.New("listen: TLS is not configured")

// visit is one connection that was let in.
type visit struct {
	*Server
	door    *Door
	atDoor  *atomic.Int64
	conns   *registry
	conn    net.Conn
	info    Info
	counted netip.Addr // whom the connection counts for
	began   time.Time
}

// enter reads what comes before the session, a PROXY header or a TLS
// handshake. A handshake leaves a stack of 16 KiB behind that the collector
// cannot take back as long as the goroutine waits, so the session gets a
// goroutine of its own: ten thousand idle ones are 120 MB less.
func (v *visit) enter(ctx context.Context) {
	ready := false
	defer func() {
		if !ready {
			v.end()
		}
	}()
	defer v.recover()
	if v.opts.Opened != nil {
		v.opts.Opened(v.info)
	}
	if v.door.Proxies != nil {
		refused, text := v.introduce(v.door, v.conn, &v.info)
		if refused != "" {
			v.refuse(v.door, v.conn, v.info, refused, text)
			return
		}
		v.counted = v.info.Remote.Addr()
	}
	conn, err := v.handshake()
	if err != nil {
		v.opts.Log.Debug("TLS handshake failed", slog.String("listener", v.door.name()), slog.String("remote", v.info.Remote.String()), slog.Any("error", err))
		if v.opts.Refused != nil {
			v.opts.Refused(v.info, HandshakeFailed)
		}
		return
	}
	ready = true
	go v.session(ctx, conn)
}

// handshake returns the connection that the session speaks on.
func (v *visit) handshake() (net.Conn, error) {
	if v.info.TLSMode != Implicit {
		return v.conn, nil
	}
	secure, err := Upgrade(v.conn, v.info, v.opts.HandshakeTimeout)
	if err != nil { // not return secure, err: a nil *tls.Conn is no nil net.Conn
		return nil, err
	}
	return secure, nil
}

// session is the goroutine of the session.
func (v *visit) session(ctx context.Context, conn net.Conn) {
	defer v.end()
	defer v.recover()
	v.door.Handler(ctx, conn, v.info)
	if secure, ok := conn.(*tls.Conn); ok {
		EndTLS(secure)
	}
}

// end closes the connection and gives back what it counted for.
func (v *visit) end() {
	v.conn.Close()
	v.atDoor.Add(-1)
	v.limit.leave(v.counted)
	if v.opts.Closed != nil {
		v.opts.Closed(v.info, time.Since(v.began))
	}
	v.conns.remove(v.conn)
}

// EndTLS tells the peer that TLS ends here and nothing was cut off. Sessions
// that called Upgrade call it before they return; a peer that does not read
// cannot hold them for longer than a second.
func EndTLS(conn *tls.Conn) {
	conn.SetWriteDeadline(time.Now().Add(time.Second))
	conn.CloseWrite()
}

// recover keeps a panic inside its connection.
func (v *visit) recover() {
	p := recover()
	if p == nil {
		return
	}
	v.opts.Log.Error("panic in a session", slog.String("listener", v.door.name()), slog.String("remote", v.info.Remote.String()),
		slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
	if v.opts.Refused != nil {
		v.opts.Refused(v.info, Panicked)
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
