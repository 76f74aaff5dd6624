package mailstore

import (
	"errors"

	"tram/internal/storage/kv"
)

// uniqueIDs checks the record of how POP3's unique ids are made.
func (v *verifier) uniqueIDs() error {
	for id := range v.boxes {
		switch _, err := readUIDLs(v.r, id); {
		case errors.Is(err, ErrCorrupt):
			v.problem(id, 0, err, "unique ids of POP3")
		case err != nil && !errors.Is(err, ErrNoMailbox):
			return err
		}
	}
	return nil
}

// keepUniqueIDs is called for the INBOX before it gets another UIDVALIDITY: the
// ids that were made of the old one stay. A record that is damaged is made anew;
// POP3 clients then see new messages, which is better than to miss one.
func (r *rebuild) keepUniqueIDs(m *Mailbox, next UID) error {
	if m.Name != inbox {
		return nil
	}
	u := UIDLs{Validity: m.UIDValidity, From: next}
	switch _, err := readUIDLs(r.space, m.ID); {
	case err == nil:
		return nil
	case errors.Is(err, ErrCorrupt):
		u.From = 1
		r.fixed(m.ID, 0, "unique ids of POP3")
	case !errors.Is(err, ErrNoMailbox):
		return err
	}
	return setUIDLs(r.space, m.ID, u)
}

func setUIDLs(space kv.Space, id MailboxID, u UIDLs) error {
	return space.Set(appendBoxKey(nil, kindUIDL, id), u.append(nil))
}
