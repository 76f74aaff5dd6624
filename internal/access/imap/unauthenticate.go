package imap

import "time"

// unauthenticate = "UNAUTHENTICATE" (RFC 8437): the connection is as it was
// before the login, but for TLS. It cannot fail.
func (s *session) unauthenticate() (string, error) {
	if !s.dec.ExpectCRLF() {
		return "", s.dec.Err()
	}
	s.srv.log.Info("imap: logged out for the next user", "user", s.user, "remote", s.remote)
	if s.notify != nil {
		s.notify.close()
		s.notify = nil
	}
	s.sel, s.mail, s.account, s.user = nil, nil, 0, ""
	s.enabled = 0
	s.state = stateNotAuthenticated
	s.began, s.commands = time.Now(), 0
	s.after = s.endLogin
	return "", nil
}

// endLogin is what UNAUTHENTICATE does when its OK is sent.
func (s *session) endLogin() {
	if s.enc.Flush() != nil {
		s.state = stateLogout
		return
	}
	s.enc.SetUTF8(false)
	s.dec.SetUTF8(false)
	s.endCompression()
}
