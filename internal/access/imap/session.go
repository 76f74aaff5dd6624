package imap

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"tram/internal/access/imap/inflate"
	"tram/internal/access/listen"
	"tram/internal/mail/imapwire"
	"tram/internal/mailstore"
	"tram/internal/storage/kv"
)

// state is one of RFC 3501 3.
type state uint8

const (
	stateNotAuthenticated state = 1 << iota
	stateAuthenticated
	stateSelected
	stateLogout

	stateAny    = stateNotAuthenticated | stateAuthenticated | stateSelected
	stateLogged = stateAuthenticated | stateSelected
)

// firstRead is the size of the buffer that an idle connection reads into. Most
// commands fit in.
const firstRead = 256

// session is one connection. While it is idle, this struct, its goroutine and
// the socket are all that it costs.
type session struct {
	srv    *Server
	ctx    context.Context // of the connection: handlers have no other
	nc     net.Conn
	info   *listen.Info
	remote netip.Addr
	secure bool // TLS is on

	state      state
	enabled    extensions
	greeted    bool
	numbers    bool // the search in hand names message numbers
	stopping   atomic.Bool
	parked     atomic.Bool // blocked in await
	began      time.Time
	commands   int // before login
	failures   int // refused logins
	badInARow  int
	account    kv.Account
	user       string            // canonical address
	mail       *mailstore.Access // the store, as the user may use it
	sel        *selected
	z          *compression  // nil while nothing is compressed
	done       chan struct{} // the worker has answered what arrived
	received   int           // bytes in first
	first      [firstRead]byte
	readFailed error // why no more can be read

	// mu is held while a worker or a pusher has the session. dec is nil when a
	// pusher has it.
	mu     sync.Mutex
	dec    *imapwire.Decoder
	enc    *imapwire.Encoder
	tag    string      // of the command in hand, or of IDLE
	after  func()      // what the command does when its tagged OK is sent
	idling *idling     // non-nil between "+ idling" and DONE
	dirty  atomic.Bool // the mailbox changed and the client in IDLE was not told
	queued atomic.Bool // waits for a pusher
	still  atomic.Bool // the client in IDLE is to hear that the connection lives
	notify *notifier   // what the client asked for with NOTIFY; nil when it never did
}

func newSession(srv *Server, ctx context.Context, nc net.Conn, info listen.Info) *session {
	return &session{
		srv:    srv,
		ctx:    ctx,
		nc:     nc,
		info:   &info,
		remote: remoteAddr(nc, info),
		secure: info.TLSMode == listen.Implicit,
		state:  stateNotAuthenticated,
		began:  time.Now(),
		done:   make(chan struct{}, 1),
	}
}

// serve is the connection's goroutine: it waits for the client and has a
// worker answer. It calls nothing deep, so that its stack stays small.
func (s *session) serve() {
	defer s.end()
	s.srv.crew.run(s)
	for s.goesOn() {
		s.received, s.readFailed = s.await()
		s.srv.crew.run(s)
	}
}

// goesOn reports whether the session waits for the client once more. A pusher
// may end it too.
func (s *session) goesOn() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state != stateLogout
}

// end releases what the session holds.
func (s *session) end() {
	s.mu.Lock()
	if s.idling != nil {
		s.idling.stop(s.srv)
		s.idling = nil
	}
	if s.notify != nil {
		s.notify.close()
	}
	nc := s.nc
	s.mu.Unlock()
	nc.Close()
}

// stop is called when the server stops: an idle client is told at once, a busy
// one when its command is answered.
func (s *session) stop() {
	s.stopping.Store(true)
	if s.parked.Load() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.nc.SetReadDeadline(time.Unix(1, 0))
	}
}

// attach gives the session the tools of a worker.
func (s *session) attach(dec *imapwire.Decoder, enc *imapwire.Encoder) {
	s.mu.Lock()
	s.dec, s.enc = dec, enc
	s.enc.Reset(s)
	received := s.first[:s.received]
	if s.z != nil {
		s.z.in.Feed(received)
		received = nil
	}
	s.dec.Reset(s, s.decoderLimits(), received)
	s.enc.SetUTF8(s.speaksUTF8())
	s.dec.SetUTF8(s.speaksUTF8())
	s.received = 0
}

// detach sends what is unsent and gives the tools back.
func (s *session) detach() {
	if err := s.enc.Flush(); err != nil {
		s.state = stateLogout
	}
	s.z.rest()
	s.dec, s.enc = nil, nil
	waits := s.listens()
	s.mu.Unlock()
	if waits && s.dirty.Load() {
		s.enqueue()
	}
}

// batch answers everything that has arrived.
func (s *session) batch() {
	switch {
	case !s.greeted:
		s.greeted = true
		s.greet()
		return
	case s.readFailed != nil:
		s.hangUp(s.readFailed)
		return
	case s.idling != nil && s.waiting() && !s.finishIdle():
		return
	}
	for s.state != stateLogout && s.waiting() {
		s.command()
	}
	if s.stopping.Load() && s.state != stateLogout && s.idling == nil {
		s.bye("Server is shutting down")
	}
}

// waiting reports whether the client has sent something that was not read yet.
// Compressed, it may have sent bytes that say nothing.
func (s *session) waiting() bool {
	return s.dec.Buffered() > 0 || s.z != nil && s.z.in.Ready()
}

// greet sends the greeting (RFC 3501 7.1.1). In front of the text stand the
// capabilities, which saves clients a round trip.
func (s *session) greet() {
	s.enc.Raw("* OK [CAPABILITY ")
	s.enc.Raw(s.capabilities())
	s.enc.Raw("] ")
	s.enc.Text(s.srv.opts.Hostname)
	s.enc.Raw(" Tram ready\r\n")
}

// hangUp ends the session after a failed read. The client is told why, if it
// can still hear.
func (s *session) hangUp(err error) {
	switch {
	case s.stopping.Load():
		s.bye("Server is shutting down")
	case errors.Is(err, os.ErrDeadlineExceeded):
		s.bye("Disconnected for inactivity")
	case errors.Is(err, inflate.ErrData):
		s.bye("What you send is not compressed with DEFLATE")
	case errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed):
	default:
		s.srv.log.Debug("imap: connection lost", "user", s.user, "remote", s.remote, "err", err)
	}
	s.state = stateLogout
}

// bye announces that the server closes the connection (RFC 3501 7.1.5).
func (s *session) bye(text string) {
	s.writeBye(text)
	s.state = stateLogout
}

func (s *session) writeBye(text string) {
	s.enc.Raw("* BYE ")
	s.enc.Text(text)
	s.enc.CRLF()
}

// decoderLimits are the budgets of a command in the session's state.
func (s *session) decoderLimits() imapwire.Limits {
	l := &s.srv.opts.Limits
	limits := imapwire.Limits{Line: l.Line, Literal: l.Literal, Literals: l.Literals, Depth: l.Depth, Tokens: l.Tokens}
	if s.state == stateNotAuthenticated {
		limits.Line = l.LoginLine
		limits.Literal = min(limits.Literal, int64(l.LoginLine))
		limits.Literals = min(limits.Literals, 2*int64(l.LoginLine))
	}
	return limits
}
