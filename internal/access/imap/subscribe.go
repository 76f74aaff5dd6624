package imap

import (
	"errors"

	"tram/internal/mailstore"
)

// subscribe = "SUBSCRIBE" SP mailbox (RFC 3501 6.3.6). The mailbox must exist, or
// be listed as a name above others, as in Dovecot: it catches misspelt names. Who may not look it
// up is not told whether it does (RFC 4314 4). Names of other accounts are kept
// among the user's own subscriptions.
func (s *session) subscribe() (string, error) {
	d := s.dec
	var name string
	if !d.ExpectSP() || !d.ExpectMailbox(&name) || !d.ExpectCRLF() {
		return "", d.Err()
	}
	at, box, err := s.mailbox(name)
	if errors.Is(err, mailstore.ErrNoMailbox) && s.level(at).Name != "" {
		return "", s.mail.Subscribe(s.ctx, s.account, at.prefix+at.name)
	}
	if err != nil {
		return "", err
	}
	if err := s.mail.May(s.ctx, at.account, box.ID, mailstore.RightLookup); err != nil {
		return "", err
	}
	return "", s.mail.Subscribe(s.ctx, s.account, box.Name)
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
