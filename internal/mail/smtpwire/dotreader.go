package smtpwire

import "io"

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

// DotReader reads the text that follows a 354 reply: it takes off the stuffed
// dots and ends at CR LF "." CR LF. It is an io.Reader and io.WriterTo; the
// latter hands out the source's own bytes and copies nothing.
//
// A message with a bare CR, a bare LF, a NUL, an overlong line or too many
// octets yields the matching error above at that place. The connection is
// then still inside the message: the caller calls [DotReader.Drain] before it
// replies. The zero value is unusable before Reset, and reusable after it.
type DotReader struct {
	src   Source
	lines lineCheck
	state dotState
	limit int64  // of size; 0 for none
	size  int64  // octets handed out
	held  int    // bytes at the front of the source that were scanned
	text  []byte // the part of them that Read has still to hand out
	ended bool   // CR LF "." CR LF was seen
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
	*d = DotReader{src: src, lines: lineCheck{max: limits.Line}, limit: limits.Size}
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
func (d *DotReader) Complete() bool { return d.ended && d.lines.fault == nil && len(d.text) == 0 }

// Fault returns the fault of the message, or nil.
func (d *DotReader) Fault() error { return d.lines.fault }

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
		case d.lines.fault != nil:
			return nil, d.lines.fault
		case d.ended:
			return nil, io.EOF
		}
		if err := d.advance(); err != nil {
			return nil, err
		}
		piece := d.text
		if d.lines.fault == nil && len(piece) > 0 {
			d.size += int64(len(piece))
			if d.limit == 0 || d.size <= d.limit {
				return piece, nil
			}
			d.lines.fail(ErrTooLarge)
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
			d.lines.fail(ErrBareCR)
			d.state = inText
		case afterCR:
			d.state = inText
			if d.lines.closes(b[i]) {
				d.state = atStart
				i++
			}
		case inText:
			n, end := d.lines.hop(b[i:])
			d.state = stateBehind[end]
			i += n
		}
	}
	return i, b[start:i]
}

// stateBehind is where the reader stands after a hop.
var stateBehind = [...]dotState{lineGoesOn: inText, lineHasCR: afterCR, lineEnded: atStart}
