package smtp

import (
	"context"
	"log/slog"

	"tram/internal/access/listen"
)

// startTLS is RFC 3207. Whatever was said before, the name of the client
// included, is forgotten (4.2), and so is every byte that came before the
// handshake: the command table has refused those that came with the command,
// and later ones fail the handshake, after which nothing is spoken in plain
// text.
func (s *session) startTLS(context.Context, []byte) {
	switch {
	case s.tx.open && s.tx.spoiled:
		s.refuse(errSpoiled)
		return
	case s.peer.TLS != nil:
		s.refuse(errTLSAlready)
		return
	case !s.canStartTLS():
		s.refuse(errNoTLS)
		return
	}
	s.reply(startTLS)
	if err := s.conn.Flush(); err != nil {
		s.broken(err)
		return
	}
	secure, err := listen.Upgrade(s.conn.NetConn(), s.info, s.opts.Limits.Handshake)
	if err != nil {
		s.ending = true
		s.opts.Log.Debug("TLS handshake failed", slog.String("remote", s.peer.Remote.String()), slog.Any("error", err))
		return
	}
	s.conn.Replace(secure)
	state := secure.ConnectionState()
	s.tx = transaction{}
	proxied, name := s.peer.Proxied, s.peer.Name
	s.peer = s.stranger(s.peer.Remote, s.peer.Local)
	s.peer.Proxied, s.peer.Name, s.peer.TLS = proxied, name, &state
}
