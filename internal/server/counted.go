package server

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tram/internal/access/smtp"
	"tram/internal/directory"
	"tram/internal/mail/smtpwire"
)

// countedReceiver counts the messages that pass to an agent.
type countedReceiver struct {
	smtp.Receiver
	accepted, rejected, deferred prometheus.Counter
	seconds                      prometheus.Observer
}

func (s *Server) counted(protocol string, r smtp.Receiver) smtp.Receiver {
	c := s.metrics.Mail.Received
	return &countedReceiver{
		Receiver: r,
		accepted: c.WithLabelValues(protocol, "accepted"),
		rejected: c.WithLabelValues(protocol, "rejected"),
		deferred: c.WithLabelValues(protocol, "deferred"),
		seconds:  s.metrics.Mail.Accept,
	}
}

func (c *countedReceiver) Data(ctx context.Context, p *smtpwire.Peer, e *smtpwire.Envelope, body io.Reader) (string, error) {
	start := time.Now()
	id, err := c.Receiver.Data(ctx, p, e, body)
	reply := new(smtpwire.Reply)
	switch {
	case err == nil:
		c.accepted.Inc()
		c.seconds.Observe(time.Since(start).Seconds())
	case errors.As(err, &reply) && reply.Permanent():
		c.rejected.Inc()
	default:
		c.deferred.Inc()
	}
	return id, err
}

// countedLogins counts logins that pass to the directory.
type countedLogins struct {
	directory         *directory.Directory
	ok, wrong, failed prometheus.Counter
}

func (s *Server) logins(protocol string) *countedLogins {
	c := s.metrics.Logins.Total
	return &countedLogins{
		directory: s.stores.Directory,
		ok:        c.WithLabelValues(protocol, "ok"),
		wrong:     c.WithLabelValues(protocol, "wrong"),
		failed:    c.WithLabelValues(protocol, "error"),
	}
}

func (c *countedLogins) Authenticate(ctx context.Context, login, password string, remote netip.Addr) (uint64, string, error) {
	account, canonical, err := c.directory.Authenticate(ctx, login, password, remote)
	switch {
	case err == nil:
		c.ok.Inc()
	case errors.Is(err, directory.ErrAuth):
		c.wrong.Inc()
	default:
		c.failed.Inc()
	}
	return account, canonical, err
}
