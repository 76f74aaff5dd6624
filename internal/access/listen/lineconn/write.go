package lineconn

import "time"

// Write collects p for the next Flush. What is larger than the room for
// replies is sent at once, after what was collected before.
func (c *Conn) Write(p []byte) (int, error) {
	if len(c.out)+len(p) > outSize {
		if err := c.Flush(); err != nil {
			return 0, err
		}
		if len(p) > outSize {
			return c.send(p)
		}
	}
	c.room()
	c.out = append(c.out, p...)
	return len(p), nil
}

// AvailableBuffer returns an empty slice with the room for replies behind it.
// What is appended to it is passed to Write at once, and then not copied.
func (c *Conn) AvailableBuffer() []byte {
	c.room()
	return c.out[len(c.out):]
}

// WriteString is Write for a string.
func (c *Conn) WriteString(s string) (int, error) {
	if len(c.out)+len(s) > outSize {
		if err := c.Flush(); err != nil {
			return 0, err
		}
		if len(s) > outSize {
			return c.send([]byte(s))
		}
	}
	c.room()
	c.out = append(c.out, s...)
	return len(s), nil
}

// Flush sends what was collected. After a write that failed it returns that
// error.
func (c *Conn) Flush() error {
	if len(c.out) == 0 {
		return c.writeErr
	}
	_, err := c.send(c.out)
	c.dropOut()
	return err
}

func (c *Conn) room() {
	if c.outBuffer == nil {
		c.outBuffer = outBuffers.Get().(*outBuffer)
		c.out = c.outBuffer[:0]
	}
}

// send writes to the connection. A peer that does not read for Timeout gets an
// error, and so does every later write: part of a reply may be on its way.
func (c *Conn) send(p []byte) (int, error) {
	if c.writeErr != nil {
		return 0, c.writeErr
	}
	due := time.Now().Add(c.timeout)
	if early := due.Sub(c.writeDue); c.writeDue.IsZero() || early < 0 || early >= c.timeout/slack {
		c.writeDue = due
		if c.writeErr = c.conn.SetWriteDeadline(due); c.writeErr != nil {
			return 0, c.writeErr
		}
	}
	n, err := c.conn.Write(p)
	c.sent += int64(n)
	c.writeErr = err
	return n, err
}
