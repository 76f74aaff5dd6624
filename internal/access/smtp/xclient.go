package smtp

import (
	"context"
	"log/slog"
	"net/netip"

	"tram/internal/mail/smtpwire"
)

// Accounts finds the account of a login that a trusted host vouches for. An
// Authenticator may implement it; without it XCLIENT takes no LOGIN. An
// unknown login is directory.ErrAuth.
type Accounts interface {
	AccountOf(ctx context.Context, login string) (account uint64, canonical string, err error)
}

// mayXClient reports whether the host at the other end may speak for others.
// It stays the one that connected, whatever it says.
func (s *session) mayXClient() bool {
	for _, p := range s.opts.XClient {
		if p.Contains(s.info.Remote.Addr()) {
			return true
		}
	}
	return false
}

// xclient lets a trusted host say for whom it speaks. The session begins anew:
// the reply is a greeting (XCLIENT_README of Postfix).
func (s *session) xclient(ctx context.Context, arg []byte) {
	switch {
	case !s.mayXClient():
		s.refuse(errXClient)
		return
	case s.tx.open:
		s.refuse(errXClientNow)
		return
	}
	x, err := smtpwire.ParseXClient(string(arg))
	if err != nil {
		s.fail(ctx, "XCLIENT", err)
		return
	}
	peer, err := s.vouched(ctx, &x)
	if err != nil {
		s.refuseAuth(err)
		return
	}
	s.opts.Log.Debug("XCLIENT", slog.String("from", s.info.Remote.String()), slog.String("for", peer.Remote.String()), slog.String("login", peer.User))
	s.tx = transaction{}
	s.peer = peer
	s.greet()
}

// vouched is the peer as x describes it; what x does not name stays.
func (s *session) vouched(ctx context.Context, x *smtpwire.XClient) (smtpwire.Peer, error) {
	given := func(a smtpwire.XClientSet) bool { return x.Given&a != 0 }
	p := s.stranger(s.peer.Remote, s.peer.Local)
	p.TLS, p.Proxied, p.Name = s.peer.TLS, s.info.Remote, s.peer.Name
	p.Account, p.User = s.peer.Account, s.peer.User
	if given(smtpwire.XName) {
		p.Name = x.Name
	}
	if given(smtpwire.XAddr | smtpwire.XPort) {
		p.Remote = replaced(p.Remote, x.Addr, given(smtpwire.XAddr), x.Port, given(smtpwire.XPort))
	}
	if given(smtpwire.XDestAddr | smtpwire.XDestPort) {
		p.Local = replaced(p.Local, x.DestAddr, given(smtpwire.XDestAddr), x.DestPort, given(smtpwire.XDestPort))
	}
	if given(smtpwire.XHelo) {
		p.Helo, p.ESMTP = x.Helo, x.Proto != "SMTP"
	}
	if !given(smtpwire.XLogin) {
		return p, nil
	}
	return p, s.vouchedLogin(ctx, x.Login, &p)
}

// vouchedLogin is LOGIN: users exist on submission ports only.
func (s *session) vouchedLogin(ctx context.Context, login string, p *smtpwire.Peer) (err error) {
	p.Account, p.User = 0, ""
	accounts, ok := s.opts.Authenticator.(Accounts)
	if login == "" || !ok || s.opts.Mode != Submission {
		return nil
	}
	p.Account, p.User, err = accounts.AccountOf(ctx, login)
	return err
}

// replaced is old with another address, port or both. An address that the
// trusted host does not know is none at all: it must not pass for its own.
func replaced(old netip.AddrPort, addr netip.Addr, newAddr bool, port uint16, newPort bool) netip.AddrPort {
	if !newAddr {
		addr = old.Addr()
	}
	if !newPort {
		port = old.Port()
	}
	return netip.AddrPortFrom(addr, port)
}
