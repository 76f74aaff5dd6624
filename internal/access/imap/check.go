package imap

// check = "CHECK" (RFC 3501 6.4.1). There is nothing to checkpoint: everything
// that a client was told is on disk.
func (s *session) check() (string, error) { return s.noop() }
