package mta

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"tram/internal/dns"
	"tram/internal/mail/smtpwire"
)

// Replies that the DNS gives in place of a host.
var (
	errNXDomain = smtpwire.NewReply(550, "5.1.2", "The domain does not exist")
	errNullMX   = smtpwire.NewReply(556, "5.1.10", "The domain takes no mail (null MX)")
	errNoHost   = smtpwire.NewReply(550, "5.4.4", "The domain has neither a mail host nor an address")
	errLoop     = smtpwire.NewReply(550, "5.4.6", "The mail hosts of the domain lead back to this server, which does not know the domain")
)

// Shuffle mixes n things by swapping them, as rand.Shuffle does. Explanations,
// which must say the same thing twice, give one that does nothing.
type Shuffle func(n int, swap func(i, j int))

// Exchangers lists the mail hosts of a domain in the order in which they are
// tried, given what the DNS answered and our own name: by preference, mixed
// among equals (RFC 5321 5.1), and only those that are better than this server
// itself. The reply is set when there is none: 5yz says so for certain, 4yz
// for now. It is a pure function but for shuffle.
func Exchangers(self string, set dns.MXSet, err error, shuffle Shuffle) ([]dns.MX, *smtpwire.Reply) {
	if err != nil {
		return nil, lookupReply(err)
	}
	hosts := slices.Clone(set.Hosts) // the answer may be shared
	shuffle(len(hosts), func(i, j int) { hosts[i], hosts[j] = hosts[j], hosts[i] })
	slices.SortStableFunc(hosts, func(a, b dns.MX) int { return cmp.Compare(a.Preference, b.Preference) })
	if hosts = before(self, hosts); len(hosts) == 0 {
		return nil, errLoop
	}
	return hosts, nil
}

// before cuts a sorted list of hosts in front of the first that is not better
// than this server itself: passing mail to those would send it in circles.
func before(self string, hosts []dns.MX) []dns.MX {
	own := slices.IndexFunc(hosts, func(h dns.MX) bool { return strings.EqualFold(h.Host, self) })
	if own < 0 {
		return hosts
	}
	end := slices.IndexFunc(hosts, func(h dns.MX) bool { return h.Preference >= hosts[own].Preference })
	return hosts[:end]
}

// lookupReply is what a failed lookup of MX means for the message.
func lookupReply(err error) *smtpwire.Reply {
	var e *dns.Error
	switch {
	case errors.Is(err, dns.ErrNullMX):
		return errNullMX
	case errors.Is(err, dns.ErrNXDomain):
		return errNXDomain
	case errors.Is(err, dns.ErrBadName):
		return errNoDomain
	case errors.As(err, &e) && !e.Temporary():
		return errNoHost
	}
	return smtpwire.NewReply(451, "4.4.3", "The DNS gives no answer: "+err.Error())
}
