package imapwire

import (
	"bytes"
	"errors"
	"io"
	"unsafe"
)

// readBuffer is the size of the buffer a Decoder reads into: room for several
// pipelined commands, little enough for a client that stops in the middle.
const readBuffer = 16 << 10

// MaxDrain is how many bytes after a faulty command are skipped in search of
// the next one. A client that sends more is cut off.
const MaxDrain = 64 << 20

// Limits are the budgets of one command.
type Limits struct {
	Line     int   // bytes outside of literals
	Literal  int64 // bytes of one literal that is read into memory
	Literals int64 // bytes of all of them
	Depth    int   // nested parentheses
	Tokens   int   // atoms, strings and numbers
}

// Source is the client's side of a connection.
type Source interface {
	io.Reader
	// Continue sends the command continuation request that a client waits for
	// before it sends a literal (RFC 3501 7.5).
	Continue() error
}

// Decoder reads commands. The zero value needs a Reset.
type Decoder struct {
	src    Source
	limits Limits
	err    error

	buf  []byte
	r, w int
	tok  []byte // of an atom or string that crosses the buffer's end

	// What the command has used of its budgets.
	line     int
	literals int64
	tokens   int
	depth    int

	utf8    bool    // the client speaks UTF-8
	ended   bool    // the line's end was read
	cut     bool    // the line was too long: what was read of it ends anywhere
	literal Literal // the streamed literal that is open, if any
}

// Reset begins a connection, or goes on with one: bytes are what was read from
// src already, at most 16 KiB.
func (d *Decoder) Reset(src Source, l Limits, read []byte) {
	if d.buf == nil {
		d.buf = make([]byte, readBuffer)
	}
	*d = Decoder{src: src, limits: l, buf: d.buf, tok: d.tok[:0]}
	d.w = copy(d.buf, read)
}

// Buffered is the number of bytes that were read from the source but not yet
// decoded.
func (d *Decoder) Buffered() int { return d.w - d.r }

// DropBuffered forgets what the client sent ahead. STARTTLS calls for it
// (RFC 3501 6.2.1: nothing received in the clear may be acted on later).
func (d *Decoder) DropBuffered() { d.r, d.w = 0, 0 }

// TakeBuffered is DropBuffered for someone who reads on behind the decoder's
// back. The bytes are valid until the next read.
func (d *Decoder) TakeBuffered() []byte {
	rest := d.buf[d.r:d.w]
	d.DropBuffered()
	return rest
}

// SetUTF8 says whether the client speaks UTF-8 in quoted strings and mailbox
// names (RFC 6855 3, RFC 9051 5.1). Reset turns it off.
func (d *Decoder) SetUTF8(on bool) { d.utf8 = on }

// SetLimits changes the budgets from the next command on.
func (d *Decoder) SetLimits(l Limits) { d.limits = l }

// Begin starts the next command with fresh budgets.
func (d *Decoder) Begin() {
	d.err = nil
	d.line, d.literals, d.tokens, d.depth = 0, 0, 0, 0
	d.ended, d.cut = false, false
	d.literal = Literal{}
}

// Err is the first error of the command: an [*Error] when the client is to
// blame, else one of the source.
func (d *Decoder) Err() error { return d.err }

// Fail notes a fault that the caller found in what it read, and returns false.
func (d *Decoder) Fail(text string) bool {
	if d.err == nil {
		d.err = syntaxError(text)
	}
	return false
}

// fill reads more bytes; on false d.err says why.
func (d *Decoder) fill() bool {
	if d.err != nil {
		return false
	}
	if d.r == d.w {
		d.r, d.w = 0, 0
	}
	if d.w == len(d.buf) {
		d.w = copy(d.buf, d.buf[d.r:d.w])
		d.r = 0
	}
	n, err := d.src.Read(d.buf[d.w:])
	d.w += n
	if n > 0 {
		return true
	}
	switch {
	case err == nil:
		err = io.ErrNoProgress
	case errors.Is(err, io.EOF) && d.line > 0:
		err = io.ErrUnexpectedEOF
	}
	d.err = err
	return false
}

// peek looks at the next byte.
func (d *Decoder) peek() (byte, bool) {
	if d.err != nil || d.ended {
		return 0, false
	}
	if d.r == d.w && !d.fill() {
		return 0, false
	}
	return d.buf[d.r], true
}

// advance consumes n buffered bytes of the line, and of one that is too long as
// many as show it.
func (d *Decoder) advance(n int) bool {
	room := d.limits.Line - d.line
	d.cut = n > room
	if d.cut {
		n = room + 1
	}
	d.r += n
	d.line += n
	return !d.cut || d.Fail("Command line too long")
}

// countToken takes one token from the budget.
func (d *Decoder) countToken() bool {
	d.tokens++
	if d.tokens > d.limits.Tokens {
		return d.Fail("Too many arguments")
	}
	return true
}

