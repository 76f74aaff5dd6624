package mailstore

import (
	"bytes"
	"context"
	"errors"
	"io"

	"tram/internal/mail/message"
)

// message checks the records of one message against each other and against its
// body.
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
	d, err := b.store.digest(b.ctx, &msg)
	if ctxErr := b.ctx.Err(); ctxErr != nil {
		return ctxErr
	}
	if err != nil {
		b.problem(b.id, e.UID, err, "body")
		return nil
	}
	if part := msg.differs(d); part != "" {
		b.problem(b.id, e.UID, nil, "%s is not what its body gives", part)
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
