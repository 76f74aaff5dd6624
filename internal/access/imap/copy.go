package imap

import (
	"errors"

	"tram/internal/mail/imapwire"
	"tram/internal/mailstore"
	"tram/internal/storage/kv"
)

// copyMessages: copy = "COPY" SP sequence-set SP mailbox (RFC 3501 6.4.7)
func (s *session) copyMessages() (string, error) { return s.copy(false) }

// uidCopy = "UID" SP copy (RFC 3501 6.4.8)
func (s *session) uidCopy() (string, error) { return s.copy(true) }

func (s *session) copy(byUID bool) (string, error) {
	uids, to, err := s.copyArgs(byUID)
	if err != nil {
		return "", err
	}
	if err := s.checkCopied(uids); err != nil {
		return "", err
	}
	if err := s.checkNumbered(uids, byUID); err != nil {
		return "", err
	}
	quota, err := s.quota(to.account)
	if err != nil {
		return "", err
	}
	copied, err := s.mail.Copy(s.watched(uids), s.sel.place(), to.place(), uids, quota)
	if err != nil {
		return "", tryCreate(err)
	}
	if len(copied.Source) == 0 {
		return "No messages found", nil
	}
	return s.tellUIDs(to, copyUID(copied)) + "Copy completed", nil
}

// checkNumbered refuses COPY and MOVE of message numbers whose messages are
// gone, of which the client has not heard yet (RFC 2180 4.4.1): what it takes
// for copied it may remove. It hears of them with the NO, so that it can try
// again. UIDs that do not exist are no error (RFC 9051 6.4.9).
func (s *session) checkNumbered(uids mailstore.UIDSet, byUID bool) error {
	if byUID {
		return nil
	}
	newest, err := s.newestView()
	if err != nil || countIn(newest, uids) == countIn(s.sel.view, uids) {
		return err
	}
	if err := s.sync(true); err != nil {
		return err
	}
	return mailstore.ErrNoMessage
}

// destination is where messages are copied or moved to.
type destination struct {
	account kv.Account
	id      mailstore.MailboxID
}

func (d destination) place() mailstore.Place {
	return mailstore.Place{Account: d.account, Mailbox: d.id}
}

// copyArgs reads sequence-set SP mailbox and finds the destination.
func (s *session) copyArgs(byUID bool) (mailstore.UIDSet, destination, error) {
	d := s.dec
	var set imapwire.NumSet
	var name string
	if !d.ExpectSP() || !d.ExpectNumSet(&set) || !d.ExpectSP() || !d.ExpectMailbox(&name) || !d.ExpectCRLF() {
		return nil, destination{}, d.Err()
	}
	uids, err := s.uids(set, byUID)
	if err != nil {
		return nil, destination{}, err
	}
	at, err := s.place(name)
	if err != nil {
		return nil, destination{}, tryCreate(err)
	}
	to, err := s.mail.Lookup(s.ctx, at.account, at.name)
	return uids, destination{at.account, to.ID}, tryCreate(err)
}

// tryCreate hints that the destination could be made (RFC 3501 6.4.7), unless
// it could not.
func tryCreate(err error) error {
	if errors.Is(err, mailstore.ErrMailboxName) {
		return no("CANNOT", "Invalid mailbox name")
	}
	if errors.Is(err, mailstore.ErrNoMailbox) {
		return no("TRYCREATE", "Mailbox doesn't exist")
	}
	return err
}

// copyUID is the response code COPYUID (RFC 4315 3).
func copyUID(c mailstore.Copied) string {
	dst := []byte("[COPYUID ")
	dst = appendUint(dst, uint64(c.UIDValidity))
	dst = append(dst, ' ')
	dst = appendUIDSet(dst, c.Source)
	dst = append(dst, ' ')
	dst = appendUIDSet(dst, c.Dest)
	return string(append(dst, ']'))
}

// tellUIDs is a response code with UIDs of a mailbox into which messages went, and
// a blank. Who cannot select the mailbox is not to know (RFC 9051 6.3.12, 6.4.7):
// it is empty then.
func (s *session) tellUIDs(to destination, code string) string {
	if s.mail.May(s.ctx, to.account, to.id, mailstore.RightRead) != nil {
		return ""
	}
	return code + " "
}

// quota is the limits of an account.
func (s *session) quota(account kv.Account) (mailstore.Quota, error) {
	if s.srv.opts.Quota == nil {
		return mailstore.Quota{}, nil
	}
	return s.srv.opts.Quota(s.ctx, account)
}
