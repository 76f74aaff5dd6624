package mta

import (
	"context"
	"errors"
	"fmt"

	"tram/internal/mail/message"
	"tram/internal/mail/smtpwire"
	"tram/internal/storage/blob"
)

// maxTextLine is the longest line, in octets without its end, of what is sent
// on as text (RFC 5321 4.5.3.1.6).
const maxTextLine = 998

// textWatch finds out whether a binary message is text all the same.
type textWatch struct {
	odd  bool // a NUL, a CR or LF alone, or a line that is too long
	cr   bool // the last octet was a CR
	line int  // octets of the line at hand
}

func (w *textWatch) write(p []byte) {
	for _, c := range p {
		if w.line++; c == '\r' || c == '\n' {
			w.line = 0
		}
		w.odd = w.odd || c == 0 || w.cr != (c == '\n') || w.line > maxTextLine
		w.cr = c == '\r'
	}
}

// isText tells it at the end of the message, which has to be that of a line.
func (w *textWatch) isText() bool { return !w.odd && !w.cr && w.line == 0 }

// asText stores a binary message (BODY=BINARYMIME) once more, its parts in
// base64 and quoted-printable (RFC 3030 3), and returns where it is. From here
// on there is nothing but text: a mailbox is read over POP3 and IMAP, a report
// returns the message, a file ends its lines in LF, and none of these can hold
// a NUL or a CR of its own. The first body belongs to nobody and is collected.
func (in *Intake) asText(ctx context.Context, w blob.Writer, s *sink) (blob.Writer, *sink, error) {
	id, err := w.Commit(ctx)
	if err != nil {
		return w, s, storeError(err)
	}
	body, err := in.o.Blobs.Open(ctx, id)
	if err != nil {
		return w, s, fmt.Errorf("read a binary message: %w", err)
	}
	defer body.Close()
	text, err := message.NewDowngrade(body, body.Size())
	if err != nil {
		return w, s, conversionError(err)
	}
	out, err := in.o.Blobs.Create(ctx)
	if err != nil {
		return w, s, fmt.Errorf("store the message: %w", err)
	}
	encoded := &sink{blob: out, digest: message.NewScanner(), watch: new(textWatch)}
	_, err = text.WriteTo(encoded)
	if err == nil && encoded.watch.line != 0 {
		_, err = encoded.Write([]byte("\r\n"))
	}
	if err != nil {
		out.Abort()
		encoded.digest.Reset()
		if encoded.err != nil {
			err = encoded.err
		}
		return w, s, storeError(err)
	}
	return out, encoded, nil
}

// conversionError is the reply when a message cannot be encoded (RFC 3463 3.7).
func conversionError(err error) error {
	var why *message.ConversionError
	if errors.As(err, &why) {
		return smtpwire.NewReply(554, "5.6.3", "The message is not text and cannot be encoded: "+why.Why)
	}
	return fmt.Errorf("encode a binary message: %w", err)
}
