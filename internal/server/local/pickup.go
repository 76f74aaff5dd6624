package local

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"tram/internal/mail/smtpwire"
)

// Limits of picking up.
const (
	pickUpEvery = 5 * time.Second
	maxPickUp   = 1000 // files of one round
)

// pickUps takes in what was dropped, until ctx ends.
func (s *Server) pickUps(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			s.pickUp(ctx)
			timer.Reset(pickUpEvery)
		}
	}
}

// pickUp is one round.
func (s *Server) pickUp(ctx context.Context) {
	dir, err := os.Open(dropPath(s.o.Directory))
	if err != nil {
		s.o.Log.Error("dropped mail", "error", err)
		return
	}
	defer dir.Close()
	names, err := dir.Readdirnames(maxPickUp)
	if err != nil && !errors.Is(err, io.EOF) {
		s.o.Log.Error("dropped mail", "error", err)
	}
	for _, name := range names {
		if ctx.Err() != nil {
			return
		}
		if name == badName || strings.HasPrefix(name, ".") {
			continue
		}
		s.take(ctx, filepath.Join(dir.Name(), name))
	}
}

// take queues one dropped message and removes its file.
func (s *Server) take(ctx context.Context, path string) {
	d, err := openDrop(path, s.o.Limits.MessageBytes)
	if err != nil {
		s.setAside(path, err)
		return
	}
	defer d.file.Close()
	id, err := s.queue(context.WithoutCancel(ctx), d)
	var reply *smtpwire.Reply
	switch {
	case err == nil:
		s.o.Log.Info("dropped mail taken", "id", id, "user", nameOf(d.owner).login)
		if err := os.Remove(path); err != nil {
			s.o.Log.Error("dropped mail cannot be removed; it will be taken again", "file", path, "error", err)
		}
	case errors.As(err, &reply) && reply.Permanent(), errors.Is(err, ErrTooLarge):
		s.setAside(path, err)
	default:
		s.o.Log.Warn("dropped mail waits", "file", path, "error", err)
	}
}

// queue hands a message to the policy, as a session would.
func (s *Server) queue(ctx context.Context, d *dropped) (string, error) {
	domain := s.o.Domain(ctx)
	e, err := d.envelope(domain)
	if err != nil {
		return "", err
	}
	e.FromParams.Size = d.text.Size()
	// Whoever wrote the file may have kept to no form.
	text, err := ReadText(d.text, false, s.o.Limits.MessageBytes)
	if err != nil {
		return "", err
	}
	defer text.Close()
	p := &smtpwire.Peer{Helo: "localhost", Socket: socketPath(s.o.Directory), LocalUser: nameOf(d.owner).login}
	return s.policy(d.owner, domain).Data(ctx, p, e, text.Reader())
}

// envelope is what the policy gets.
func (e *Envelope) envelope(domain string) (*smtpwire.Envelope, error) {
	out := &smtpwire.Envelope{FromParams: smtpwire.MailParams{Ret: e.Ret, EnvID: e.EnvID, Body: smtpwire.Body8BitMIME}}
	if e.From != "" {
		from, err := complete(e.From, domain)
		if err != nil {
			return nil, err.(*RefusedError).Reply
		}
		out.From = from
	}
	for _, text := range e.Rcpts {
		to, err := complete(text, domain)
		if err != nil {
			return nil, err.(*RefusedError).Reply
		}
		out.Rcpts = append(out.Rcpts, smtpwire.Rcpt{To: to, Notify: e.Notify})
		out.FromParams.SMTPUTF8 = out.FromParams.SMTPUTF8 || !to.IsASCII()
	}
	return out, nil
}

// setAside moves a file that is no message out of the way. It is kept: somebody
// wanted something with it.
func (s *Server) setAside(path string, why error) {
	bad := filepath.Join(filepath.Dir(path), badName, filepath.Base(path))
	err := os.Rename(path, bad)
	s.o.Log.Error("dropped mail cannot be taken", "file", bad, "why", why, "error", err,
		"advice", "look into the file and send its text again with tram sendmail, or remove it")
}
