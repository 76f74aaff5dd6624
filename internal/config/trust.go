package config

import (
	"net/netip"
	"slices"
	"strings"
)

// Trust names the hosts whose word is taken for who the client is, or who may
// hand in mail over LMTP. Relay.Networks says who may relay.
type Trust struct {
	Proxy   []netip.Prefix `json:"proxy"`
	XClient []netip.Prefix `json:"xclient"`
	LMTP    []netip.Prefix `json:"lmtp"`
}

// Equal reports whether both trust the same networks.
func (t Trust) Equal(u Trust) bool {
	return slices.Equal(t.Proxy, u.Proxy) && slices.Equal(t.XClient, u.XClient) && slices.Equal(t.LMTP, u.LMTP)
}

// Auth is how users log in.
type Auth struct {
	SCRAM   SCRAM `json:"scram"`
	CRAMMD5 bool  `json:"cram_md5"`
}

// SCRAM says whether SCRAM-SHA-256 is offered.
type SCRAM string

// The offers. PLUS has to be asked for: clients made with GNU SASL, mutt for
// one, take it whenever they see it and then fail when they were not taught
// about TLS.
const (
	SCRAMOff  SCRAM = "off"
	SCRAMOn   SCRAM = "on"
	SCRAMPlus SCRAM = "plus"
)

// UnmarshalText accepts one of the choices.
func (s *SCRAM) UnmarshalText(text []byte) error {
	return choose(s, text, SCRAMOff, SCRAMOn, SCRAMPlus)
}

const trustDoc = "Hosts whose word is taken. Name single hosts and networks of your own, never more: whoever is named here can be anybody."

func trustSettings() []setting {
	return []setting{
		{"proxy", `Proxies in front of listeners with proxy = true, as "192.0.2.1". Nobody else can connect to those.`, func(c *Config) any { return &c.Trust.Proxy }},
		{"xclient", "Hosts that may say with XCLIENT for which client they speak: content filters and SMTP proxies in front of this server.", func(c *Config) any { return &c.Trust.XClient }},
		{"lmtp", "Clients of listeners for LMTP. Unix sockets are guarded by their file mode instead.", func(c *Config) any { return &c.Trust.LMTP }},
	}
}

func authSettings() []setting {
	return []setting{
		{"scram", `Offer SCRAM-SHA-256, with which the password stays with the client: "off", "on", or "plus" for SCRAM-SHA-256-PLUS too, which is bound to the TLS connection. Some clients (mutt and neomutt of Debian 12) choose PLUS when they see it and cannot do it.`, func(c *Config) any { return &c.Auth.SCRAM }},
		{"cram_md5", "Offer CRAM-MD5 to old clients. What has to be stored for it is as good as the password; it is stored when a password is set, so set passwords again after turning this on.", func(c *Config) any { return &c.Auth.CRAMMD5 }},
	}
}

// loopbackNetworks are the machine itself.
func loopbackNetworks() []netip.Prefix {
	return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
}

func (c *Config) checkTrust(r *report) {
	for key, networks := range map[string][]netip.Prefix{"proxy": c.Trust.Proxy, "xclient": c.Trust.XClient, "lmtp": c.Trust.LMTP} {
		for _, n := range networks {
			if n.IsValid() && n.Bits() == 0 {
				r.at("trust."+key, "%s is everyone, who could then pass for anyone; name your own hosts", n)
			}
		}
	}
	for i, l := range c.Listeners {
		if l.Proxy && len(c.Trust.Proxy) == 0 {
			r.at(ListenerKey(i, "proxy"), `nobody could connect: no proxy is trusted; name them in [trust] proxy, or take proxy = true away`)
		}
	}
}

// Unix reports whether the address is the path of a Unix socket.
func (l Listener) Unix() bool { return strings.HasPrefix(l.Address, "/") }

// maxSocketPath is what Linux takes for the name of a Unix socket (unix(7)).
const maxSocketPath = 107

// checkUnix checks a listener whose address is a path.
func (c *Config) checkUnix(r *report, i int) {
	l := c.Listeners[i]
	switch {
	case l.Protocol != LMTP:
		r.at(ListenerKey(i, "address"), "%q is a file; only lmtp is spoken on Unix sockets", l.Address)
	case len(l.Address) > maxSocketPath:
		r.at(ListenerKey(i, "address"), "%q is longer than the %d bytes that the name of a Unix socket may have", l.Address, maxSocketPath)
	case l.Proxy:
		r.at(ListenerKey(i, "proxy"), "a Unix socket has no proxy in front of it")
	}
}
