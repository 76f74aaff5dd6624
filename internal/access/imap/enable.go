package imap

// enable = "ENABLE" 1*(SP capability) (RFC 5161). Unknown names are ignored;
// the answer lists those that are on now.
func (s *session) enable() (string, error) {
	condstore := false
	for s.dec.SP() && !s.dec.AtEnd() {
		var name string
		if !s.dec.ExpectKeyword(&name) {
			return "", s.dec.Err()
		}
		condstore = condstore || name == "CONDSTORE"
	}
	if !s.dec.ExpectCRLF() {
		return "", s.dec.Err()
	}
	s.enc.Raw("* ENABLED")
	if condstore && !s.condstore {
		s.enc.Raw(" CONDSTORE")
	}
	s.enc.CRLF()
	if condstore {
		s.enableCondstore()
	}
	return "Enabled", nil
}

// enableCondstore has the session hear of MODSEQs from now on. With a mailbox
// selected it learns where it stands (RFC 7162 3.1.2.1).
func (s *session) enableCondstore() {
	if s.condstore {
		return
	}
	s.condstore = true
	if s.sel != nil {
		s.writeOK("HIGHESTMODSEQ", uint64(s.sel.view.HighestModSeq()), "Highest")
	}
}
