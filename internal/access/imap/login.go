package imap

import (
	"errors"
	"time"

	"tram/internal/directory"
	"tram/internal/storage/kv"
)

// mayLogin reports whether a password may cross this connection.
func (s *session) mayLogin() bool { return s.secure || s.info.PlaintextLogin }

// errPrivacy refuses a login in the clear (RFC 5530 3).
var errPrivacy = no("PRIVACYREQUIRED", "Plaintext authentication is not allowed without TLS")

// login = "LOGIN" SP userid SP password (RFC 3501 6.2.3)
func (s *session) login() (string, error) {
	d := s.dec
	var user, password string
	if !d.ExpectSP() || !d.ExpectAString(&user) || !d.ExpectSP() || !d.ExpectAString(&password) || !d.ExpectCRLF() {
		return "", d.Err()
	}
	return s.logIn(user, password)
}

// logIn checks a login and enters the authenticated state.
func (s *session) logIn(user, password string) (string, error) {
	if !s.mayLogin() {
		return "", errPrivacy
	}
	account, canonical, err := s.srv.opts.Auth.Authenticate(s.ctx, user, password, s.remote)
	if err != nil {
		if errors.Is(err, directory.ErrAuth) {
			s.failures++
			s.srv.log.Info("imap: login refused", "login", user, "remote", s.remote)
			s.wait(s.srv.opts.Limits.FailureDelay)
		}
		return "", err
	}
	s.account, s.user = kv.Account(account), canonical
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
