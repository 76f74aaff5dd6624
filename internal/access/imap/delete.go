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
	// Its own mailbox a session leaves first, so that it can go on.
	if s.sel != nil && s.sel.name == name {
		s.leave()
	}
	return "", s.srv.store.Delete(s.ctx, s.account, name)
}
