package imap

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

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
	src, err := s.place(from)
	if err != nil {
		return "", err
	}
	dst, err := s.newPlace(to)
	if err != nil {
		return "", err
	}
	if src.account != dst.account {
		// It would have to be copied: the messages belong to another account.
		return "", no("CANNOT", "Can't rename a mailbox into another account; copy its messages")
	}
	if err := s.mail.Rename(s.ctx, src.account, src.name, dst.name); err != nil {
		return "", err
	}
	if src.name == "INBOX" && s.sel != nil && s.sel.account == src.account {
		s.sel.inbox = false // the client knows
	}
	box, err := s.mail.Lookup(s.ctx, dst.account, dst.name)
	if is := dst.prefix + box.Name; err == nil && (is != to || src.prefix+norm.NFC.String(src.name) != from) {
		s.tellOldName(from, is) // RFC 9051 6.3.6: either was written otherwise
	}
	return "", nil
}
