package lineconn

import (
	"io"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// rawRead is one attempt to read from the socket. It lives in the Conn, so that
// a read allocates nothing.
type rawRead struct {
	try func(fd uintptr) bool
	n   int
	err error
}

// receiveRaw reads from the socket itself: a buffer is borrowed for the
// attempt, and given back when the kernel has nothing yet, before the wait.
func (c *Conn) receiveRaw() (int, error) {
	r := &c.readOnce
	if r.try == nil {
		r.try = c.tryRead
	}
	r.n, r.err = 0, nil
	if err := c.raw.Read(r.try); err != nil {
		return 0, err
	}
	if r.n == 0 && r.err == nil {
		return 0, io.EOF
	}
	return r.n, r.err
}

// tryRead reports false when the socket has to become readable first.
func (c *Conn) tryRead(fd uintptr) bool {
	r := &c.readOnce
	if !c.grow() {
		r.err = ErrLineTooLong
		return true
	}
	for {
		n, err := syscall.Read(int(fd), c.big[len(c.in):])
		switch err {
		case nil:
			r.n = n
			c.in = c.big[:len(c.in)+n]
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			c.shrink()
			return false
		default:
			r.err = err
		}
		return true
	}
}

// Pending reports whether bytes of the peer wait in the kernel, unread. It is
// how a server finds a client that talks before it is its turn. False when
// that cannot be told.
func (c *Conn) Pending() bool {
	raw := c.raw
	if raw == nil {
		if raw = rawBelow(c.conn); raw == nil {
			return false
		}
	}
	n := 0
	err := raw.Control(func(fd uintptr) {
		var one [1]byte
		n, _, _ = unix.Recvfrom(int(fd), one[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
	})
	return err == nil && n > 0
}

// rawBelow finds the socket under a TLS connection.
func rawBelow(conn net.Conn) syscall.RawConn {
	under, ok := conn.(interface{ NetConn() net.Conn })
	if !ok {
		return nil
	}
	socket, ok := under.NetConn().(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}
