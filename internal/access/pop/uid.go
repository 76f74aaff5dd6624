package pop

import (
	"context"
	"encoding/hex"
	"strconv"

	"tram/internal/mailstore"
	"tram/internal/storage/blob"
)

// A unique id (RFC 1939 7) says which message it is, not where it lies: the
// number that the account gave the message, and the name of its body.
//
//	1f4.000000070000a3300000233fd2a4c961
//
// Both survive a restore, whatever UIDVALIDITY the INBOX has then, and a message
// that comes after the restore of an older backup gets an id that no client has
// seen, although it may get the UID of a message that is lost. Two messages with
// the same body differ in the number.
//
// Messages that were there before ids were made so keep the ones that their
// clients know: UIDVALIDITY and UID, 16 hexadecimal digits ([mailstore.UIDLs]).
type identities struct {
	rule  *mailstore.UIDLs
	known []identity // by index; nil until some are read
}

type identity struct {
	email uint64 // 0: not read, or the message is gone
	blob  blob.ID
}

// identify makes the ids of the messages from … to-1 known.
func (d *maildrop) identify(ctx context.Context, from, to int) error {
	if d.ids.rule == nil {
		rule, err := d.store.UIDLs(ctx, d.account, d.view.Mailbox())
		if err != nil {
			return err
		}
		d.ids.rule = &rule
	}
	from = max(from, d.view.Search(d.ids.rule.From))
	for from < to && d.ids.known != nil && d.ids.known[from].email != 0 {
		from++ // UIDL again, as a rule of all
	}
	if from >= to {
		return nil
	}
	if d.ids.known == nil {
		d.ids.known = make([]identity, d.len())
	}
	return d.scan(ctx, from, to, mailstore.WantMeta, func(i int, m *mailstore.Message) error {
		d.ids.known[i] = identity{m.EmailID, m.Blob}
		return nil
	})
}

// appendUID appends the unique id of message i, which is known.
func (d *maildrop) appendUID(dst []byte, i int) []byte {
	uid := d.view.At(i).UID
	if uid < d.ids.rule.From {
		dst = appendHex(dst, d.ids.rule.Validity)
		return appendHex(dst, uint32(uid))
	}
	id := identity{}
	if d.ids.known != nil {
		id = d.ids.known[i]
	}
	if id.email == 0 {
		// An IMAP session expunged it before its id was read. RETR will say so;
		// until then it has an id that no other message has or will have.
		return strconv.AppendUint(append(dst, "gone."...), uint64(uid), 16)
	}
	dst = append(strconv.AppendUint(dst, id.email, 16), '.')
	return hex.AppendEncode(dst, id.blob[:])
}

func appendHex(dst []byte, v uint32) []byte {
	var digits [8]byte
	text := strconv.AppendUint(digits[:0], uint64(v), 16)
	for range 8 - len(text) {
		dst = append(dst, '0')
	}
	return append(dst, text...)
}
