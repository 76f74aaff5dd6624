package imap

import (
	"errors"
	"io"
	"slices"

	"tram/internal/mail/message"
	"tram/internal/mailstore"
)

// smallBody is the size up to which a whole message is read straight into the
// encoder's buffer in one go.
const smallBody = 56 << 10

// maxHeaderRead is how much of a header is filtered for HEADER.FIELDS.
const maxHeaderRead = 1 << 20

// lazyBody opens the bytes of a message when an item needs them.
type lazyBody struct {
	s    *session
	msg  *mailstore.Message
	uid  mailstore.UID
	body *mailstore.Body

	sizes map[string]int64 // BINARY.SIZE of parts, by the item's label
}

func (b *lazyBody) open() (*mailstore.Body, error) {
	if b.body != nil {
		return b.body, nil
	}
	var err error
	b.body, err = b.s.mail.Body(b.s.ctx, b.msg)
	return b.body, err
}

func (b *lazyBody) close() {
	if b.body != nil {
		b.body.Close()
	}
}

// section writes BODY[…] and the literal with its bytes.
func (w *fetchWriter) section(item *fetchItem, m *mailstore.Message, body *lazyBody) error {
	w.enc.Raw(item.label)
	sec := &item.section
	if sec.what == partFields || sec.what == partFieldsNot {
		return w.headerFields(sec, m, body)
	}
	from, to, err := sec.locate(m)
	if errors.Is(err, errNoPart) {
		w.enc.Raw("NIL")
		return nil
	}
	if err != nil {
		return err
	}
	whole := to - from
	from, to = sec.clip(from, to)
	if from == to {
		w.enc.LiteralHeader(0)
		return nil
	}
	if from == 0 && whole == m.Size && to == m.Size && m.Size <= smallBody {
		w.enc.LiteralHeader(m.Size)
		return w.enc.Fill(int(m.Size), func(dst []byte) ([]byte, error) {
			return w.s.mail.AppendBody(w.s.ctx, dst, m)
		})
	}
	r, err := body.open()
	if err != nil {
		return err
	}
	return w.sendRange(m.Blob, r, from, to-from)
}

// errNoPart says that a message has no such part. The client reads NIL, the
// absence of a body part (RFC 9051 4.5; Cyrus too, Dovecot gives an empty string).
var errNoPart = errors.New("imap: no such part")

// locate finds the bytes of a section in the message: its own lines and the
// body behind them.
func (sec *section) locate(m *mailstore.Message) (from, to int64, err error) {
	if len(sec.path) == 0 {
		switch sec.what {
		case partHeader, partFields, partFieldsNot:
			return 0, m.HeaderSize, nil
		case partText:
			return m.HeaderSize, m.Size, nil
		}
		return 0, m.Size, nil
	}
	table, err := message.Parts(m.Parts)
	if err != nil {
		return 0, 0, err
	}
	own := int64(len(m.Own))
	switch sec.what {
	case partWhole, partMIME:
		p, ok := table.Find(sec.path)
		if !ok {
			return 0, 0, errNoPart
		}
		if sec.what == partMIME {
			return own + p.HeaderStart, own + p.BodyStart, nil
		}
		return own + p.BodyStart, own + p.BodyEnd, nil
	}
	// HEADER and TEXT are those of a message/rfc822 part only.
	p, ok := table.Message(sec.path)
	switch {
	case !ok:
		return 0, 0, errNoPart
	case sec.what == partText:
		return own + p.BodyStart, own + p.BodyEnd, nil
	}
	return own + p.HeaderStart, own + p.BodyStart, nil
}

// headerFields writes the lines of a header that are asked for.
func (w *fetchWriter) headerFields(sec *section, m *mailstore.Message, body *lazyBody) error {
	var err error
	if sec.cached() && m.Header != nil {
		w.scratch = sec.fields.Append(w.scratch[:0], m.Header)
	} else if w.scratch, err = w.filterHeader(sec, m, body); errors.Is(err, errNoPart) {
		w.enc.Raw("NIL")
		return nil
	} else if err != nil {
		return err
	}
	from, to := sec.clip(0, int64(len(w.scratch)))
	w.enc.Literal(w.scratch[from:to])
	return nil
}

// filterHeader reads the header of the message or part and filters it.
func (w *fetchWriter) filterHeader(sec *section, m *mailstore.Message, body *lazyBody) ([]byte, error) {
	if m.Size == 0 {
		if err := w.s.loadMeta(m); err != nil {
			return nil, err
		}
	}
	from, to, err := sec.locate(m)
	if err != nil {
		return nil, err
	}
	if from == to {
		return w.scratch[:0], nil
	}
	r, err := body.open()
	if err != nil {
		return nil, err
	}
	raw := make([]byte, min(to-from, maxHeaderRead))
	if _, err := r.ReadAt(raw, from); err != nil && err != io.EOF {
		return nil, err
	}
	if sec.what == partFieldsNot {
		return sec.fields.AppendNot(w.scratch[:0], raw), nil
	}
	return sec.fields.Append(w.scratch[:0], raw), nil
}

// loadMeta reads what WantMeta asks for, for a message that was read without:
// one whose header lines were thought to be kept, and are not.
func (s *session) loadMeta(m *mailstore.Message) error { return s.loadMetaIn(s.sel.target(), m) }

// loadMetaIn is loadMeta for a message of any mailbox.
func (s *session) loadMetaIn(t *target, m *mailstore.Message) error {
	if m.Size > 0 {
		return nil
	}
	header := m.Header
	err := s.mail.Messages(s.ctx, t.account, t.id, mailstore.UIDs(m.UID), mailstore.WantMeta,
		func(meta *mailstore.Message) error {
			*m = *meta
			m.Own = slices.Clone(meta.Own)
			m.Header = header
			return nil
		})
	if err == nil && m.Size == 0 {
		err = mailstore.ErrNoMessage
	}
	return err
}
