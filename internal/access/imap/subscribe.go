package imap

// subscribe = "SUBSCRIBE" SP mailbox (RFC 3501 6.3.6). The mailbox must exist,
// as in Dovecot: it catches misspelt names.
func (s *session) subscribe() (string, error) {
	d := s.dec
	var name string
	if !d.ExpectSP() || !d.ExpectMailbox(&name) || !d.ExpectCRLF() {
		return "", d.Err()
	}
	mbox, err := s.srv.store.Lookup(s.ctx, s.account, name)
	if err != nil {
		return "", err
	}
	return "", s.srv.store.Subscribe(s.ctx, s.account, mbox.Name)
}

// unsubscribe = "UNSUBSCRIBE" SP mailbox (RFC 3501 6.3.7)
func (s *session) unsubscribe() (string, error) {
	d := s.dec
	var name string
	if !d.ExpectSP() || !d.ExpectMailbox(&name) || !d.ExpectCRLF() {
		return "", d.Err()
	}
	return "", s.srv.store.Unsubscribe(s.ctx, s.account, name)
}
