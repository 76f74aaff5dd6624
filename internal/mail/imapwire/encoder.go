package imapwire

import (
	"io"
	"strconv"
	"sync"
	"time"
)

// writeBuffer is the size of an encoder's buffer: a few system calls for a
// large answer, small enough to stay in the processor's cache.
const writeBuffer = 64 << 10

// writeBuffers lends buffers to encoders while they hold unsent bytes.
var writeBuffers = sync.Pool{New: func() any { return new([writeBuffer]byte) }}

// Encoder collects responses and writes them in large pieces. The first error
// of the writer sticks. The zero value needs a Reset.
type Encoder struct {
	w    io.Writer
	err  error
	lent *[writeBuffer]byte
	buf  []byte // of lent; nil while nothing is unsent

	mark    int  // what stands before it in buf is not taken back
	flushed bool // something behind the mark left
	utf8    bool // the client takes UTF-8 in quoted strings
}

// SetUTF8 says whether the client takes UTF-8 in quoted strings, and with it
// in mailbox names (RFC 6855, RFC 9051). Reset turns it off.
func (e *Encoder) SetUTF8(on bool) { e.utf8 = on }

// Reset makes the encoder write to w. Unsent bytes are lost.
func (e *Encoder) Reset(w io.Writer) {
	e.release()
	*e = Encoder{w: w}
}

// Err is the writer's first error.
func (e *Encoder) Err() error { return e.err }

// Buffered is the number of unsent bytes.
func (e *Encoder) Buffered() int { return len(e.buf) }

// Flush writes what is unsent and gives the buffer back.
func (e *Encoder) Flush() error {
	e.send()
	e.release()
	return e.err
}

func (e *Encoder) send() {
	if len(e.buf) == 0 {
		return
	}
	e.flushed = true
	if e.err == nil {
		_, e.err = e.w.Write(e.buf)
	}
	e.buf, e.mark = e.buf[:0], 0
}

// sendSettled sends what stands before the mark.
func (e *Encoder) sendSettled() {
	if e.mark == 0 {
		return
	}
	if e.err == nil {
		_, e.err = e.w.Write(e.buf[:e.mark])
	}
	e.buf, e.mark = e.buf[:copy(e.buf, e.buf[e.mark:])], 0
}

func (e *Encoder) release() {
	if e.lent != nil {
		writeBuffers.Put(e.lent)
		e.lent, e.buf, e.mark = nil, nil, 0
	}
}

// room makes sure that n bytes fit, and returns false when they never will.
func (e *Encoder) room(n int) bool {
	if cap(e.buf)-len(e.buf) >= n {
		return true
	}
	if e.lent == nil {
		e.lent = writeBuffers.Get().(*[writeBuffer]byte)
		e.buf = e.lent[:0]
		return n <= writeBuffer
	}
	if e.sendSettled(); cap(e.buf)-len(e.buf) >= n {
		return true
	}
	e.send()
	return n <= cap(e.buf)
}

// Mark notes the place to which Rewind goes back. What follows stays in the
// buffer as long as there is room for it.
func (e *Encoder) Mark() { e.mark, e.flushed = len(e.buf), false }

// Rewind takes back what was written since the mark. False when some of it
// has been sent already.
func (e *Encoder) Rewind() bool {
	if e.flushed {
		return false
	}
	e.buf = e.buf[:e.mark]
	return true
}

// Raw writes s as it is: parts of the grammar that the caller knows.
func (e *Encoder) Raw(s string) {
	if e.room(len(s)) {
		e.buf = append(e.buf, s...)
		return
	}
	e.write([]byte(s))
}

// RawBytes writes p as it is: stored answers that are in wire form already.
func (e *Encoder) RawBytes(p []byte) {
	if e.room(len(p)) {
		e.buf = append(e.buf, p...)
		return
	}
	e.write(p)
}

// write passes on what is larger than the buffer, which is empty.
func (e *Encoder) write(p []byte) {
	e.flushed = true
	if e.err == nil {
		_, e.err = e.w.Write(p)
	}
}

// Byte writes one byte as it is.
func (e *Encoder) Byte(b byte) {
	if e.room(1) {
		e.buf = append(e.buf, b)
	}
}

