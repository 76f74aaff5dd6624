package mta

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"

	"tram/internal/dns"
	"tram/internal/mail/smtpwire"
)

// exchangers lists the hosts of a hop in the order in which they are tried:
// by preference, at random among equals (RFC 5321 5.1). The reply is set when
// there is none: 5yz says so for certain, 4yz for now.
func (m *MTA) exchangers(ctx context.Context, hop Hop) ([]dns.MX, *smtpwire.Reply) {
	switch hop.Way {
	case ToHost, ToLMTP:
		return []dns.MX{{Host: hop.Name}}, nil
	case ToLiteral:
		return []dns.MX{{Host: hop.IP.String()}}, nil
	}
	set, err := m.o.Resolver.LookupMX(ctx, hop.Name)
	return Exchangers(m.o.Hostname, set, err, rand.Shuffle)
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
