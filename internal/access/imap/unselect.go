package imap

// unselect = "UNSELECT" (RFC 3691)
func (s *session) unselect() (string, error) {
	if !s.dec.ExpectCRLF() {
		return "", s.dec.Err()
	}
	s.leave()
	return "", nil
}
