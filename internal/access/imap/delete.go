package imap

// deleteMailbox: delete = "DELETE" SP mailbox (RFC 3501 6.3.4)
func (s *session) deleteMailbox() (string, error) {
	d := s.dec
	var name string
	if !d.ExpectSP() || !d.ExpectMailbox(&name) || !d.ExpectCRLF() {
		return "", d.Err()
	}
	if name == "INBOX" {
		return "", no("CANNOT", "INBOX can't be deleted")
	}
	at, err := s.place(name)
	if err != nil {
		return "", err
	}
	// Its own mailbox a session leaves first, so that it can go on. Another
	// session may have given it another name since.
	if s.sel != nil {
		if mbox, err := s.mail.Lookup(s.ctx, at.account, at.name); err == nil && at.account == s.sel.account && mbox.ID == s.sel.id {
			s.leave()
		}
	}
	return "", s.mail.Delete(s.ctx, at.account, at.name)
}
