package mta

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"time"

	"tram/internal/directory"
	"tram/internal/mail/smtpwire"
)

// nameTime bounds how long a client waits for the DNS to name it.
const nameTime = 5 * time.Second

// Names finds the host name of a client, "" when it has none that leads back to
// its address. It is asked only when there are access rules about names; the
// resolver remembers its answers. [MTA.NameOf] is one.
type Names func(ctx context.Context, client netip.Addr) string

// NameOf is the name that the DNS has for an address, if that name has the
// address, too: anybody can give his own address any name.
func (m *MTA) NameOf(ctx context.Context, client netip.Addr) string {
	ctx, cancel := context.WithTimeout(ctx, nameTime)
	defer cancel()
	client = client.Unmap()
	names, err := m.o.Resolver.LookupPTR(ctx, client)
	if err != nil {
		return ""
	}
	for _, name := range names[:min(len(names), 3)] {
		addrs, err := m.o.Resolver.LookupIP(ctx, name)
		if err == nil && slices.ContainsFunc(addrs, func(a netip.Addr) bool { return a.Unmap() == client }) {
			return strings.ToLower(strings.TrimSuffix(name, "."))
		}
	}
	return ""
}

// clientOf is the policy's view of a session.
func clientOf(ctx context.Context, p *smtpwire.Peer, rules *directory.Rules, names Names) Client {
	c := Client{IP: p.Remote.Addr(), Name: p.Name, Helo: p.Helo, User: p.User}
	if c.User == "" {
		c.User = p.LocalUser
	}
	if c.Name == "" && c.User == "" && names != nil && rules.NamesClients() {
		c.Name = names(ctx, c.IP)
	}
	return c
}
