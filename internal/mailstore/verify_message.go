package mailstore

import (
	"bytes"
	"context"
	"errors"
	"io"

	"tram/internal/mail/message"
	"tram/internal/storage/kv"
)

// message checks the records of one message against each other.
func (b *boxCheck) message(e *Entry) error {
	var msg Message
	msg.UID = e.UID
	for k, want := range [...]Want{WantMeta, WantStructure, WantEnvelope, WantHeader} {
		value, err := b.walk.value(k, e.UID)
		if err != nil {
			return err
		}
		if value == nil {
			b.problem(b.id, e.UID, nil, "has no record of kind %q", messageKinds[k])
			if want == WantMeta {
				return nil
			}
			continue
		}
		if err := msg.decodeRecord(want, value, &b.zones); err != nil {
			b.problem(b.id, e.UID, err, "record of kind %q", messageKinds[k])
			if want == WantMeta {
				return nil
			}
		}
	}
	if msg.Size != int64(e.Size) {
		b.problem(b.id, e.UID, nil, "%d bytes, with its flags are %d", msg.Size, e.Size)
	}
	if msg.EmailID > b.acct.lastEmail || msg.ContentID > b.acct.lastEmail {
		b.problem(b.id, e.UID, nil, "email ID %d was not given out yet", msg.EmailID)
	}
	return b.ctx.Err()
}

// verifyBodies holds what is stored of the messages of a mailbox against their
// bodies.
func (s *Store) verifyBodies(ctx context.Context, id kv.Account, m MailboxID, pace Pace, report func(Problem)) error {
	in := inspection{ctx: ctx, store: s, id: id, mailbox: m, pace: pace, report: report}
	for next, more := UID(1), true; more; {
		var wrong []repair
		err := s.db.View(ctx, id, func(r kv.Reader) (err error) {
			wrong, next, more, err = in.batch(r, next)
			return err
		})
		if err != nil {
			return err
		}
		for i := range wrong {
			report(Problem{Account: id, Mailbox: m, UID: wrong[i].uid, Text: wrong[i].part + " is not what its body gives"})
		}
	}
	return nil
}

// digest computes again what was computed at arrival; it reads the whole body.
func (s *Store) digest(ctx context.Context, m *Message) (*message.Digest, error) {
	r, err := s.blobs.Open(ctx, m.Blob)
	if err != nil {
		return nil, err
	}
	d, err := message.Scan(io.NewSectionReader(r, 0, r.Size()))
	return d, errors.Join(err, r.Close())
}

// differs names what is not as the digest has it, "" when all is. A part of a
// message that could not be read counts as different.
func (m *Message) differs(d *message.Digest) string {
	own := int64(len(m.Own))
	switch {
	case m.Size-own != d.Size:
		return "size"
	case m.HeaderSize-own != d.HeaderSize:
		return "size of the header"
	case !m.SentDate.Equal(d.SentDate):
		return "date"
	case !bytes.Equal(m.Parts, d.Parts):
		return "table of parts"
	case !bytes.Equal(m.BodyStructure, d.BodyStructure):
		return "structure"
	case !bytes.Equal(m.Envelope, d.Envelope):
		return "envelope"
	case !bytes.Equal(m.Header, d.Header) || (m.Header == nil) != (d.Header == nil):
		return "header lines"
	}
	return ""
}