// CRLF ends a line.
func (e *Encoder) CRLF() { e.Raw("\r\n") }

// Number writes a number.
func (e *Encoder) Number(n uint64) {
	if e.room(20) {
		e.buf = strconv.AppendUint(e.buf, n, 10)
	}
}

// String writes a quoted string or a literal.
func (e *Encoder) String(s string) {
	// Twice for the backslashes, and the header of a literal.
	if e.room(2*len(s) + 32) {
		e.buf = appendString(e.buf, s, e.utf8)
		return
	}
	e.write(appendString(nil, s, e.utf8))
}

// AString writes an atom, a quoted string or a literal.
func (e *Encoder) AString(s string) {
	if e.room(2*len(s) + 32) {
		e.buf = appendAString(e.buf, s, e.utf8)
		return
	}
	e.write(appendAString(nil, s, e.utf8))
}

// NString writes a string, or NIL when s is empty.
func (e *Encoder) NString(s string) {
	if s == "" {
		e.Raw("NIL")
		return
	}
	e.String(s)
}

// Mailbox writes a mailbox name, which is UTF-8: as it is for a client that
// takes UTF-8, else in modified UTF-7.
func (e *Encoder) Mailbox(name string) {
	if e.utf8 {
		e.AString(name)
		return
	}
	e.RawBytes(AppendMailbox(nil, name))
}

// DateTime writes a date-time in the zone of t.
func (e *Encoder) DateTime(t time.Time) {
	if e.room(32) {
		e.buf = AppendDateTime(e.buf, t)
	}
}

// Ranges writes ranges as a sequence-set.
func (e *Encoder) Ranges(ranges []Range) {
	const longest = len("4294967295:4294967295,")
	for len(ranges) > 0 {
		few := ranges[:min(len(ranges), 1024)]
		if e.room(longest * len(few)) {
			e.buf = AppendRanges(e.buf, few)
		}
		if ranges = ranges[len(few):]; len(ranges) > 0 {
			e.Byte(',')
		}
	}
}

// Text writes human-readable text, made safe.
func (e *Encoder) Text(s string) {
	if e.room(len(s)) {
		e.buf = AppendText(e.buf, s)
		return
	}
	e.write(AppendText(nil, s))
}

// Literal writes p as a literal.
func (e *Encoder) Literal(p []byte) {
	e.LiteralHeader(int64(len(p)))
	e.RawBytes(p)
}

// LiteralHeader announces a literal; n bytes must follow.
func (e *Encoder) LiteralHeader(n int64) {
	if e.room(32) {
		e.buf = AppendLiteralHeader(e.buf, n)
	}
}

// fillSlack is room beyond what Fill was asked for: a source may need a little
// more on the way than it leaves behind.
const fillSlack = 4 << 10

// Fill writes n bytes that fn appends, straight into the buffer when they fit.
// What fn appends on an error is taken back.
func (e *Encoder) Fill(n int, fn func(dst []byte) ([]byte, error)) error {
	var dst []byte
	if e.room(n + fillSlack) {
		dst = e.buf
	}
	out, err := fn(dst)
	if err != nil {
		return err
	}
	if len(out) != len(dst)+n {
		return io.ErrUnexpectedEOF
	}
	if dst != nil && cap(out) == cap(dst) {
		e.buf = out
		return nil
	}
	e.RawBytes(out[len(dst):])
	return nil
}

// CopyAt writes n bytes of r from off on, read straight into the buffer. An
// error of r is returned; what was announced may then be incomplete, so that
// the caller rewinds or closes.
func (e *Encoder) CopyAt(r io.ReaderAt, off, n int64) error {
	for n > 0 {
		// Less than this left in the buffer is not worth a read of its own.
		if !e.room(int(min(n, 4096))) {
			return e.err
		}
		free := e.buf[len(e.buf):cap(e.buf)]
		free = free[:min(int64(len(free)), n)]
		k, err := r.ReadAt(free, off)
		if k < len(free) {
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
		e.buf = e.buf[:len(e.buf)+k]
		off, n = off+int64(k), n-int64(k)
	}
	return nil
}
