package smtpwire

import (
	"bytes"
	"errors"
)

// Faults of a message. Each is the reply to its end; the sentence is for
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

// lineCheck is the one judge of line ends, NUL and line lengths for what comes
// in, by DATA ([DotReader]) and by BDAT ([ChunkReader]) alike.
type lineCheck struct {
	max   int   // octets of a line; 0 for no limit
	line  int   // octets of the current line so far
	fault error // the first fault of the message
}

// lineEnd is how far a hop came.
type lineEnd uint8

const (
	lineGoesOn lineEnd = iota // the line continues behind the bytes
	lineHasCR                 // they end, or go on, behind a CR: ask closes about the next byte
	lineEnded                 // CR LF
)

// hop passes over the rest of a line, with its CR LF if that is there. It
// returns how many bytes that are.
func (c *lineCheck) hop(b []byte) (int, lineEnd) {
	n := bytes.IndexByte(b, '\r')
	line := b
	if n >= 0 {
		line = b[:n]
	}
	if bytes.IndexByte(line, '\n') >= 0 {
		c.fail(ErrBareLF)
	}
	if bytes.IndexByte(line, 0) >= 0 {
		c.fail(ErrNUL)
	}
	if c.line += len(line); c.max > 0 && c.line > c.max {
		c.fail(ErrLongLine)
	}
	switch {
	case n < 0:
		return len(b), lineGoesOn
	case n+1 < len(b) && b[n+1] == '\n':
		c.line = 0
		return n + 2, lineEnded
	}
	return n + 1, lineHasCR
}

// closes tells whether next, the byte behind a CR, ends the line. If not, the
// CR was a fault and next belongs to the line.
func (c *lineCheck) closes(next byte) bool {
	c.line = 0
	if next != '\n' {
		c.fail(ErrBareCR)
	}
	return next == '\n'
}

func (c *lineCheck) fail(fault error) {
	if c.fault == nil {
		c.fault = fault
	}
}
