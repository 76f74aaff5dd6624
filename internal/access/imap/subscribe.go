package imap

// subscribe = "SUBSCRIBE" SP mailbox (RFC 3501 6.3.6). The mailbox must exist,
// as in Dovecot: it catches misspelt names.
func (s *session) subscribe() (string, error) {
	d := s.dec
	var name string
	if !d.ExpectSP() || !d.ExpectMailbox(&name) || !d.ExpectCRLF() {
		return "", d.Err()
	}
	at, err := s.place(name)
	if err != nil {
		return "", err
	}
	mbox, err := s.mail.Lookup(s.ctx, at.account, at.name)
	if err != nil {
		return "", err
	}
	return "", s.mail.Subscribe(s.ctx, s.account, mbox.Name)
}

// unsubscribe = "UNSUBSCRIBE" SP mailbox (RFC 3501 6.3.7)
func (s *session) unsubscribe() (string, error) {
	d := s.dec
	var name string
	if !d.ExpectSP() || !d.ExpectMailbox(&name) || !d.ExpectCRLF() {
		return "", d.Err()
	}
	return "", s.mail.Unsubscribe(s.ctx, s.account, name)
}
