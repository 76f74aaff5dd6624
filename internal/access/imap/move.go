package imap

import "tram/internal/mailstore"

// move = "MOVE" SP sequence-set SP mailbox (RFC 6851)
func (s *session) move() (string, error) { return s.moveMessages(false) }

// uidMove = "UID" SP move
func (s *session) uidMove() (string, error) { return s.moveMessages(true) }

func (s *session) moveMessages(byUID bool) (string, error) {
	uids, to, err := s.copyArgs(byUID)
	if err != nil {
		return "", err
	}
	if s.sel.readOnly {
		return "", errReadOnly
	}
	if err := s.checkNumbered(uids, byUID); err != nil {
		return "", err
	}
	uids, cut := s.portion(uids)
	var quota mailstore.Quota
	if to.account != s.sel.account {
		if quota, err = s.quota(to.account); err != nil {
			return "", err
		}
	}
	moved, err := s.mail.Move(s.watched(uids), s.sel.place(), to.place(), uids, quota)
	if err != nil {
		return "", tryCreate(err)
	}
	if len(moved.Source) == 0 {
		return "No messages found", nil
	}
	// COPYUID comes before the EXPUNGE responses (RFC 6851 4.3): the sync
	// that follows sends those.
	if code := s.tellUIDs(to, copyUID(moved)); code != "" {
		s.enc.Raw("* OK " + code + "Moved UIDs\r\n")
	}
	return s.partly(cut, "Move completed"), nil
}
