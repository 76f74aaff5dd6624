package imap

// namespace = "NAMESPACE" (RFC 2342)
func (s *session) namespace() (string, error) {
	if !s.dec.ExpectCRLF() {
		return "", s.dec.Err()
	}
	if s.srv.opts.Neighbours == nil {
		s.enc.Raw("* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n")
		return "", nil
	}
	s.enc.Raw("* NAMESPACE ((\"\" \"/\")) ((\"" + sharedPrefix + "\" \"/\")) ((\"" + publicPrefix + "\" \"/\"))\r\n")
	return "", nil
}
