package imap

import (
	"strings"

	"tram/internal/mailstore"
)

// deleteMailbox: delete = "DELETE" SP mailbox (RFC 3501 6.3.4)
func (s *session) deleteMailbox() (string, error) {
	d := s.dec
	var name string
	if !d.ExpectSP() || !d.ExpectMailbox(&name) || !d.ExpectCRLF() {
		return "", d.Err()
	}
	if strings.EqualFold(name, "INBOX") {
		return "", no("CANNOT", "INBOX can't be deleted")
	}
	at, box, err := s.mailbox(name)
	if err != nil {
		return "", s.orChildren(at, err)
	}
	// Its own mailbox a session leaves first, so that it can go on. Another
	// session may have given it another name since.
	if s.sel != nil && at.account == s.sel.account && box.ID == s.sel.id {
		if err := s.mail.May(s.ctx, at.account, box.ID, mailstore.RightRemove); err != nil {
			return "", err
		}
		s.leave()
	}
	if err := s.mail.Delete(s.ctx, at.account, at.name); err != nil {
		return "", err
	}
	s.tellOldName(name, box.Name, `\NonExistent`)
	return "", nil
}
