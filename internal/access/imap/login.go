package imap

import (
	"crypto/tls"
	"errors"
	"time"

	"tram/internal/access/listen/login"
	"tram/internal/directory"
	"tram/internal/mailstore"
	"tram/internal/storage/kv"
)

// mayLogin reports whether a password may cross this connection.
func (s *session) mayLogin() bool { return s.secure || s.info.PlaintextLogin }

// errPrivacy refuses a login in the clear (RFC 5530 3).
var errPrivacy = no("PRIVACYREQUIRED", "Plaintext authentication is not allowed without TLS, send STARTTLS first")

// login = "LOGIN" SP userid SP password (RFC 3501 6.2.3)
func (s *session) login() (string, error) {
	d := s.dec
	var user, password string
	if !d.ExpectSP() || !d.ExpectAString(&user) || !d.ExpectSP() || !d.ExpectAString(&password) || !d.ExpectCRLF() {
		return "", d.Err()
	}
	if !s.mayLogin() {
		return "", errPrivacy
	}
	desk := s.desk()
	return s.logIn(desk, desk.Password(s.ctx, user, password))
}

// desk is where the session logs in.
func (s *session) desk() *login.Desk {
	d := &login.Desk{Auth: s.srv.opts.Auth, Hostname: s.srv.opts.Hostname, Remote: s.remote}
	if secure, ok := s.nc.(*tls.Conn); ok && s.info.TLSConfig != nil {
		state := secure.ConnectionState()
		d.Binding = login.BindingOf(&state, s.info.TLSConfig())
	}
	return d
}

// logIn enters the authenticated state when err, the outcome at the desk, is
// nil.
func (s *session) logIn(desk *login.Desk, err error) (string, error) {
	if err != nil {
		if errors.Is(err, directory.ErrAuth) {
			s.failures++
			s.srv.log.Info("imap: login refused", "login", desk.Tried(), "remote", s.remote)
			s.wait(s.srv.opts.Limits.FailureDelay)
		}
		return "", err
	}
	account, canonical := desk.Who()
	s.account, s.user = kv.Account(account), canonical
	s.mail = s.srv.store.As(mailstore.Actor{Address: canonical, Account: s.account})
	s.state = stateAuthenticated
	s.srv.log.Info("imap: login", "user", canonical, "remote", s.remote, "tls", s.secure)
	return "[CAPABILITY " + s.capabilities() + "] Logged in", nil
}

// wait makes guessing passwords slow. The end of the server ends it.
func (s *session) wait(d time.Duration) {
	if d <= 0 {
		return
	}
	select {
	case <-s.ctx.Done():
	case <-time.After(d):
	}
}
