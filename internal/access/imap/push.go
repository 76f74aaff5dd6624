package imap

import (
	"errors"
	"sync"
	"time"

	"tram/internal/mail/imapwire"
)

// maxPushers is how many goroutines tell clients in IDLE of changes. One that
// waits for a client that does not read does not count.
const maxPushers = 16

// pushers are the goroutines that write to clients in IDLE. They come with
// the work and go when it is done.
type pushers struct {
	mu      sync.Mutex
	waiting []*session
	running int
}

// changed is called by the store, on a goroutine that all watchers share, when
// the mailbox has changed. It only notes that.
func (s *session) changed() {
	s.dirty.Store(true)
	s.enqueue()
}

// enqueue has a pusher look at the session.
func (s *session) enqueue() {
	if !s.queued.Swap(true) {
		s.srv.push.add(s)
	}
}

func (p *pushers) add(s *session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting = append(p.waiting, s)
	p.start()
}

// start starts a pusher if there is work for it. p.mu is held.
func (p *pushers) start() {
	if len(p.waiting) > 0 && p.running < maxPushers {
		p.running++
		go p.run()
	}
}

// run tells one client after the other.
func (p *pushers) run() {
	var enc imapwire.Encoder
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.waiting) > 0 && p.running <= maxPushers {
		s := p.waiting[0]
		p.waiting = p.waiting[1:]
		p.mu.Unlock()
		s.queued.Store(false)
		s.tellChanges(&enc)
		p.mu.Lock()
	}
	p.running--
	p.start()
}

// blocking runs a write that may wait for the client. Meanwhile another pusher
// may take over.
func (p *pushers) blocking(write func() (int, error)) (int, error) {
	p.mu.Lock()
	p.running--
	p.start()
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		p.running++
		p.mu.Unlock()
	}()
	return write()
}

// pushWriter writes to a client in IDLE.
type pushWriter struct{ s *session }

func (w pushWriter) Write(p []byte) (int, error) {
	return w.s.srv.push.blocking(func() (int, error) {
		w.s.nc.SetWriteDeadline(time.Now().Add(w.s.srv.opts.Limits.PushTimeout))
		return w.s.send(p)
	})
}

// tellChanges tells a client in IDLE what has changed. Whoever holds the
// session does it: a worker tells when IDLE ends or sees to it when it leaves
// the session in IDLE (detach), another pusher looks again.
func (s *session) tellChanges(enc *imapwire.Encoder) {
	for (s.dirty.Load() || s.still.Load()) && s.mu.TryLock() {
		s.dirty.Store(false)
		if s.listens() {
			s.pushChanges(enc)
		}
		s.still.Store(false)
		s.mu.Unlock()
	}
}

// listens reports whether the client wants to be told of changes while it says
// nothing. A session that leaves NOTIFY's hands watches what is selected now.
func (s *session) listens() bool {
	if n := s.notify; n != nil {
		// What happened before the watch began, or could not be told during a
		// command, is due now.
		if n.look(s) || n.owesExpunge(s.sel) {
			s.dirty.Store(true)
		}
		return s.idling != nil || len(n.feeds) > 0 || n.here != nil
	}
	return s.idling != nil
}

func (s *session) pushChanges(enc *imapwire.Encoder) {
	defer s.recoverPush()
	enc.Reset(pushWriter{s})
	enc.SetUTF8(s.speaksUTF8())
	s.enc = enc
	err := s.tellNow()
	s.tellHighestNow()
	if errors.Is(err, errDeleted) || errors.Is(err, errRenamed) {
		s.writeBye(err.Error())
	}
	// The connection's goroutine ends the session when it finds the socket
	// closed.
	if flushed := enc.Flush(); err != nil || flushed != nil {
		s.nc.Close()
	}
	s.z.rest()
	s.enc = nil
}

// tellNow tells the client everything that it wants to hear now.
func (s *session) tellNow() error {
	if s.still.Load() && s.idling != nil {
		s.enc.Raw("* OK Still here\r\n")
	}
	if s.sel != nil {
		if err := s.sync(s.notify == nil || s.mayPushExpunge()); err != nil {
			return err
		}
	}
	if s.notify == nil {
		return nil
	}
	return s.tellNews()
}

// recoverPush ends a session whose push panicked, and nothing else.
func (s *session) recoverPush() {
	if cause := recover(); cause != nil {
		s.logPanic(cause)
		s.enc = nil
		s.nc.Close()
	}
}
