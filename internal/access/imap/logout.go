package imap

// logout = "LOGOUT" (RFC 3501 6.1.3)
func (s *session) logout() (string, error) {
	if !s.dec.ExpectCRLF() {
		return "", s.dec.Err()
	}
	s.bye("Logging out")
	return "", nil
}
