package imap

import "strings"

// rename = "RENAME" SP mailbox SP mailbox (RFC 3501 6.3.5)
func (s *session) rename() (string, error) {
	d := s.dec
	var from, to string
	if !d.ExpectSP() || !d.ExpectMailbox(&from) || !d.ExpectSP() || !d.ExpectMailbox(&to) || !d.ExpectCRLF() {
		return "", d.Err()
	}
	to = strings.TrimSuffix(to, "/")
	if from != "INBOX" && strings.HasPrefix(to, from+"/") {
		return "", no("CANNOT", "Can't rename a mailbox under its own child")
	}
	return "", s.mail.Rename(s.ctx, s.account, from, to)
}
