package imap

import (
	"tram/internal/mail/imapwire"
	"tram/internal/mailstore"
)

// expunge = "EXPUNGE" (RFC 3501 6.4.3). The EXPUNGE responses are those of the
// sync that follows.
func (s *session) expunge() (string, error) {
	if !s.dec.ExpectCRLF() {
		return "", s.dec.Err()
	}
	return "", s.expungeUIDs(mailstore.AllUIDs())
}

// uidExpunge = "UID" SP "EXPUNGE" SP sequence-set (RFC 4315 2.1)
func (s *session) uidExpunge() (string, error) {
	d := s.dec
	var set imapwire.NumSet
	if !d.ExpectSP() || !d.ExpectNumSet(&set) || !d.ExpectCRLF() {
		return "", d.Err()
	}
	uids, err := s.uids(set, true)
	if err != nil {
		return "", err
	}
	uids, cut, err := s.expunged(uids)
	if err != nil {
		return "", err
	}
	if err := s.expungeUIDs(uids); err != nil {
		return "", err
	}
	return s.partly(cut, "Expunge completed"), nil
}

func (s *session) expungeUIDs(uids mailstore.UIDSet) error {
	if s.sel.readOnly {
		return errReadOnly
	}
	if len(uids) == 0 {
		return nil
	}
	_, err := s.mail.Expunge(s.ctx, s.sel.account, s.sel.id, uids)
	return err
}

// errReadOnly refuses changes of a mailbox that was opened with EXAMINE.
var errReadOnly = no("READ-ONLY", "Mailbox is read-only")
