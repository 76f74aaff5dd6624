package server

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tram/internal/access/listen/login"
	"tram/internal/access/smtp"
	"tram/internal/config"
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
	offers            login.Offers
	guesses           *login.Guesses
	log               *slog.Logger
	ok, wrong, failed prometheus.Counter
}

func (s *Server) logins(protocol string) *countedLogins {
	c := s.metrics.Logins.Total
	return &countedLogins{
		directory: s.stores.Directory,
		offers:    offersOf(s.opts.Config.Auth),
		guesses:   s.guesses,
		log:       s.log,
		ok:        c.WithLabelValues(protocol, "ok"),
		wrong:     c.WithLabelValues(protocol, "wrong"),
		failed:    c.WithLabelValues(protocol, "error"),
	}
}

func (c *countedLogins) Authenticate(ctx context.Context, login, password string, remote netip.Addr) (uint64, string, error) {
	account, canonical, err := c.directory.Authenticate(ctx, login, password, remote)
	c.Judged(err)
	return account, canonical, err
}

// May implements login.Guard.
func (c *countedLogins) May(ctx context.Context, name, guess string, from netip.Addr) error {
	err := c.guesses.May(ctx, name, guess, from)
	if err != nil {
		c.wrong.Inc()
		c.log.Info("login refused: too many wrong passwords", "login", name, "remote", from)
	}
	return err
}

// Ended implements login.Guard.
func (c *countedLogins) Ended(name, guess string, from netip.Addr, err error) {
	c.guesses.Ended(name, guess, from, err)
}

// SCRAM implements login.Keeper.
func (c *countedLogins) SCRAM(ctx context.Context, name string) (directory.Keys, error) {
	return c.directory.SCRAM(ctx, name)
}

// Offers implements login.Policy. SCRAM is offered while nobody would fail with
// it, see directory.SCRAMReady.
func (c *countedLogins) Offers() login.Offers {
	o := c.offers
	o.SCRAM = o.SCRAM && c.directory.SCRAMReady()
	return o
}

func offersOf(a config.Auth) login.Offers {
	return login.Offers{SCRAM: a.SCRAM != config.SCRAMOff, Plus: a.SCRAM == config.SCRAMPlus, CRAMMD5: a.CRAMMD5}
}

// VerifyCRAMMD5 implements login.Verifier.
func (c *countedLogins) VerifyCRAMMD5(ctx context.Context, login string, challenge, digest []byte) (uint64, string, error) {
	account, canonical, err := c.directory.VerifyCRAMMD5(ctx, login, challenge, digest)
	c.Judged(err)
	return account, canonical, err
}

// AccountOf implements smtp.Accounts: the account of a login that a trusted
// host has checked.
func (c *countedLogins) AccountOf(ctx context.Context, login string) (uint64, string, error) {
	a, err := c.directory.AccountByAddress(ctx, login)
	switch {
	case errors.Is(err, directory.ErrNoAccount), err == nil && a.Disabled:
		return 0, "", directory.ErrAuth
	case err != nil:
		return 0, "", err
	}
	return uint64(a.ID), a.Address, nil
}

// Judged counts how an attempt ended; it implements login.Judge.
func (c *countedLogins) Judged(err error) {
	switch {
	case err == nil:
		c.ok.Inc()
	case errors.Is(err, directory.ErrAuth):
		c.wrong.Inc()
	default:
		c.failed.Inc()
	}
}
