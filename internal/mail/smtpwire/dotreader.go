package smtpwire

import (
	"bytes"
	"errors"
	"io"
)

// Source is the receiving side of a connection: a window on the bytes that
// have arrived. [DotReader] works inside that window, so that a body goes from
// the connection's buffer to its destination without another copy.
type Source interface {
	// Buffered returns the bytes that have arrived and are not consumed. They
	// stay in place until Discard or Fill.
	Buffered() []byte
	// Discard consumes the first n of them.
	Discard(n int)
	// Fill waits until more bytes have arrived. It is called only when
	// Buffered is empty. io.EOF says that there will be none.
	Fill() error
}

// Faults of a message. Each is the reply to the final dot; the sentence is for
// the postmaster of the sending side.
var (
	ErrBareCR   = NewReply(550, "5.6.0", "Message refused: it holds a CR without LF. Lines end in CR LF only; the sending program must be corrected")
	ErrBareLF   = NewReply(550, "5.6.0", "Message refused: it holds a LF without CR. Lines end in CR LF only; the sending program must be corrected")
	ErrNUL      = NewReply(550, "5.6.0", "Message refused: it holds a NUL octet. Send such content in base64 or quoted-printable")
	ErrLongLine = NewReply(550, "5.6.0", "Message refused: it holds a line that is far too long. Send such content in base64 or quoted-printable")
	ErrTooLarge = NewReply(552, "5.3.4", "Message refused: it is larger than the SIZE in the reply to EHLO")
)

// ErrNotDrained says that a refused message went on for longer than it was
// worth reading: only closing the connection is left.
var ErrNotDrained = errors.New("smtpwire: refused message does not end")

// BodyLimits are what one message may have. Zero fields mean no limit.
type BodyLimits struct {
	Size int64 // octets, without the dots that stuffing added
	Line int   // octets of a line, without CRLF
}

// DotReader reads the text that follows a 354 reply: it takes off the stuffed
// dots and ends at CR LF "." CR LF. It is an io.Reader and io.WriterTo; the
// latter hands out the source's own bytes and copies nothing.
//
// A message with a bare CR, a bare LF, a NUL, an overlong line or too many
// octets yields the matching error above at that place. The connection is
// then still inside the message: the caller calls [DotReader.Drain] before it
// replies. The zero value is unusable before Reset, and reusable after it.
type DotReader struct {
	src    Source
	limits BodyLimits
	state  dotState
	line   int    // octets of the current line so far
	size   int64  // octets handed out
	held   int    // bytes at the front of the source that were scanned
	text   []byte // the part of them that Read has still to hand out
	fault  error  // the first fault of the message
	ended  bool   // CR LF "." CR LF was seen
}

type dotState uint8

const (
	atStart   dotState = iota // of a line: after CR LF, or of the message
	afterDot                  // a dot at the start of a line
	afterDotC                 // a dot at the start of a line, then CR
	inText
	afterCR
)

// Reset makes the reader ready for one message from src.
func (d *DotReader) Reset(src Source, limits BodyLimits) {
	*d = DotReader{src: src, limits: limits}
}

// Read implements io.Reader. io.EOF means that the message is complete;
// io.ErrUnexpectedEOF that the connection ended inside it.
func (d *DotReader) Read(p []byte) (n int, err error) {
	if len(p) == 0 {
		return 0, nil
	}
	if len(d.text) == 0 {
		if d.text, err = d.next(); err != nil {
			return 0, err
		}
	}
	n = copy(p, d.text)
	d.text = d.text[n:]
	return n, nil
}

// WriteTo implements io.WriterTo.
func (d *DotReader) WriteTo(w io.Writer) (total int64, err error) {
	for {
		if len(d.text) == 0 {
			if d.text, err = d.next(); err == io.EOF {
				return total, nil
			} else if err != nil {
				return total, err
			}
		}
		n, err := w.Write(d.text)
		total += int64(n)
		d.text = d.text[n:]
		if err != nil {
			return total, err
		}
	}
}

