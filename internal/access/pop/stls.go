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
		p.err(p.say.noTLS)
		return
	}
	if p.utf8Mode {
		p.err(p.say.utf8ThenTLS) // RFC 6856 2.1
		return
	}
	if len(p.conn.Buffered()) > 0 {
		p.err(p.say.bytesAfterSTLS)
		p.quit = true
		return
	}
	p.ok(p.say.beginTLS)
	p.flush()
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
