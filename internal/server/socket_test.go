package server

import (
	"errors"
	"io"
	"net"
	"testing"
)

// accept accepts until the socket is closed and says hello as name.
func accept(s *socket, name string, done chan<- error) {
	for {
		c, err := s.Accept()
		if err != nil {
			done <- err
			return
		}
		_, _ = io.WriteString(c, name)
		c.Close()
	}
}

func hello(t *testing.T, addr net.Addr) string {
	t.Helper()
	c, err := net.Dial("tcp", addr.String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	text, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A socket that goes from one front to the next refuses nobody on the way, and
// the old front gets nobody more.
func TestSocketIsHandedOver(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	first := newSocket(l.(*net.TCPListener))
	firstDone, secondDone := make(chan error, 1), make(chan error, 1)
	go accept(first, "first", firstDone)
	if got := hello(t, l.Addr()); got != "first" {
		t.Fatal(got)
	}
	second, err := first.take()
	if err != nil {
		t.Fatal(err)
	}
	waiting, err := net.Dial("tcp", l.Addr().String()) // nobody accepts at this moment
	if err != nil {
		t.Fatal(err)
	}
	go accept(second, "second", secondDone)
	if text, err := io.ReadAll(waiting); err != nil || string(text) != "second" {
		t.Fatalf("%q %v", text, err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-firstDone; !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	if got := hello(t, l.Addr()); got != "second" {
		t.Fatal("closing the old one closed the socket:", got)
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-secondDone; !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	if _, err := net.Dial("tcp", l.Addr().String()); err == nil {
		t.Error("the socket is still open")
	}
}
