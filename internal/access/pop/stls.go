package pop

import (
	"context"
	"crypto/tls"

	"tram/internal/access/listen"
)

// mayStartTLS reports whether STLS is worth saying now.
func (p *session) mayStartTLS() bool {
	return !p.tls && p.info.TLSMode == listen.StartTLS && p.info.TLSConfig != nil
}

// stls turns the connection into TLS (RFC 2595 4). What the client sent in the
// clear behind the command was not protected: an attacker in the middle may
// have put it there, so it ends the connection instead of being obeyed.
func (p *session) stls(ctx context.Context, _ string) {
	if !p.mayStartTLS() {
		p.err("TLS is on already, or not available on this port")
		return
	}
	if len(p.conn.Buffered()) > 0 {
		p.err("bytes after STLS before TLS began, closing")
		p.quit = true
		return
	}
	p.ok("begin TLS")
	if p.conn.Flush() != nil {
		p.quit = true
		return
	}
	ctx, cancel := context.WithTimeout(ctx, listen.DefaultHandshake)
	defer cancel()
	conn := tls.Server(p.conn.NetConn(), p.info.TLSConfig())
	if err := conn.HandshakeContext(ctx); err != nil {
		// Never back to plain text: there is nobody to talk to safely.
		p.quit = true
		return
	}
	p.conn.Replace(conn)
	p.tls = true
	p.user = "" // RFC 2595 4: what was said before TLS is forgotten
}
