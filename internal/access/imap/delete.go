package imap

import (
	"errors"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"tram/internal/mailstore"
)

// deleteMailbox: delete = "DELETE" SP mailbox (RFC 3501 6.3.4)
func (s *session) deleteMailbox() (string, error) {
	d := s.dec
	var name string
	if !d.ExpectSP() || !d.ExpectMailbox(&name) || !d.ExpectCRLF() {
		return "", d.Err()
	}
	if strings.EqualFold(name, "INBOX") {
		return "", no("CANNOT", "INBOX can't be deleted")
	}
	at, box, err := s.mailbox(name)
	if errors.Is(err, mailstore.ErrNoMailbox) {
		return "", s.deleteLevel(at)
	}
	if err != nil {
		return "", err
	}
	// Its own mailbox a session leaves first, so that it can go on. Another
	// session may have given it another name since.
	if s.sel != nil && at.account == s.sel.account && box.ID == s.sel.id {
		if err := s.mail.May(s.ctx, at.account, box.ID, mailstore.RightRemove); err != nil {
			return "", err
		}
		s.leave()
	}
	if err := s.mail.Delete(s.ctx, at.account, at.name); err != nil {
		return "", err
	}
	s.tellOldName(name, box.Name, `\NonExistent`)
	return "", nil
}

// deleteLevel deletes a name that is no mailbox: it goes when there is nothing
// below it any more (RFC 3501 6.3.4).
func (s *session) deleteLevel(at place) error {
	switch l := s.level(at); {
	case l.Name == "":
		return mailstore.ErrNoMailbox
	case l.HasChildren:
		return no("HASCHILDREN", "There is no such mailbox, only mailboxes below it")
	}
	return s.mail.Delete(s.ctx, at.account, at.name)
}

// level returns what LIST shows of a name that is no mailbox: one above others,
// or one that stayed when they were deleted.
func (s *session) level(at place) mailstore.Mailbox {
	if at.account == 0 {
		return mailstore.Mailbox{}
	}
	boxes, err := s.mail.Mailboxes(s.ctx, at.account)
	name := norm.NFC.String(at.name)
	i := slices.IndexFunc(boxes, func(b mailstore.Mailbox) bool { return b.Name == name })
	if err != nil || i < 0 || !boxes[i].Level {
		return mailstore.Mailbox{}
	}
	return boxes[i]
}
