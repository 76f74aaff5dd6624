package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"tram/internal/access/listen"
	"tram/internal/access/smtp"
	"tram/internal/agent/msa"
	"tram/internal/mail/smtpwire"
	"tram/internal/server/control"
)

// Limits of the socket.
const (
	maxSessions        = 100 // on the sockets
	maxSessionsPerUser = 20
	acceptPause        = time.Second / 10 // after an error
)

// Options of a Server. All but Log are required.
type Options struct {
	Directory string // in the file system
	Hostname  string
	Domain    func(context.Context) string // completes addresses; asked for each session
	Limits    smtp.Limits
	Policy    msa.LocalOptions // User, Name and Domain are filled in
	// Queue lists the mail of a user that waits; "" is everybody's.
	Queue func(ctx context.Context, user string, emit func(control.QueueEntry) error) error
	Log   *slog.Logger
}

// Server serves the sockets and picks up what was dropped.
type Server struct {
	o      Options
	submit *net.UnixListener
	query  *net.UnixListener

	mu       sync.Mutex
	sessions map[uint32]int // by user, guarded by mu
	open     int
}

// Listen makes the directory and opens the sockets. The caller holds the lock
// of the data directory, so sockets that are there belong to a server that
// has died.
func Listen(o Options) (*Server, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if err := makeDirectory(o.Directory); err != nil {
		return nil, fmt.Errorf("directory for sendmail: %w; make it writable for the server, or name another as local.directory", err)
	}
	s := &Server{o: o, sessions: make(map[uint32]int)}
	var err error
	if s.submit, err = listenAt(filepath.Join(o.Directory, submitName)); err != nil {
		return nil, err
	}
	if s.query, err = listenAt(filepath.Join(o.Directory, queryName)); err != nil {
		return nil, errors.Join(err, s.submit.Close())
	}
	return s, nil
}

// listenAt opens a socket for every user.
func listenAt(path string) (*net.UnixListener, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("remove old socket: %w", err)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("open socket for sendmail: %w", err)
	}
	if err := os.Chmod(path, 0o666); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// Close closes sockets that are not served.
func (s *Server) Close() error { return errors.Join(s.submit.Close(), s.query.Close()) }

// Run serves until ctx ends and every session has.
func (s *Server) Run(ctx context.Context) error {
	var running sync.WaitGroup
	running.Go(func() { s.pickUps(ctx) })
	running.Go(func() { s.accept(ctx, s.submit, s.session) })
	running.Go(func() { s.accept(ctx, s.query, s.answer) })
	running.Wait()
	return ctx.Err()
}

// accept serves a socket until ctx ends and every session has. An error, as
// when there are too many open files, waits and tries again.
func (s *Server) accept(ctx context.Context, l *net.UnixListener, serve func(context.Context, *net.UnixConn, uint32)) {
	var running sync.WaitGroup
	defer running.Wait()
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	for {
		conn, err := l.AcceptUnix()
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			s.o.Log.Error("socket for sendmail", "error", err)
			time.Sleep(acceptPause)
			continue
		}
		running.Go(func() {
			defer func() { _ = conn.Close() }()
			s.admit(ctx, conn, serve)
		})
	}
}

// admit serves a connection within the limits.
func (s *Server) admit(ctx context.Context, conn *net.UnixConn, serve func(context.Context, *net.UnixConn, uint32)) {
	uid, err := peerUser(conn)
	if err != nil {
		s.o.Log.Error("socket for sendmail", "error", err)
		return
	}
	if !s.enter(uid) {
		_ = conn.SetWriteDeadline(time.Now().Add(time.Second))
		_, _ = io.WriteString(conn, smtp.Busy(s.o.Hostname)) // sendmail drops the message then
		return
	}
	defer s.leave(uid)
	serve(ctx, conn, uid)
}

// session takes mail on one connection.
func (s *Server) session(ctx context.Context, conn *net.UnixConn, uid uint32) {
	domain := s.o.Domain(ctx)
	engine, err := smtp.New(smtp.Options{
		Hostname: domain, Mode: smtp.MX, Limits: s.o.Limits, Extensions: smtpwire.DSN, Log: s.o.Log,
		Receiver: &receiver{Receiver: s.policy(uid, domain), user: nameOf(uid).login},
	})
	if err != nil {
		s.o.Log.Error("sendmail", "error", err)
		return
	}
	engine.Handle(ctx, conn, listen.Info{Protocol: "local", Name: submitName})
}

func (s *Server) enter(uid uint32) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open >= maxSessions || s.sessions[uid] >= maxSessionsPerUser {
		return false
	}
	s.open++
	s.sessions[uid]++
	return true
}

func (s *Server) leave(uid uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
	if s.sessions[uid]--; s.sessions[uid] == 0 {
		delete(s.sessions, uid)
	}
}

// receiver tells the policy who is at the other end.
type receiver struct {
	smtp.Receiver
	user string
}

// Data implements smtp.Receiver.
func (r *receiver) Data(ctx context.Context, p *smtpwire.Peer, e *smtpwire.Envelope, body io.Reader) (string, error) {
	return r.Receiver.Data(ctx, r.introduce(p), e, body)
}

// Verify implements smtp.Receiver.
func (r *receiver) Verify(ctx context.Context, p *smtpwire.Peer, arg string) (string, error) {
	return r.Receiver.Verify(ctx, r.introduce(p), arg)
}

func (r *receiver) introduce(p *smtpwire.Peer) *smtpwire.Peer {
	own := *p
	own.LocalUser = r.user
	return &own
}

func (s *Server) policy(uid uint32, domain string) *msa.Local {
	o := s.o.Policy
	who := nameOf(uid)
	o.User, o.Name, o.Domain = who.login, who.name, domain
	return msa.NewLocal(o)
}
