package mta

import (
	"context"
	"strings"
	"sync"
	"time"

	"tram/internal/directory"
	"tram/internal/mail/address"
	"tram/internal/mail/smtpwire"
)

// DomainRetrier sends what waits for a domain now. *queue.Queue is one.
type DomainRetrier interface {
	RetryDomain(ctx context.Context, domain string) (n int, err error)
}

// ETRN is limited: each run reads the queue, and each try that fails costs
// connections.
const (
	etrnPause   = time.Minute // between two runs for one domain
	etrnDomains = 10_000      // that are remembered
)

var (
	errETRN      = smtpwire.NewReply(459, "4.7.1", "This server keeps no queue for that domain")
	errETRNOften = smtpwire.NewReply(458, "4.7.1", "The queue was run for that domain a moment ago; try again later")
)

// etrnLimit remembers when the queue was run for a domain. The zero value is
// ready.
type etrnLimit struct {
	mu  sync.Mutex
	ran map[string]time.Time // guarded by mu
}

// run runs the queue for one of our relayed domains. Mail for others is none
// of the client's business.
func (l *etrnLimit) run(ctx context.Context, q DomainRetrier, d Directory, domain string) (int, error) {
	name, err := address.ParseDomain(strings.TrimPrefix(domain, "@")) // RFC 1985 5.1: with subdomains, which the queue matches anyway
	if err != nil {
		return 0, errETRN
	}
	res, err := d.Resolve(ctx, address.Address{Local: "postmaster", Domain: name})
	switch {
	case err != nil:
		return 0, err
	case res.Class == directory.NotLocal || res.Domain.Kind != directory.Relayed:
		return 0, errETRN
	case !l.take(res.Domain.Name, time.Now()):
		return 0, errETRNOften
	}
	return q.RetryDomain(ctx, res.Domain.Name)
}

// take reports whether a domain may have a run now, and notes it.
func (l *etrnLimit) take(domain string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.ran[domain]) < etrnPause {
		return false
	}
	if l.ran == nil || len(l.ran) >= etrnDomains {
		l.ran = make(map[string]time.Time)
	}
	l.ran[domain] = now
	return true
}
