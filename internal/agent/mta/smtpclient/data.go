package smtpclient

import (
	"io"

	"tram/internal/mail/smtpwire"
)

const stepDot = "the final dot"

// data reads the reply to DATA, sends the text and reads the last reply.
func (t *transaction) data() *Failure {
	reply, err := t.c.flushAndRead("DATA", t.c.t.Data)
	switch {
	case err != nil:
		return asFailure(err)
	case reply.Code == 354 && len(t.accepted) == 0:
		return t.nothing()
	case reply.Code == 354:
		return t.dotted()
	case len(t.accepted) == 0:
		return nil
	case reply.Permanent() || reply.Temporary():
		t.conclude(reply)
		return nil
	}
	return t.c.fail("DATA", "4.5.0", smtpwire.ErrBadReply)
}

// nothing ends a DATA that was pipelined behind recipients none of which was
// taken (RFC 2920 3.1).
func (t *transaction) nothing() *Failure {
	t.c.w.WriteString(".\r\n")
	if _, err := t.c.flushAndRead(stepDot, t.c.t.Final); err != nil {
		t.c.broken = true // all recipients have their replies already
	}
	return nil
}

// dotted sends the message and its final dot.
func (t *transaction) dotted() *Failure {
	dots := smtpwire.NewDotWriter(t.c.w)
	if err := t.write(dots); err != nil {
		return t.interrupted(err)
	}
	// Up to here the host cannot take the text for a message. What is flushed
	// now holds the final dot: from here on nobody knows without a reply.
	if err := dots.Close(); err != nil {
		return t.interrupted(err)
	}
	return t.finish(stepDot)
}

// write writes the text to w, converted when it has to be.
func (t *transaction) write(w io.Writer) error {
	if t.converted != nil {
		_, err := t.converted.WriteTo(w)
		return err
	}
	if t.c.copying == nil {
		t.c.copying = make([]byte, writeBuffer)
	}
	for off := int64(0); off < t.m.Size; {
		n, err := t.source.ReadAt(t.c.copying[:min(int64(writeBuffer), t.m.Size-off)], off)
		if n == 0 && err != nil {
			return t.cutShort(err)
		}
		off += int64(n)
		if _, err := w.Write(t.c.copying[:n]); err != nil {
			return err
		}
	}
	return nil
}

// cutShort is the error of a text that ends before its size.
func (t *transaction) cutShort(err error) error {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	t.source.err = err
	return err
}

// interrupted ends a text that could not be sent to its end. The connection is
// cut without a final dot, so the host cannot take the part for the whole.
func (t *transaction) interrupted(err error) *Failure {
	if t.source.err != nil {
		t.c.broken = true
		return t.unreadable(t.source.err)
	}
	// A host that closes in the middle of the text has often said why.
	if reply, readErr := t.c.read("the text", t.c.t.Quit); readErr == nil && (reply.Permanent() || reply.Temporary()) {
		t.conclude(reply)
		t.c.broken = true
		return nil
	}
	return t.c.fail("the text", "4.4.2", err)
}
