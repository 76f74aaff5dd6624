package server

import (
	"context"
	"time"

	"tram/internal/server/stores"
)

const (
	// upkeepEvery is the pause between two rounds, and firstUpkeep the time
	// from the start to the first, so that a restart is not slowed by it.
	upkeepEvery = time.Hour
	firstUpkeep = 10 * time.Minute
)

// upkeep is what nobody asks for and has to be done now and then: the mail of
// deleted accounts goes, the space of bodies that nothing names is reclaimed,
// and a self-signed certificate is renewed.
func (s *Server) upkeep(ctx context.Context) error {
	began := time.Now()
	timer := time.NewTimer(firstUpkeep)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
			now := soberTime(began, time.Since(began), time.Now())
			s.sweepAccounts(ctx, now)
			s.expireInboxes(ctx, now)
			s.collectBodies(ctx, now.Add(-stores.BodyGrace))
			s.renewCertificate()
			s.checkSCRAM(ctx)
			timer.Reset(upkeepEvery)
		}
	}
}

// soberTime is the time by which things are old enough to be removed: what the
// clock says, and no more than what it said at the beginning and the time that
// has passed since. A clock that is set wrong, or right, by years must not make
// all mail old at once, nor bodies that somebody is about to name.
func soberTime(began time.Time, passed time.Duration, now time.Time) time.Time {
	began, now = began.Round(0), now.Round(0) // by the calendar
	if by := began.Add(passed); by.Before(now) {
		return by
	}
	return now
}

// checkSCRAM lets SCRAM be offered again when the last account that was imported
// with a hash has got its keys.
func (s *Server) checkSCRAM(ctx context.Context) {
	if s.stores.Directory.SCRAMReady() {
		return
	}
	if err := s.stores.Directory.CheckSCRAM(ctx); err != nil && ctx.Err() == nil {
		s.log.Error("looking for accounts without SCRAM keys", "error", err)
	}
}

func (s *Server) sweepAccounts(ctx context.Context, now time.Time) {
	n, err := s.admin.Sweep(ctx, now)
	if err != nil && ctx.Err() == nil {
		s.log.Error("removing mail of deleted accounts", "error", err)
	}
	if n > 0 {
		s.log.Info("mail of deleted accounts removed", "accounts", n)
	}
}

// expireInboxes removes what has been in an INBOX for longer than the
// administrator wants (pop3.expire), which POP3 clients were told by EXPIRE.
func (s *Server) expireInboxes(ctx context.Context, now time.Time) {
	s.mu.Lock()
	kept := s.config.POP3.Expire.Std()
	s.mu.Unlock()
	if kept == 0 {
		return
	}
	total := 0
	for acct, err := range s.stores.Directory.Accounts(ctx, "") {
		n := 0
		if err == nil {
			n, err = s.stores.Mail.ExpireInbox(ctx, acct.ID, now.Add(-kept))
		}
		if err != nil {
			if ctx.Err() == nil {
				s.log.Error("removing expired messages", "account", acct.Address, "error", err)
			}
			return
		}
		total += n
	}
	if total > 0 {
		s.log.Info("expired messages removed", "messages", total, "older_than", kept)
	}
}

// collectBodies reclaims the bodies that neither the queue nor a mailbox names
// and that were stored before the cutoff.
func (s *Server) collectBodies(ctx context.Context, cutoff time.Time) {
	start := time.Now()
	done, err := s.stores.Collect(ctx, cutoff)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		s.log.Error("reclaiming space", "error", err)
	case done.Dead > 0:
		s.log.Info("space reclaimed", "dead", done.Dead, "moved", done.Moved, "freed_bytes", done.FreedBytes, "took", time.Since(start).Round(time.Millisecond))
	}
}

// renewCertificate lets a self-signed certificate be made anew in time, and
// warns of another one that expires.
func (s *Server) renewCertificate() {
	s.mu.Lock()
	c := s.config.TLS
	s.mu.Unlock()
	if c.Certificate == "" {
		if err := s.certs.Reload("", ""); err != nil {
			s.log.Error("renewing the self-signed certificate", "error", err)
		}
		return
	}
	if left := time.Until(s.certs.Expires()); left < 7*24*time.Hour {
		s.log.Warn("the certificate expires soon", "certificate", c.Certificate, "left", left.Round(time.Hour), "advice", "renew it and run tram reload")
	}
}
