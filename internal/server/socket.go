package server

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"tram/internal/config"
)

// socketMode is that of a Unix socket: the group of the server may hand in
// mail. Put the program that does into that group.
const socketMode = 0o660

// openSocket opens the listening socket of a listener.
func openSocket(l config.Listener) (pausable, error) {
	if !l.Unix() {
		inner, err := net.Listen("tcp", l.Address)
		if err != nil {
			return nil, err
		}
		return inner.(*net.TCPListener), nil
	}
	if err := removeStale(l.Address); err != nil {
		return nil, err
	}
	inner, err := net.Listen("unix", l.Address)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(l.Address, socketMode); err != nil {
		return nil, errors.Join(err, inner.Close())
	}
	return inner.(*net.UnixListener), nil
}

// removeStale removes the socket that a server left behind which was killed.
// Anything else in its place stays.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode().Type() != fs.ModeSocket:
		return fmt.Errorf("%s is there and is no socket; remove it or choose another name", path)
	}
	c, err := net.Dial("unix", path)
	if err == nil {
		c.Close()
		return syscall.EADDRINUSE
	}
	return os.Remove(path)
}

// pausable is a listener whose Accept can be interrupted.
type pausable interface {
	net.Listener
	SetDeadline(time.Time) error
}

// socket is a listening socket that can be taken from one front and given to
// another without closing it, so that a reload refuses no connection.
//
// The front that lost it finds nothing to accept any more; it stays for its
// sessions until it is told to stop.
type socket struct {
	pausable
	left   chan struct{} // closed when the socket is taken away
	parked chan struct{} // closed when Accept has noticed
	closed chan struct{} // closed by Close
	close  sync.Once
	park   sync.Once
}

func newSocket(l pausable) *socket {
	return &socket{
		pausable: l,
		left:     make(chan struct{}), parked: make(chan struct{}), closed: make(chan struct{}),
	}
}

// Accept waits for a connection, or for Close when the socket was taken away.
func (s *socket) Accept() (net.Conn, error) {
	c, err := s.pausable.Accept()
	if err == nil {
		return c, nil
	}
	select {
	case <-s.left:
		s.park.Do(func() { close(s.parked) })
		<-s.closed
		return nil, net.ErrClosed
	default:
		return nil, err
	}
}

// Close ends Accept. A socket that was taken away stays open for its new
// owner.
func (s *socket) Close() error {
	s.close.Do(func() { close(s.closed) })
	select {
	case <-s.left:
		return nil
	default:
		return s.pausable.Close()
	}
}

// take takes the socket from its front, which must be accepting, and returns
// it for another one. It waits until the front accepts nothing more.
func (s *socket) take() (*socket, error) {
	close(s.left)
	if err := s.SetDeadline(time.Unix(1, 0)); err != nil {
		return nil, err
	}
	select {
	case <-s.parked:
	case <-s.closed:
	}
	return newSocket(s.pausable), s.SetDeadline(time.Time{})
}
