package imap

import "tram/internal/mailstore"

// closeMailbox: close = "CLOSE" (RFC 3501 6.4.2): expunges without telling and
// leaves the mailbox.
func (s *session) closeMailbox() (string, error) {
	if !s.dec.ExpectCRLF() {
		return "", s.dec.Err()
	}
	if !s.sel.readOnly {
		if _, err := s.mail.Expunge(s.ctx, s.sel.account, s.sel.id, mailstore.AllUIDs()); err != nil {
			return "", err
		}
	}
	s.leave()
	return "", nil
}
