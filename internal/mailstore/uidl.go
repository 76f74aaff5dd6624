package mailstore

import (
	"context"
	"encoding/binary"
	"errors"

	"tram/internal/storage/kv"
)

// UIDLs says how the unique ids of a mailbox's messages are made (RFC 1939 7).
// Messages below From have those of old: Validity and UID. Validity is what
// UIDVALIDITY was when the record was made; it does not follow when UIDVALIDITY
// changes. Messages from From on are named by what they are, not by where they
// lie: email ID and body.
type UIDLs struct {
	Validity uint32
	From     UID
}

func (u UIDLs) append(dst []byte) []byte {
	dst = binary.AppendUvarint(append(dst, version1), uint64(u.Validity))
	return binary.AppendUvarint(dst, uint64(u.From))
}

func decodeUIDLs(value []byte) (UIDLs, error) {
	d := decode(value)
	u := UIDLs{Validity: d.uint32(), From: UID(d.uint32())}
	return u, d.err("unique ids")
}

// UIDLs returns how the unique ids of a mailbox are made. A mailbox that is
// older than the record gets it now: what is in it keeps the ids of old.
func (s *Store) UIDLs(ctx context.Context, id kv.Account, m MailboxID) (UIDLs, error) {
	var u UIDLs
	err := s.read(ctx, id, func(r kv.Reader) (err error) {
		u, err = readUIDLs(r, m)
		return err
	})
	if !errors.Is(err, ErrNoMailbox) {
		return u, err
	}
	err = kv.Durable(ctx, s.db, []kv.Account{id}, func(ktx kv.Tx) error {
		space := ktx.Account(id)
		if u, err = readUIDLs(space, m); !errors.Is(err, ErrNoMailbox) {
			return err // another session was faster
		}
		c, err := readCounters(space, appendBoxKey(nil, kindCounters, m))
		if err != nil {
			return err
		}
		u = UIDLs{Validity: c.uidValidity, From: c.uidNext}
		return setUIDLs(space, m, u)
	})
	return u, err
}

// readUIDLs returns the record, or ErrNoMailbox when the mailbox has none.
func readUIDLs(r kv.Reader, m MailboxID) (UIDLs, error) {
	value, err := r.Get(appendBoxKey(nil, kindUIDL, m))
	if errors.Is(err, kv.ErrNotFound) {
		return UIDLs{}, ErrNoMailbox
	}
	if err != nil {
		return UIDLs{}, err
	}
	return decodeUIDLs(value)
}
