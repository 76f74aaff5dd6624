package server

import (
	"net"
	"sync"
	"time"
)

// socket is a listening socket that can be taken from one front and given to
// another without closing it, so that a reload refuses no connection.
//
// The front that lost it finds nothing to accept any more; it stays for its
// sessions until it is told to stop.
type socket struct {
	*net.TCPListener
	left   chan struct{} // closed when the socket is taken away
	parked chan struct{} // closed when Accept has noticed
	closed chan struct{} // closed by Close
	close  sync.Once
	park   sync.Once
}

func newSocket(l net.Listener) *socket {
	return &socket{
		TCPListener: l.(*net.TCPListener),
		left:        make(chan struct{}), parked: make(chan struct{}), closed: make(chan struct{}),
	}
}

// Accept waits for a connection, or for Close when the socket was taken away.
func (s *socket) Accept() (net.Conn, error) {
	c, err := s.TCPListener.Accept()
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
		return s.TCPListener.Close()
	}
}

// take takes the socket from its front, which must be accepting, and returns
// it for another one. It waits until the front accepts nothing more.
func (s *socket) take() (*socket, error) {
	close(s.left)
	if err := s.TCPListener.SetDeadline(time.Unix(1, 0)); err != nil {
		return nil, err
	}
	select {
	case <-s.parked:
	case <-s.closed:
	}
	return newSocket(s.TCPListener), s.TCPListener.SetDeadline(time.Time{})
}
