package server

import (
	"context"
	"strings"

	"tram/internal/access/smtp"
	"tram/internal/agent/msa"
	"tram/internal/config"
	"tram/internal/server/control"
	"tram/internal/server/local"
)

// openLocal opens the door for sendmail; nil when none is wanted.
func (s *Server) openLocal() (*local.Server, error) {
	c := s.config
	if c.Local.Directory == "" {
		return nil, nil
	}
	door, err := local.Listen(local.Options{
		Directory: c.Local.Directory, Hostname: c.Hostname, Domain: s.localDomain, Log: s.log,
		Limits: smtp.Limits{MessageBytes: int64(c.Limits.MessageSize), Recipients: local.MaxRecipients, Idle: c.Limits.SMTPIdle.Std()},
		Queue:  s.queueOf,
		Policy: msa.LocalOptions{
			Intake: s.agents.intake, Directory: s.stores.Directory, Inquirer: s.agents.receiver(c), Pressure: s.pressure, Log: s.log,
		},
	})
	if err != nil {
		return nil, c.Problem("local.directory", err.Error())
	}
	return door, nil
}

// queueOf lists the waiting mail that a user of this machine has sent; "" is
// everybody's.
func (s *Server) queueOf(ctx context.Context, user string, emit func(control.QueueEntry) error) error {
	return s.admin.Queue(ctx, control.QueueFilter{}, func(e control.QueueEntry) error {
		if user != "" && (e.User != user || e.Protocol != "LOCAL") {
			return nil
		}
		return emit(e)
	})
}

// localDomain completes addresses without a domain.
func (s *Server) localDomain(ctx context.Context) string {
	return LocalDomain(s.config, func(name string) bool {
		_, err := s.stores.Directory.Domain(ctx, name)
		return err == nil
	})
}

// LocalDomain is local.domain of a configuration, or what stands in its place:
// the host name, or the domain above it when only that is ours.
func LocalDomain(c *config.Config, isOurs func(domain string) bool) string {
	if c.Local.Domain != "" {
		return c.Local.Domain
	}
	_, above, _ := strings.Cut(c.Hostname, ".")
	if !isOurs(c.Hostname) && isOurs(above) {
		return above
	}
	return c.Hostname
}
