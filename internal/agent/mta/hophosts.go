package mta

import (
	"context"
	"net/netip"

	"tram/internal/agent/mta/smtpclient"
	"tram/internal/dns"
	"tram/internal/mail/smtpwire"
)

// HopHost is one host of a next hop, as it would be tried.
type HopHost struct {
	Name       string
	Preference uint16
	Addresses  []netip.AddrPort
	Trouble    string // why it has no address, or is not tried
}

// Hosts lists the hosts of a hop in the order in which they would be tried,
// with their addresses. The reply is set when mail cannot go there: 5yz for
// certain, 4yz for now. It asks the DNS and connects to nobody.
func (m *MTA) Hosts(ctx context.Context, hop Hop, shuffle Shuffle) ([]HopHost, *smtpwire.Reply) {
	if hop.Socket != "" {
		return []HopHost{{Name: hop.Socket}}, nil
	}
	names, reply := m.names(ctx, hop, shuffle)
	if reply != nil {
		return nil, reply
	}
	reply = smtpwire.NewReply(451, "4.4.4", "None of the mail hosts of the destination has an address")
	if len(names) == 1 && names[0].Host == hop.Name && hop.Way == ToMX {
		reply = errNoHost
	}
	var hosts []HopHost
	for _, mx := range names {
		h := HopHost{Name: mx.Host, Preference: mx.Preference}
		addrs, err := m.addresses(ctx, mx.Host)
		switch {
		case err != nil:
			h.Trouble = err.Error()
			reply = smtpwire.NewReply(451, "4.4.3", "The DNS gives no answer: "+h.Trouble)
		case len(addrs) == 0:
			h.Trouble = "has no address"
		}
		for _, addr := range addrs {
			to := netip.AddrPortFrom(addr, m.port(hop))
			if m.isSelf(to) { // neither this host nor any behind it, see visit
				if len(hosts) == 0 && len(h.Addresses) == 0 {
					return nil, errLoop
				}
				return append(hosts, h), nil
			}
			h.Addresses = append(h.Addresses, to)
			reply = nil
		}
		hosts = append(hosts, h)
	}
	return hosts, reply
}

// names are the names of the hosts of a hop.
func (m *MTA) names(ctx context.Context, hop Hop, shuffle Shuffle) ([]dns.MX, *smtpwire.Reply) {
	switch hop.Way {
	case ToHost, ToLMTP:
		return []dns.MX{{Host: hop.Name}}, nil
	case ToLiteral:
		return []dns.MX{{Host: hop.IP.String()}}, nil
	}
	set, err := m.o.Resolver.LookupMX(ctx, hop.Name)
	return Exchangers(m.o.Hostname, set, err, shuffle)
}

// targets are the addresses of a hop that can be dialled, in order.
func (m *MTA) targets(ctx context.Context, hop Hop) ([]smtpclient.Host, error) {
	rules, err := m.o.Directory.Rules(ctx)
	if err != nil {
		return nil, err
	}
	if hop.Socket != "" {
		return []smtpclient.Host{m.socketOf(rules, hop)}, nil
	}
	hosts, reply := m.Hosts(ctx, hop, noShuffle)
	if reply != nil {
		return nil, reply
	}
	var list []smtpclient.Host
	for _, h := range hosts {
		for _, to := range h.Addresses {
			list = append(list, m.host(rules, hop, h.Name, to))
		}
	}
	return list, nil
}

func noShuffle(int, func(i, j int)) {}
