package imap

// namespace = "NAMESPACE" (RFC 2342): one personal namespace without a prefix.
func (s *session) namespace() (string, error) {
	if !s.dec.ExpectCRLF() {
		return "", s.dec.Err()
	}
	s.enc.Raw("* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n")
	return "", nil
}
