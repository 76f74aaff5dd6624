package smtpclient

import (
	"crypto/tls"
	"syscall"
)

// Alive reports whether a connection that has been idle can be used: the host
// has neither closed it nor said anything meanwhile (as 421 before it closes).
// It does not wait.
//
// A whole transaction may go out in one go (BDAT). Were the connection closed
// then, nobody could say what became of it; so this is found out before.
func (c *Conn) Alive() bool {
	if c.broken || c.r.Buffered() > 0 {
		return false
	}
	nc := c.nc
	if tc, ok := nc.(*tls.Conn); ok {
		nc = tc.NetConn()
	}
	sc, ok := nc.(syscall.Conn)
	if !ok {
		return true
	}
	return isQuiet(sc)
}

// isQuiet looks at what has arrived without taking it.
func isQuiet(sc syscall.Conn) bool {
	raw, err := sc.SyscallConn()
	if err != nil {
		return false
	}
	quiet := false
	var one [1]byte
	err = raw.Control(func(fd uintptr) {
		_, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		quiet = err == syscall.EAGAIN || err == syscall.EWOULDBLOCK
	})
	return err == nil && quiet
}
