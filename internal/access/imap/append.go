package imap

import (
	"tram/internal/mailstore"
)

// appendMessages: append = "APPEND" SP mailbox 1*(SP append-message)
// (RFC 3501 6.3.11, RFC 3502)
//
//	append-message = [flag-list SP] [date-time SP] append-data
//
// All messages of a command are taken, or none.
func (s *session) appendMessages() (string, error) {
	d := s.dec
	var name string
	if !d.ExpectSP() || !d.ExpectMailbox(&name) || !d.ExpectSP() {
		return "", d.Err()
	}
	// Refuse before the client sends what would be thrown away.
	to, quota, err := s.appendTarget(name)
	if err != nil {
		return "", err
	}
	in := intake{s: s, quota: quota}
	defer in.end()
	for {
		if err := in.message(); err != nil {
			return "", err
		}
		if !d.SP() || d.AtEnd() {
			break
		}
	}
	if !d.ExpectCRLF() {
		return "", d.Err()
	}
	deliveries, err := in.commit()
	if err != nil {
		return "", err
	}
	validity, uids, err := s.mail.Append(s.ctx, to.account, to.id, deliveries...)
	if err != nil {
		return "", tryCreate(err)
	}
	return appendUID(validity, uids) + " Append completed", nil
}

// appendTarget finds the mailbox that messages are appended to, and what may be
// in its account.
func (s *session) appendTarget(name string) (destination, mailstore.Quota, error) {
	at, err := s.place(name)
	if err != nil {
		return destination{}, mailstore.Quota{}, tryCreate(err)
	}
	mbox, err := s.mail.Lookup(s.ctx, at.account, at.name)
	if err != nil {
		return destination{}, mailstore.Quota{}, tryCreate(err)
	}
	quota, err := s.quota(at.account)
	return destination{at.account, mbox.ID}, quota, err
}

// appendUID is the response code APPENDUID (RFC 4315 3).
func appendUID(validity uint32, uids []mailstore.UID) string {
	dst := appendUint([]byte("[APPENDUID "), uint64(validity))
	dst = append(dst, ' ')
	dst = appendUIDSet(dst, mailstore.UIDs(uids...))
	return string(append(dst, ']'))
}

// appendLimit is the value of the capability APPENDLIMIT (RFC 7889): one for
// all mailboxes.
func (s *session) appendLimit() string {
	return string(appendUint([]byte{'='}, uint64(s.srv.opts.Limits.Append)))
}
