package imap

import (
	"math"

	"tram/internal/mail/imapwire"
	"tram/internal/mailstore"
)

// replace = "REPLACE" SP seq-number SP mailbox append-message (RFC 8508)
func (s *session) replace() (string, error) { return s.replaceMessage(false) }

// uidReplace = "UID" SP replace
func (s *session) uidReplace() (string, error) { return s.replaceMessage(true) }

func (s *session) replaceMessage(byUID bool) (string, error) {
	d := s.dec
	var set imapwire.NumSet
	var name string
	if !d.ExpectSP() || !d.ExpectNumSet(&set) || !d.ExpectSP() || !d.ExpectMailbox(&name) || !d.ExpectSP() {
		return "", d.Err()
	}
	// Refuse before the client sends what would be thrown away.
	old, err := s.oneMessage(set, byUID)
	if err != nil {
		return "", err
	}
	if s.sel.readOnly {
		return "", errReadOnly
	}
	to, quota, err := s.appendTarget(name)
	if err != nil {
		return "", err
	}
	in := intake{s: s, quota: quota, room: math.MaxInt64} // the old message makes room
	defer in.end()
	if err := in.message(); err != nil {
		return "", err
	}
	if !d.ExpectCRLF() {
		return "", d.Err()
	}
	deliveries, err := in.commit()
	if err != nil {
		return "", err
	}
	from := mailstore.Place{Account: s.sel.account, Mailbox: s.sel.id}
	validity, uid, err := s.mail.Replace(s.ctx, from, old, to.place(), deliveries[0])
	if err != nil {
		return "", tryCreate(err)
	}
	// RFC 8508 4.3: before the EXPUNGE, which the sync that follows sends.
	if code := s.tellUIDs(to, appendUID(validity, []mailstore.UID{uid})); code != "" {
		s.enc.Raw("* OK " + code + "Replacement message ready\r\n")
	}
	if to.place() == from {
		err = s.sync(false) // first EXISTS, as in the examples of RFC 8508 3.2
	}
	return "Replace completed", err
}

// oneMessage resolves a set that has to be one number.
func (s *session) oneMessage(set imapwire.NumSet, byUID bool) (mailstore.UID, error) {
	if set.Saved || len(set.Ranges) != 1 || set.Ranges[0].First != set.Ranges[0].Last {
		return 0, bad("One message number is expected")
	}
	uids, err := s.uids(set, byUID)
	if err != nil {
		return 0, err
	}
	if len(uids) == 0 || countIn(s.sel.view, uids) == 0 {
		return 0, no("", "No such message")
	}
	return s.sel.view.At(s.sel.view.Search(uids[0].First)).UID, nil
}
