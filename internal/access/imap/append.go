package imap

import (
	"errors"
	"math"

	"tram/internal/mailstore"
	"tram/internal/storage/kv"
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
	if in.room, err = s.roomIn(to.account, quota); err != nil {
		return "", err
	}
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
	return s.tellUIDs(to, appendUID(validity, uids)) + "Append completed", nil
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
	if err := s.mail.May(s.ctx, at.account, mbox.ID, mailstore.RightInsert); err != nil {
		return destination{}, mailstore.Quota{}, tryCreate(err)
	}
	s.tellOldName(name, at.prefix+mbox.Name)
	quota, err := s.quota(at.account)
	return destination{at.account, mbox.ID}, quota, err
}

// roomIn is how many octets a quota still has, as far as the user may know.
func (s *session) roomIn(account kv.Account, q mailstore.Quota) (int64, error) {
	if q.Bytes == 0 {
		return math.MaxInt64, nil
	}
	used, _, err := s.mail.Usage(s.ctx, account)
	if errors.Is(err, mailstore.ErrNoRight) {
		return math.MaxInt64, nil // the commit knows
	}
	return q.Bytes - used, err
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
