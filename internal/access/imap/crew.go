package imap

import (
	"runtime/debug"
	"sync"

	"tram/internal/mail/imapwire"
)

// maxRested is how many goroutines wait for work; those beyond it end when
// their work is done.
const maxRested = 32

// worker is a goroutine with a large stack and the tools that a session needs
// while it has something to do.
type worker struct {
	work chan *session
	dec  imapwire.Decoder
	enc  imapwire.Encoder
}

// crew lends workers to sessions, so that an idle connection holds neither
// buffers nor a stack that commands have grown. The most recently used worker
// is lent first: its memory is warm.
type crew struct {
	mu     sync.Mutex
	rested []*worker
	closed bool
}

// run has a worker answer what the session has received, and returns when that
// is done.
func (c *crew) run(s *session) {
	c.take().work <- s
	<-s.done
}

func (c *crew) take() *worker {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.rested); n > 0 {
		w := c.rested[n-1]
		c.rested = c.rested[:n-1]
		return w
	}
	w := &worker{work: make(chan *session, 1)}
	go c.serve(w)
	return w
}

// serve works until it is not needed any more.
func (c *crew) serve(w *worker) {
	for s := range w.work {
		w.batch(s)
		kept := c.put(w)
		s.done <- struct{}{}
		if !kept {
			return
		}
	}
}

// put keeps the worker for the next session, or says that it may go.
func (c *crew) put(w *worker) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || len(c.rested) >= maxRested {
		return false
	}
	c.rested = append(c.rested, w)
	return true
}

func (c *crew) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for _, w := range c.rested {
		close(w.work)
	}
	c.rested = nil
}

// batch lends the worker's tools to the session. A panic ends the session and
// nothing else.
func (w *worker) batch(s *session) {
	defer func() {
		if cause := recover(); cause != nil {
			s.logPanic(cause)
			s.state = stateLogout
			// Whatever the encoder holds may be half a response.
			w.enc.Reset(s)
		}
		s.detach()
	}()
	s.attach(&w.dec, &w.enc)
	s.batch()
}

func (s *session) logPanic(cause any) {
	s.srv.log.Error("imap: panic", "cause", cause, "user", s.user, "remote", s.remote, "stack", string(debug.Stack()))
}