// span reads the longest run of bytes that have one of the given classes. The
// result is valid until the next read. False on an error.
func (d *Decoder) span(class uint16) ([]byte, bool) {
	if _, ok := d.peek(); !ok {
		return nil, d.err == nil
	}
	n := runLength(d.buf[d.r:d.w], class)
	run := d.buf[d.r : d.r+n]
	ok := d.advance(n)
	if !ok || d.r < d.w {
		return run, ok
	}
	// The run may go on in the next read, which overwrites the buffer.
	d.tok = append(d.tok[:0], run...)
	for d.r == d.w {
		if !d.fill() {
			return nil, false
		}
		n = runLength(d.buf[d.r:d.w], class)
		d.tok = append(d.tok, d.buf[d.r:d.r+n]...)
		if !d.advance(n) {
			return nil, false
		}
	}
	return d.tok, true
}

func runLength(p []byte, class uint16) int {
	for i, c := range p {
		if classes[c]&class == 0 {
			return i
		}
	}
	return len(p)
}

// Discard skips the rest of a command, with the literals in it, so that the
// next one can be read. It clears a Syntax or TooBig error. On false the
// connection has to be closed; Err says why.
func (d *Decoder) Discard() bool {
	var own *Error
	if d.err != nil && (!errors.As(d.err, &own) || own.Kind == Fatal) {
		return false
	}
	d.err = nil
	budget := int64(MaxDrain)
	if d.literal.open {
		if !d.literal.accepted && !d.literal.NonSync {
			return true // the client waits and will not send it
		}
		d.ended = false
		if !d.drain(d.literal.left, &budget) {
			return false
		}
		d.literal = Literal{}
	}
	for !d.ended {
		n, more := d.drainLine(&budget)
		if d.err != nil {
			return false
		}
		if !more {
			return true
		}
		if !d.drain(n, &budget) {
			return false
		}
	}
	return true
}

// drain skips n bytes.
func (d *Decoder) drain(n int64, budget *int64) bool {
	if *budget -= n; *budget < 0 {
		d.err = &Error{Kind: Fatal, Text: "Command too large"}
		return false
	}
	for n > 0 {
		if d.r == d.w && !d.fill() {
			return false
		}
		k := min(n, int64(d.w-d.r))
		d.r += int(k)
		n -= k
	}
	return true
}

// maxLiteralHeader is the longest end of a line that announces a literal:
// ~{18446744073709551615+} and CR LF.
const maxLiteralHeader = 26

// drainLine skips to the end of the line. When that announces a literal which
// the client sends unasked, more is true and n its size.
func (d *Decoder) drainLine(budget *int64) (n int64, more bool) {
	var tail []byte
	for {
		if d.r == d.w && !d.fill() {
			return 0, false
		}
		window := d.buf[d.r:d.w]
		end := bytes.IndexByte(window, '\n')
		if end >= 0 {
			window = window[:end+1]
		}
		if *budget -= int64(len(window)); *budget < 0 {
			d.err = &Error{Kind: Fatal, Text: "Command too large"}
			return 0, false
		}
		tail = keepTail(tail, window)
		d.r += len(window)
		if end >= 0 {
			return nonSyncSize(tail, d.cut)
		}
	}
}

// keepTail returns the last bytes of tail followed by p.
func keepTail(tail, p []byte) []byte {
	if len(p) >= maxLiteralHeader {
		return append(tail[:0], p[len(p)-maxLiteralHeader:]...)
	}
	tail = append(tail, p...)
	if over := len(tail) - maxLiteralHeader; over > 0 {
		tail = tail[:copy(tail, tail[over:])]
	}
	return tail
}

// nonSyncSize finds the {123+} at the end of a line, of which the last bytes
// are given. When they, or what is left of a line that was cut, begin within it,
// nobody knows the size: it counts as too large, for its bytes must not be taken
// for commands.
func nonSyncSize(line []byte, cut bool) (int64, bool) {
	whole := len(line) < maxLiteralHeader && !cut
	line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
	if cut && len(bytes.Trim(bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("}")), []byte("+")), "0123456789")) == 0 {
		return maxLiteralSize, true
	}
	line, ok := bytes.CutSuffix(line, []byte("+}"))
	if !ok {
		return 0, false
	}
	open := bytes.LastIndexByte(line, '{')
	if open+1 == len(line) || open < 0 && whole {
		return 0, false
	}
	var n int64
	for _, c := range line[open+1:] {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = min(n*10+int64(c-'0'), maxLiteralSize)
	}
	if open < 0 {
		return maxLiteralSize, true
	}
	return n, true
}

// view is the string of bytes that live only until the next read. For
// comparisons and lookups that keep nothing.
func view(p []byte) string { return unsafe.String(unsafe.SliceData(p), len(p)) }
