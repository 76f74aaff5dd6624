package mailstore

import (
	"bytes"
	"context"
	"errors"
	"io"

	"tram/internal/mail/message"
)

// text gives the builder what SEARCH sees of a message.
func (w *indexWork) text(ctx context.Context, m *Message) error {
	table, err := message.Parts(m.Parts)
	if err != nil {
		return err
	}
	for f := range message.Fields(m.Own) {
		w.decoded = message.AppendDecoded(w.decoded[:0], f.Line)
		w.builder.Write(HeaderText, w.decoded)
		w.builder.Write(HeaderText, nil)
	}
	r, done, err := w.open(ctx, m)
	if err != nil {
		return err
	}
	defer done()
	if err := checkFields(r, m.HeaderSize); err != nil {
		return err
	}
	own := int64(len(m.Own))
	size, full, had := 0, false, w.builder.Size()
	err = message.SortedText(io.NewSectionReader(r, own, m.Size-own), table, func(body bool, chunk []byte) bool {
		scope := HeaderText
		if body {
			scope = BodyText
		}
		w.builder.Write(scope, chunk)
		size += len(chunk)
		full = size > indexText || w.builder.Size()-had > indexTerms
		return !full && ctx.Err() == nil
	})
	if err == nil && full {
		err = errTooMuchText
	}
	return err
}

// errTooMuchText says that an index of a message would be too large.
var errTooMuchText = errors.New("mailstore: too much text for the index")

// open gives the bytes of a message.
func (w *indexWork) open(ctx context.Context, m *Message) (r io.ReaderAt, done func(), err error) {
	if m.Size <= indexWhole {
		if w.body, err = w.s.AppendBody(ctx, w.body[:0], m); err != nil {
			return nil, nil, err
		}
		return bytes.NewReader(w.body), func() {}, nil
	}
	body, err := w.s.Body(ctx, m)
	if err != nil {
		return nil, nil, err
	}
	return body, func() { body.Close() }, nil
}

// errLongField says that a header field is so long that a search for TEXT sees
// it in another form than a search for the field.
var errLongField = errors.New("mailstore: header field too long for the index")

// checkFields looks for header fields of message.MaxTextField octets or more.
func checkFields(r io.ReaderAt, header int64) error {
	if header < message.MaxTextField {
		return nil
	}
	if header > indexWhole {
		return errLongField // or many short ones; nobody needs them fast
	}
	p := make([]byte, header)
	if n, err := r.ReadAt(p, 0); n < len(p) {
		return err
	}
	for f := range message.Fields(p) {
		if len(f.Line) >= message.MaxTextField {
			return errLongField
		}
	}
	return nil
}
