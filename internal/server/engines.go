package server

import (
	"context"
	"net"
	"sync"

	"tram/internal/access/imap"
	"tram/internal/access/listen"
	"tram/internal/access/pop"
	"tram/internal/access/pop/pop2"
	"tram/internal/access/smtp"
	"tram/internal/config"
	"tram/internal/directory"
	"tram/internal/mail/smtpwire"
)

// engines are the protocols with their limits. A reload that changes a limit
// makes new ones: new sessions get them, old sessions keep theirs until they
// end.
type engines struct {
	mx, submission, lmtp *smtp.Server
	imap                 *imap.Server
	pop                  *pop.Server
	pop2                 *pop2.Server

	mu       sync.Mutex
	sessions int  // that use them
	retired  bool // no new session gets them
}

// offered are the extensions beyond plain SMTP whose parameters the agents and
// the queue heed.
const offered = smtpwire.DSN | smtpwire.BinaryMIME | smtpwire.RequireTLS | smtpwire.DeliverByTime | smtpwire.MTPriority

func newEngines(s *Server, c *config.Config) (*engines, error) {
	e := new(engines)
	limits := smtp.Limits{
		MessageBytes: int64(c.Limits.MessageSize), Recipients: c.Limits.Recipients, Idle: c.Limits.SMTPIdle.Std(),
	}
	var err error
	receiver := s.agents.receiver(c)
	e.mx, err = smtp.New(smtp.Options{
		Hostname: c.Hostname, Mode: smtp.MX, Limits: limits, Log: s.log,
		Receiver: s.counted("smtp", receiver), Queue: receiver, Extensions: offered, XClient: c.Trust.XClient,
	})
	if err != nil {
		return nil, err
	}
	e.lmtp, err = smtp.New(smtp.Options{
		Hostname: c.Hostname, Mode: smtp.LMTP, Limits: limits, Log: s.log,
		Receiver: s.counted("lmtp", receiver), Extensions: offered,
	})
	if err != nil {
		return nil, err
	}
	e.submission, err = smtp.New(smtp.Options{
		Hostname: c.Hostname, Mode: smtp.Submission, Limits: limits, Log: s.log,
		Receiver: s.counted("submission", s.agents.submitter(c, receiver)), Authenticator: s.logins("submission"),
		Queue: receiver, Extensions: offered | smtpwire.FutureRelease, XClient: c.Trust.XClient,
	})
	if err != nil {
		return nil, err
	}
	e.imap = imap.New(s.stores.Mail, s.stores.Blobs, imap.Options{
		Hostname: c.Hostname, Auth: s.logins("imap"), Log: s.log, Quota: s.quota, Refuse: s.pressure.Refuses,
		Neighbours: neighbours{s.stores.Directory},
		Limits: imap.Limits{
			Append: int64(c.Limits.MessageSize), IdleTimeout: c.Limits.IMAPIdle.Std(), IdleNotice: c.Limits.IMAPNotice.Std(), LoginTimeout: c.Limits.LoginTime.Std(),
			Messages: c.Limits.IMAPMessages, Saves: c.Limits.IMAPSaves,
		},
	})
	e.pop = pop.New(pop.Options{
		Hostname: c.Hostname, Auth: s.logins("pop3"), Store: s.stores.Mail, Log: s.log, BadLogin: directory.ErrAuth,
		IdleTimeout: c.Limits.POP3Idle.Std(), LoginTimeout: c.Limits.LoginTime.Std(),
		Maildrops: s.maildrops, LoginDelay: c.POP3.LoginDelay.Std(), Expire: c.POP3.Expire.Std(), Language: string(c.POP3.Language),
	})
	e.pop2 = pop2.New(pop2.Options{
		Hostname: c.Hostname, Auth: s.logins("pop2"), Store: s.stores.Mail, Log: s.log, BadLogin: directory.ErrAuth,
		IdleTimeout: c.Limits.POP3Idle.Std(), LoginTimeout: c.Limits.LoginTime.Std(),
		Maildrops: s.maildrops, LoginDelay: c.POP3.LoginDelay.Std(),
	})
	return e, nil
}

// handler is the engine of a protocol, and what it says when there are too
// many connections.
func (e *engines) handler(p config.Protocol) listen.Handler {
	switch p {
	case config.SMTP:
		return e.mx.Handle
	case config.Submission:
		return e.submission.Handle
	case config.LMTP:
		return e.lmtp.Handle
	case config.IMAP:
		return e.imap.ServeConn
	case config.POP3:
		return e.pop.Handle
	case config.POP2:
		return e.pop2.Handle
	}
	return func(_ context.Context, c net.Conn, _ listen.Info) { c.Close() } // config lets no other through
}

func busy(p config.Protocol, hostname string) string {
	switch p {
	case config.IMAP:
		return imap.Busy
	case config.POP3:
		return pop.Busy
	case config.POP2:
		return pop2.Busy
	}
	return smtp.Busy(hostname)
}

// enter counts a session in; false when newer engines are there.
func (e *engines) enter() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.retired {
		e.sessions++
	}
	return !e.retired
}

// leave counts a session out.
func (e *engines) leave() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sessions--
	e.closeIfUnused()
}

// retire lets no new session in. What the engines hold goes when the last
// session has ended.
func (e *engines) retire() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.retired = true
	e.closeIfUnused()
}

func (e *engines) closeIfUnused() {
	if e.retired && e.sessions == 0 {
		e.imap.Close()
	}
}
