package mta

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"

	"tram/internal/dns"
	"tram/internal/mail/smtpwire"
)

// Replies that the DNS and the configuration give in place of a host.
var (
	errNXDomain = smtpwire.NewReply(550, "5.1.2", "The domain does not exist")
	errNullMX   = smtpwire.NewReply(556, "5.1.10", "The domain takes no mail (null MX)")
	errNoHost   = smtpwire.NewReply(550, "5.4.4", "The domain has neither a mail host nor an address")
	errLoop     = smtpwire.NewReply(550, "5.4.6", "The mail hosts of the domain lead back to this server, which does not know the domain")
)

// exchangers lists the hosts of a hop in the order in which they are tried:
// by preference, at random among equals (RFC 5321 5.1). The reply is set when
// there is none: 5yz says so for certain, 4yz for now.
func (m *MTA) exchangers(ctx context.Context, hop Hop) ([]dns.MX, *smtpwire.Reply) {
	switch hop.Way {
	case ToRelay:
		return []dns.MX{{Host: hop.Name}}, nil
	case ToLiteral:
		return []dns.MX{{Host: hop.IP.String()}}, nil
	}
	set, err := m.o.Resolver.LookupMX(ctx, hop.Name)
	if err != nil {
		return nil, lookupReply(err)
	}
	rand.Shuffle(len(set.Hosts), func(i, j int) { set.Hosts[i], set.Hosts[j] = set.Hosts[j], set.Hosts[i] })
	slices.SortStableFunc(set.Hosts, func(a, b dns.MX) int { return cmp.Compare(a.Preference, b.Preference) })
	hosts := m.before(set.Hosts)
	if len(hosts) == 0 {
		return nil, errLoop
	}
	return hosts, nil
}

// before cuts a sorted list of hosts in front of the first that is not better
// than this server itself: passing mail to those would send it in circles.
func (m *MTA) before(hosts []dns.MX) []dns.MX {
	self := slices.IndexFunc(hosts, func(h dns.MX) bool { return strings.EqualFold(h.Host, m.o.Hostname) })
	if self < 0 {
		return hosts
	}
	end := slices.IndexFunc(hosts, func(h dns.MX) bool { return h.Preference >= hosts[self].Preference })
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

// addresses looks up the addresses of a host, IPv6 and IPv4 in turn. None
// without an error means that it has none, or none that mail may be sent to.
func (m *MTA) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	addrs, err := m.o.Resolver.LookupIP(ctx, host)
	if errors.Is(err, dns.ErrNotFound) || errors.Is(err, dns.ErrBadName) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var six, four []netip.Addr
	for _, addr := range addrs {
		addr = addr.Unmap()
		switch {
		case addr.IsUnspecified() || addr.IsMulticast(): // 0.0.0.0 would be ourselves, whoever we are
		case addr.Is4():
			four = append(four, addr)
		default:
			six = append(six, addr)
		}
	}
	var mixed []netip.Addr
	for i := range max(len(six), len(four)) {
		if i < len(six) {
			mixed = append(mixed, six[i])
		}
		if i < len(four) {
			mixed = append(mixed, four[i])
		}
	}
	return mixed, nil
}

// isSelf reports whether a connection to an address would come back to this
// server.
func (m *MTA) isSelf(to netip.AddrPort) bool {
	for _, self := range m.o.Self {
		if self.Port() != to.Port() {
			continue
		}
		if self.Addr().Unmap() == to.Addr() || self.Addr().IsUnspecified() && isOfThisMachine(to.Addr()) {
			return true
		}
	}
	return false
}

// isOfThisMachine reports whether an address is one of the machine's own. When
// the system does not tell, it is taken for a stranger's: mail that then does
// go in circles is stopped by the number of its Received fields.
func isOfThisMachine(addr netip.Addr) bool {
	if addr.IsLoopback() {
		return true
	}
	own, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	return slices.ContainsFunc(own, func(a net.Addr) bool {
		prefix, err := netip.ParsePrefix(a.String())
		return err == nil && prefix.Addr().Unmap() == addr
	})
}
