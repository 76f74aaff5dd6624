package imap

import "tram/internal/access/listen"

// canStartTLS reports whether STARTTLS is offered.
func (s *session) canStartTLS() bool {
	return !s.secure && s.info.TLSMode == listen.StartTLS && s.info.TLSConfig != nil
}

// startTLS = "STARTTLS" (RFC 3501 6.2.1)
func (s *session) startTLS() (string, error) {
	if !s.dec.ExpectCRLF() {
		return "", s.dec.Err()
	}
	if !s.canStartTLS() {
		return "", bad("TLS is not available here")
	}
	// A client waits for the OK before it goes on. What came with the command
	// was put there by someone in between, to be taken as if it came inside.
	if s.dec.Buffered() > 0 {
		s.dec.DropBuffered()
		s.bye("Commands after STARTTLS")
		return "", errAnswered
	}
	s.after = s.beginTLS
	return "Begin TLS negotiation now", nil
}

// beginTLS does the handshake once the client has been told to begin.
func (s *session) beginTLS() {
	if s.enc.Flush() != nil {
		s.state = stateLogout
		return
	}
	if err := s.upgrade(s.info.TLSConfig()); err != nil {
		s.srv.log.Debug("imap: handshake failed", "remote", s.remote, "err", err)
		// There is no way back to plain text.
		s.state = stateLogout
		s.enc.Reset(s)
		return
	}
	s.commands = 0
}
