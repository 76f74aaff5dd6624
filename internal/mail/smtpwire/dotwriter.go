package smtpwire

import (
	"bytes"
	"io"
)

// DotWriter writes a message as the text of DATA (RFC 5321 4.5.2), also as
// POP3 and ManageSieve send text. What it sends is canonical whatever it is
// given: NUL is left out, a bare CR or a bare LF becomes CR LF, and only then
// are dots stuffed. Writes go to w as they come, in pieces; w should be
// buffered. The zero value is ready after Reset.
type DotWriter struct {
	w       io.Writer
	state   writeState
	counted bool // no dots; see LineWriter
}

type writeState uint8

const (
	lineStart writeState = iota
	midLine
	pendingCR // a CR was seen and not yet sent
)

var (
	crlf    = []byte("\r\n")
	dot     = []byte(".")
	lastDot = []byte(".\r\n")
)

// NewDotWriter returns a writer of one message to w.
func NewDotWriter(w io.Writer) *DotWriter { return &DotWriter{w: w} }

// Reset makes the writer ready for another message.
func (d *DotWriter) Reset(w io.Writer) { *d = DotWriter{w: w} }

// Write implements io.Writer. An error is the error of the writer below; the
// message is then lost and Close must not be called.
func (d *DotWriter) Write(p []byte) (int, error) {
	for i := 0; i < len(p); {
		n, err := d.step(p[i:])
		if err != nil {
			return i, err
		}
		i += n
	}
	return len(p), nil
}

// Close ends the last line if it has no end, and the message. It does not
// close or flush the writer below.
func (d *DotWriter) Close() error {
	if d.state != lineStart {
		if err := d.endLine(); err != nil {
			return err
		}
	}
	_, err := d.w.Write(lastDot)
	return err
}

// step writes the start of p, which is not empty, and says how much it took.
func (d *DotWriter) step(p []byte) (int, error) {
	switch {
	case p[0] == 0:
		return 1, nil
	case d.state == pendingCR:
		n := 0
		if p[0] == '\n' {
			n = 1
		}
		return n, d.endLine()
	case p[0] == '\r':
		d.state = pendingCR
		return 1, nil
	case p[0] == '\n':
		return 1, d.endLine()
	case d.state == lineStart && p[0] == '.' && !d.counted:
		d.state = midLine
		_, err := d.w.Write(dot)
		return 0, err
	}
	d.state = midLine
	n := d.canonical(p)
	_, err := d.w.Write(p[:n])
	return n, err
}

// window bounds the search for a CR, so that text without one costs no more
// than its length however often a step is cut short by a LF or NUL.
const window = 1024

// canonical returns how much of p, which begins with an ordinary character,
// can be sent as it is: text and whole lines without NUL or bare line ends, up
// to a line that starts with a dot. The state is that of the end of that part.
func (d *DotWriter) canonical(p []byte) int {
	i := 0
	for i < len(p) {
		text := p[i:min(i+window, len(p))]
		if cr := bytes.IndexByte(text, '\r'); cr >= 0 {
			text = text[:cr]
		}
		if bad := indexLFOrNUL(text); bad >= 0 {
			text = text[:bad]
		}
		if len(text) > 0 {
			d.state = midLine
			i += len(text)
			continue
		}
		if i+1 >= len(p) || p[i] != '\r' || p[i+1] != '\n' {
			return i
		}
		i += len(crlf)
		d.state = lineStart
		if i < len(p) && p[i] == '.' && !d.counted {
			return i
		}
	}
	return i
}

func indexLFOrNUL(b []byte) int {
	i := bytes.IndexByte(b, '\n')
	if i >= 0 {
		b = b[:i]
	}
	if j := bytes.IndexByte(b, 0); j >= 0 {
		return j
	}
	return i
}

func (d *DotWriter) endLine() error {
	d.state = lineStart
	_, err := d.w.Write(crlf)
	return err
}

// NewLineWriter returns a writer that sends canonical text as a [DotWriter]
// does, but counted (BDAT, RFC 3030) and not ended by a dot: dots are not
// stuffed, and Close only ends the last line.
func NewLineWriter(w io.Writer) *LineWriter {
	return &LineWriter{DotWriter{w: w, counted: true}}
}

// LineWriter writes canonical text; see NewLineWriter.
type LineWriter struct{ dots DotWriter }

// Write implements io.Writer.
func (l *LineWriter) Write(p []byte) (int, error) { return l.dots.Write(p) }

// Close ends the last line if it has no end.
func (l *LineWriter) Close() error {
	if l.dots.state == lineStart {
		return nil
	}
	return l.dots.endLine()
}
