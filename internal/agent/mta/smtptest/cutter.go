package smtptest

import (
	"errors"
	"net"
	"sync"
)

var errCut = errors.New("smtptest: cut")

// cutter ends a connection after a number of bytes.
type cutter struct {
	net.Conn
	mu      sync.Mutex
	in, out int // that are left; -1 is without end
}

func (c *cutter) Read(p []byte) (int, error) {
	c.mu.Lock()
	left := c.in
	c.mu.Unlock()
	if left == 0 {
		return 0, c.cut()
	}
	if left > 0 && len(p) > left {
		p = p[:left]
	}
	n, err := c.Conn.Read(p)
	if left > 0 {
		c.mu.Lock()
		c.in -= n
		c.mu.Unlock()
	}
	return n, err
}

func (c *cutter) Write(p []byte) (int, error) {
	if c.out < 0 {
		return c.Conn.Write(p)
	}
	n, err := c.Conn.Write(p[:min(len(p), c.out)])
	c.out -= n
	if err == nil && n < len(p) {
		err = c.cut()
	}
	return n, err
}

func (c *cutter) cut() error {
	c.Conn.Close()
	return errCut
}
