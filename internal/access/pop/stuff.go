package pop

import (
	"bytes"
	"io"
)

// stuffer writes a message with its dots doubled at line starts (RFC 1939 3),
// and no more than the asked number of body lines. Messages are stored with
// CRLF line ends, so only "\n." needs a look.
type stuffer struct {
	w    io.Writer
	body int // lines of the body still to send; negative: all

	begun   bool // something was written
	newline bool // the last byte written ended a line
	inBody  bool
	text    bool // the current line holds something besides CR
	done    bool // the asked lines are out
}

// Write is write as an [io.Writer]; io.EOF ends a copy early.
func (s *stuffer) Write(b []byte) (int, error) {
	s.write(b)
	if s.done {
		return len(b), io.EOF
	}
	return len(b), nil
}

var (
	newlineDot = []byte("\n.")
	newline    = newlineDot[:1]
	dot        = newlineDot[1:]
	crlf       = []byte("\r\n")
	endOfText  = []byte(".\r\n")
)

// put writes on. The connection remembers its first error, and the session sees
// it at the next Flush.
func (s *stuffer) put(b []byte) { _, _ = s.w.Write(b) }

func (s *stuffer) write(b []byte) {
	if s.body >= 0 {
		b = s.cut(b)
	}
	if len(b) == 0 {
		return
	}
	if b[0] == '.' && (!s.begun || s.newline) {
		s.put(dot)
	}
	s.begun = true
	s.newline = b[len(b)-1] == '\n'
	for {
		i := bytes.Index(b, newlineDot)
		if i < 0 {
			s.put(b)
			return
		}
		s.put(b[:i+2])
		s.put(dot)
		b = b[i+2:]
	}
}

// cut returns the part of b that lies within the asked number of body lines.
func (s *stuffer) cut(b []byte) []byte {
	for i := 0; i < len(b); {
		if s.inBody && s.body == 0 {
			s.done = true
			return b[:i]
		}
		line, _, ended := bytes.Cut(b[i:], newline)
		i += len(line)
		s.text = s.text || len(bytes.Trim(line, "\r")) > 0
		if !ended {
			return b
		}
		i++
		switch {
		case s.inBody:
			s.body--
		case !s.text:
			s.inBody = true // the empty line ends the header
		}
		s.text = false
	}
	return b
}

// end closes the last line, when the message did not, and the reply.
func (s *stuffer) end() {
	if s.begun && !s.newline {
		s.put(crlf)
	}
	s.put(endOfText)
}
