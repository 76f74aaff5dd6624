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
	// Its own mailbox a session leaves first, so that it can go on. Another
	// session may have given it another name since.
	if s.sel != nil {
		if mbox, err := s.srv.store.Lookup(s.ctx, s.account, name); err == nil && mbox.ID == s.sel.id {
			s.leave()
		}
	}
	return "", s.srv.store.Delete(s.ctx, s.account, name)
}
