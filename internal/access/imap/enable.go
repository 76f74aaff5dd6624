package imap

// extensions is a set of what the client has turned on, with ENABLE or by
// using it (RFC 5161).
type extensions uint8

const (
	enabledCondstore extensions = 1 << iota // it knows MODSEQ (RFC 7162 3.1)
	enabledQresync                          // VANISHED instead of EXPUNGE (RFC 7162 3.2)
	enabledUTF8                             // UTF-8 in quoted strings (RFC 6855)
	enabledRev2                             // IMAP4rev2 (RFC 9051)
	enabledUIDOnly                          // no message numbers (RFC 9586)
)

// on reports whether the client has turned on one of the extensions.
func (s *session) on(e extensions) bool { return s.enabled&e != 0 }

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
	if condstore && !s.on(enabledCondstore) {
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
	if s.on(enabledCondstore) {
		return
	}
	s.enabled |= enabledCondstore
	if s.sel != nil {
		s.writeOK("HIGHESTMODSEQ", uint64(s.sel.view.HighestModSeq()), "Highest")
	}
}
