package imap

import (
	"crypto/tls"
	"errors"
	"time"
)

// errStopping ends a read because the server stops.
var errStopping = errors.New("server is shutting down")

// await blocks until the client sends something, and reads the beginning of it.
func (s *session) await() (int, error) {
	s.parked.Store(true)
	defer s.parked.Store(false)
	s.nc.SetReadDeadline(s.patience())
	if s.stopping.Load() {
		return 0, errStopping
	}
	return s.nc.Read(s.first[:])
}

// patience is until when the client may be silent between two commands.
func (s *session) patience() time.Time {
	if s.state == stateNotAuthenticated {
		return s.began.Add(s.srv.opts.Limits.LoginTimeout)
	}
	return time.Now().Add(s.srv.opts.Limits.IdleTimeout)
}

// Read reads the rest of a command for the decoder. What is unsent goes first:
// the client may wait for it.
func (s *session) Read(p []byte) (int, error) {
	if err := s.enc.Flush(); err != nil {
		return 0, err
	}
	deadline := time.Now().Add(s.srv.opts.Limits.ReadTimeout)
	if s.state == stateNotAuthenticated {
		deadline = s.patience()
	}
	s.nc.SetReadDeadline(deadline)
	n, err := s.receive(p)
	if n == 0 {
		s.readFailed = err
	}
	return n, err
}

// Continue asks the client for the literal that it announced.
func (s *session) Continue() error {
	s.enc.Raw("+ OK\r\n")
	return s.enc.Flush()
}

// Write sends what the encoder has collected.
func (s *session) Write(p []byte) (int, error) {
	s.nc.SetWriteDeadline(time.Now().Add(s.srv.opts.Limits.WriteTimeout))
	return s.send(p)
}

// receive reads from the connection, through the layer of compression.
func (s *session) receive(p []byte) (int, error) {
	if s.z != nil {
		return s.z.read(s.nc, p)
	}
	return s.nc.Read(p)
}

// send writes to the connection, through the layer of compression.
func (s *session) send(p []byte) (int, error) {
	if s.z != nil {
		return s.z.write(s.nc, p)
	}
	return s.nc.Write(p)
}

// upgrade goes on in TLS. Nothing that was received before may be acted on
// after it, so the caller has made sure that nothing is buffered.
func (s *session) upgrade(config *tls.Config) error {
	s.nc.SetDeadline(time.Now().Add(s.srv.opts.Limits.Handshake))
	conn := tls.Server(s.nc, config)
	if err := conn.HandshakeContext(s.ctx); err != nil {
		return err
	}
	s.nc.SetDeadline(time.Time{})
	s.nc = conn
	s.secure = true
	return nil
}
