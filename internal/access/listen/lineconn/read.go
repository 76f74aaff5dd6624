package lineconn

import (
	"bytes"
	"errors"
	"io"
	"os"
	"time"
)

// slack is by how much a deadline may be early, as a part of the timeout, so
// that not every read has to set one: 1/8.
const slack = 8

// Buffered returns the bytes that have arrived and are not consumed. They stay
// in place until the next Fill, ReadLine or Read.
func (c *Conn) Buffered() []byte { return c.in[c.pos:] }

// Discard consumes the first n buffered bytes.
func (c *Conn) Discard(n int) { c.pos += n }

// Fill sends what was written, then waits for more bytes. The error is io.EOF
// when the peer has closed its side, os.ErrDeadlineExceeded after Timeout, or
// another error of the connection. Wake does not end it.
func (c *Conn) Fill() error {
	if err := c.Flush(); err != nil {
		return err
	}
	return c.fill(c.latest(time.Now()), false)
}

// Read implements io.Reader on top of Fill.
func (c *Conn) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if len(c.Buffered()) == 0 {
		if err := c.Fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, c.Buffered())
	c.Discard(n)
	return n, nil
}

// ReadLine returns the next line with its end, which is a LF; whether a CR
// stands before it is for the protocol to judge. max counts the end too and is
// at most BufferSize. The line is valid until the next call that reads.
//
// Errors: ErrLineTooLong, ErrEndlessLine, ErrWoken, io.EOF at the start of a
// line, io.ErrUnexpectedEOF inside one, os.ErrDeadlineExceeded, and others of
// the connection. When a write has failed its error is returned, even if lines
// have arrived: what they ask for could not be answered.
func (c *Conn) ReadLine(max int) ([]byte, error) {
	if c.writeErr != nil {
		return nil, c.writeErr
	}
	var due time.Time
	for seen := 0; ; {
		b := c.Buffered()
		if i := bytes.IndexByte(b[seen:], '\n'); i >= 0 {
			line := b[:seen+i+1]
			c.Discard(len(line))
			if len(line) > max {
				return nil, ErrLineTooLong
			}
			return line, nil
		}
		if seen = len(b); seen > max {
			return nil, c.skipLine()
		}
		if due.IsZero() {
			if err := c.Flush(); err != nil {
				return nil, err
			}
			due = c.latest(time.Now())
		}
		if err := c.fill(due, seen == 0); err == io.EOF && seen > 0 {
			return nil, io.ErrUnexpectedEOF
		} else if err != nil {
			return nil, err
		}
	}
}

// skipLine reads away the rest of a line without keeping it.
func (c *Conn) skipLine() error {
	due := c.latest(time.Now())
	for skipped := 0; skipped < maxSkip; {
		b := c.Buffered()
		if i := bytes.IndexByte(b, '\n'); i >= 0 {
			c.Discard(i + 1)
			return ErrLineTooLong
		}
		skipped += len(b)
		c.Discard(len(b))
		if err := c.fill(due, false); err == io.EOF {
			return io.ErrUnexpectedEOF
		} else if err != nil {
			return err
		}
	}
	return ErrEndlessLine
}

// latest is the deadline of a wait that begins now.
func (c *Conn) latest(now time.Time) time.Time {
	due := now.Add(c.timeout)
	if !c.until.IsZero() && c.until.Before(due) {
		return c.until
	}
	return due
}

// fill waits until due for at least one more byte. If wakeable, Wake ends the
// wait; if not, the wake stays pending for a wait that is.
func (c *Conn) fill(due time.Time, wakeable bool) error {
	for {
		// The deadline is set before the flag is read: Wake does it the other
		// way round, so one of the two notices the other.
		c.armRead(due)
		if wakeable && c.woken.CompareAndSwap(true, false) {
			c.deadline = time.Time{} // Wake may still be about to change it
			return ErrWoken
		}
		n, err := c.receive()
		c.received += int64(n)
		if n > 0 {
			return nil
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
		if !time.Now().Before(c.deadline) {
			return err
		}
		c.deadline = time.Time{} // it was Wake's deadline, not ours
	}
}

// armRead sets the deadline of reads, unless one a little earlier is set.
func (c *Conn) armRead(due time.Time) {
	if early := due.Sub(c.deadline); !c.deadline.IsZero() && early >= 0 && early < c.timeout/slack {
		return
	}
	c.deadline = due
	// It fails on a connection that is closed; the read says how.
	_ = c.conn.SetReadDeadline(due)
}

// receive reads at least one byte behind those that have arrived.
func (c *Conn) receive() (int, error) {
	c.shrink()
	if c.raw != nil {
		return c.receiveRaw()
	}
	return c.receivePlain()
}

// receivePlain waits with a read into the small buffer. If that fills it there
// is more: a large one is borrowed for the rest, which as a rule is there
// already.
func (c *Conn) receivePlain() (total int, err error) {
	if c.big == nil && len(c.in) < smallSize {
		n, err := c.conn.Read(c.small[len(c.in):])
		c.in = c.small[:len(c.in)+n]
		if len(c.in) < smallSize || err != nil {
			return n, err
		}
		total = n
	}
	if !c.grow() {
		return total, ErrLineTooLong
	}
	n, err := c.conn.Read(c.big[len(c.in):])
	c.in = c.big[:len(c.in)+n]
	return total + n, err
}
