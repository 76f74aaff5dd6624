package imap

import (
	"errors"

	"tram/internal/mailstore"
)

// closeMailbox: close = "CLOSE" (RFC 3501 6.4.2): expunges without telling and
// leaves the mailbox.
func (s *session) closeMailbox() (string, error) {
	if !s.dec.ExpectCRLF() {
		return "", s.dec.Err()
	}
	if !s.sel.readOnly {
		_, err := s.mail.Expunge(s.ctx, s.sel.account, s.sel.id, mailstore.AllUIDs())
		// RFC 4314 4: without the right e it closes all the same.
		if err != nil && !errors.Is(err, mailstore.ErrNoRight) && !errors.Is(err, mailstore.ErrNoMailbox) {
			return "", err
		}
	}
	s.leave()
	return "", nil
}