// Size is the number of octets handed out so far.
func (d *DotReader) Size() int64 { return d.size }

// Complete reports whether the whole message was read and has no fault. Only
// then may it be acknowledged.
func (d *DotReader) Complete() bool { return d.ended && d.fault == nil && len(d.text) == 0 }

// Fault returns the fault of the message, or nil.
func (d *DotReader) Fault() error { return d.fault }

// Drain reads on to the true end of the message and drops what it reads. It
// returns nil there, so that the next byte of the source is a command again;
// ErrNotDrained after limit octets; or the error of the source.
func (d *DotReader) Drain(limit int64) error {
	d.text = nil
	for !d.ended {
		if limit < 0 {
			return ErrNotDrained
		}
		if err := d.advance(); err != nil {
			return err
		}
		limit -= int64(d.held)
	}
	d.src.Discard(d.held)
	d.held = 0
	return nil
}

// next returns a non-empty piece of the message inside the source's window.
func (d *DotReader) next() ([]byte, error) {
	for {
		switch {
		case d.fault != nil:
			return nil, d.fault
		case d.ended:
			return nil, io.EOF
		}
		if err := d.advance(); err != nil {
			return nil, err
		}
		piece := d.text
		if d.fault == nil && len(piece) > 0 {
			d.size += int64(len(piece))
			if d.limits.Size == 0 || d.size <= d.limits.Size {
				return piece, nil
			}
			d.fault = ErrTooLarge
		}
		d.text = nil
	}
}

// advance lets go of what was scanned before and scans what follows it; the
// text in it is left in d.text.
func (d *DotReader) advance() error {
	d.src.Discard(d.held)
	d.held = 0
	if len(d.src.Buffered()) == 0 {
		if err := d.src.Fill(); err == io.EOF {
			return io.ErrUnexpectedEOF
		} else if err != nil {
			return err
		}
	}
	d.held, d.text = d.scan(d.src.Buffered())
	return nil
}

// scan consumes the first n bytes of b, in which text is one piece of the
// message. It stops before a dot that must be taken out of the middle, and
// behind the end. After a fault it goes on, so that the end is found.
func (d *DotReader) scan(b []byte) (n int, text []byte) {
	start, i := 0, 0
	for i < len(b) {
		switch d.state {
		case atStart:
			d.state = inText
			if b[i] == '.' {
				d.state = afterDot
				if i > start {
					d.state = atStart
					return i, b[start:i]
				}
				i++
				start = i
			}
		case afterDot:
			d.state = inText
			if b[i] == '\r' {
				d.state = afterDotC
				i++
				start = i
			}
		case afterDotC:
			if b[i] == '\n' {
				d.ended = true
				return i + 1, nil
			}
			d.fail(ErrBareCR)
			d.state = inText
		case afterCR:
			d.state, d.line = atStart, 0
			if b[i] != '\n' {
				d.fail(ErrBareCR)
				d.state = inText
				continue
			}
			i++
		case inText:
			i += d.hop(b[i:])
		}
	}
	return i, b[start:i]
}

// hop passes over the rest of a line, with its CR LF if that is there.
func (d *DotReader) hop(b []byte) int {
	n := bytes.IndexByte(b, '\r')
	line := b
	if n >= 0 {
		line = b[:n]
	}
	if bytes.IndexByte(line, '\n') >= 0 {
		d.fail(ErrBareLF)
	}
	if bytes.IndexByte(line, 0) >= 0 {
		d.fail(ErrNUL)
	}
	if d.line += len(line); d.limits.Line > 0 && d.line > d.limits.Line {
		d.fail(ErrLongLine)
	}
	switch {
	case n < 0:
		return len(b)
	case n+1 < len(b) && b[n+1] == '\n':
		d.state, d.line = atStart, 0
		return n + 2
	}
	d.state = afterCR
	return n + 1
}

func (d *DotReader) fail(fault error) {
	if d.fault == nil {
		d.fault = fault
	}
}
