package imap

// noop = "NOOP" (RFC 3501 6.1.2). What there is to tell follows for every
// command that may tell it.
func (s *session) noop() (string, error) {
	if !s.dec.ExpectCRLF() {
		return "", s.dec.Err()
	}
	return "", nil
}
