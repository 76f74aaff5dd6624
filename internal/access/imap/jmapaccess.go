package imap

// getJMAPAccess = "GETJMAPACCESS" (RFC 9698 4): where the same messages are
// found by JMAP, under the IDs of OBJECTID.
func (s *session) getJMAPAccess() (string, error) {
	if !s.dec.ExpectCRLF() {
		return "", s.dec.Err()
	}
	if !s.hasJMAP() {
		return "", bad("JMAP is not available here")
	}
	s.enc.Raw("* JMAPACCESS ")
	s.enc.String(s.srv.opts.JMAP)
	s.enc.CRLF()
	return "", nil
}

func (s *session) hasJMAP() bool { return s.srv.opts.JMAP != "" }
