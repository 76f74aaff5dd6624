package imap

import "strings"

// idling is an IDLE in progress.
type idling struct {
	tag    string
	cancel func() // ends the watch
	seat   seat   // in the wheel of "Still here"
}

// stop ends what runs for the client meanwhile.
func (i *idling) stop(srv *Server) {
	i.cancel()
	srv.beat.leave(i.seat)
}

// idle = "IDLE" CRLF "DONE" (RFC 2177). The command ends here and now as far as
// the worker is concerned: the session waits for DONE as it waits for commands,
// and pushers tell the client what changes.
func (s *session) idle() (string, error) {
	if !s.dec.ExpectCRLF() {
		return "", s.dec.Err()
	}
	s.enc.Raw("+ idling\r\n")
	idle := &idling{tag: s.tag, cancel: func() {}}
	if s.sel != nil {
		if s.notify == nil { // NOTIFY has its own watches
			s.dirty.Store(false)
			idle.cancel = s.mail.Watch(s.sel.account, s.sel.id, s.changed)
		}
		// What changed before the watch began, no one will tell of again.
		if err := s.sync(true); err != nil {
			idle.cancel()
			return "", err
		}
	}
	idle.seat = s.srv.beat.enter(s)
	s.idling = idle
	if s.waiting() {
		s.finishIdle()
	}
	return "", errAnswered
}

// finishIdle reads what the client in IDLE has sent: DONE, or something that
// is not allowed. False when the session has ended.
func (s *session) finishIdle() bool {
	idle := s.idling
	s.idling = nil
	idle.stop(s.srv)
	s.tag = idle.tag
	s.dec.SetLimits(s.decoderLimits())
	s.dec.Begin()
	var line string
	ok := s.dec.Line(&line)
	if ok && strings.EqualFold(line, "DONE") {
		var err error
		if s.sel != nil {
			err = s.sync(true)
		}
		s.finish(nil, "Idle completed", err)
	} else if ok {
		s.finish(nil, "", bad("Expected DONE"))
	} else {
		s.finish(nil, "", s.dec.Err())
	}
	return s.state != stateLogout
}
