package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"tram/internal/access/listen"
	"tram/internal/access/smtp"
	"tram/internal/agent/msa"
	"tram/internal/mail/smtpwire"
)

// Limits of the socket.
const (
	maxSessions        = 100 // on the socket
	maxSessionsPerUser = 20
)

// Options of a Server. All but Log are required.
type Options struct {
	Directory string // in the file system
	Hostname  string
	Domain    func(context.Context) string // completes addresses; asked for each session
	Limits    smtp.Limits
	Policy    msa.LocalOptions // User, Name and Domain are filled in
	Log       *slog.Logger
}

// Server serves the socket and picks up what was dropped.
type Server struct {
	o      Options
	socket *net.UnixListener

	mu       sync.Mutex
	sessions map[uint32]int // by user, guarded by mu
	open     int
}

// Listen makes the directory and opens the socket. The caller holds the lock
// of the data directory, so a socket that is there belongs to a server that
// has died.
func Listen(o Options) (*Server, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if err := makeDirectory(o.Directory); err != nil {
		return nil, fmt.Errorf("directory for sendmail: %w; make it writable for the server, or name another as local.directory", err)
	}
	path := socketPath(o.Directory)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("remove old socket for sendmail: %w", err)
	}
	socket, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("open socket for sendmail: %w", err)
	}
	if err := os.Chmod(path, 0o666); err != nil {
		return nil, errors.Join(err, socket.Close())
	}
	return &Server{o: o, socket: socket, sessions: make(map[uint32]int)}, nil
}

// Close closes a socket that is not served.
func (s *Server) Close() error { return s.socket.Close() }

// Run serves until ctx ends and every session has.
func (s *Server) Run(ctx context.Context) error {
	var running sync.WaitGroup
	running.Go(func() { s.pickUps(ctx) })
	stop := context.AfterFunc(ctx, func() { s.socket.Close() })
	defer stop()
	for {
		conn, err := s.socket.AcceptUnix()
		if err != nil {
			running.Wait()
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("socket for sendmail: %w", err)
		}
		running.Go(func() {
			defer conn.Close()
			s.session(ctx, conn)
		})
	}
}

// session serves one connection.
func (s *Server) session(ctx context.Context, conn *net.UnixConn) {
	uid, err := peerUser(conn)
	if err != nil {
		s.o.Log.Error("sendmail", "error", err)
		return
	}
	if !s.enter(uid) {
		_ = conn.SetWriteDeadline(time.Now().Add(time.Second))
		_, _ = io.WriteString(conn, smtp.Busy(s.o.Hostname)) // sendmail drops the message then
		return
	}
	defer s.leave(uid)
	domain := s.o.Domain(ctx)
	engine, err := smtp.New(smtp.Options{
		Hostname: domain, Mode: smtp.MX, Limits: s.o.Limits, Extensions: smtpwire.DSN, Log: s.o.Log,
		Receiver: &receiver{Receiver: s.policy(uid, domain), user: nameOf(uid).login},
	})
	if err != nil {
		s.o.Log.Error("sendmail", "error", err)
		return
	}
	engine.Handle(ctx, conn, listen.Info{Protocol: "local", Name: socketName})
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
	own := *p
	own.LocalUser = r.user
	return r.Receiver.Data(ctx, &own, e, body)
}

func (s *Server) policy(uid uint32, domain string) *msa.Local {
	o := s.o.Policy
	who := nameOf(uid)
	o.User, o.Name, o.Domain = who.login, who.name, domain
	return msa.NewLocal(o)
}
