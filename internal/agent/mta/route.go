package mta

import (
	"net/netip"

	"tram/internal/directory"
	"tram/internal/mail/address"
	"tram/internal/mail/smtpwire"
)

// Way is how a recipient goes on from here.
type Way uint8

// The ways.
const (
	Local     Way = iota // to a mailbox of ours, or an alias
	ToMX                 // to the hosts that take mail for the domain
	ToRelay              // to the relay host
	ToLiteral            // to an IP address that stands in place of the domain
	Fail                 // nowhere; see Decision.Reply
)

// String returns local, mx, relay, literal or fail.
func (w Way) String() string {
	return [...]string{"local", "mx", "relay", "literal", "fail"}[w]
}

// Hop names the next station of a message. Recipients with the same Hop travel
// in one transaction.
type Hop struct {
	Way  Way
	Name string     // domain in A-labels, or the relay host
	IP   netip.Addr // ToLiteral
}

// String is the name of the hop in logs.
func (h Hop) String() string { return h.Name }

// Decision is where a recipient goes, and why.
type Decision struct {
	Hop
	Reply *smtpwire.Reply // Fail
	Why   string          // for people, a constant sentence
}

// RouteConfig is what Route knows of the configuration.
type RouteConfig struct {
	Relay string // the relay host; "" sends straight to the MX
}

var (
	errNoDomain   = smtpwire.NewReply(550, "5.1.2", "The domain of the address cannot exist")
	errNotASender = smtpwire.NewReply(550, "5.1.3", "The address is not one that mail can be sent to")
)

// Route decides where a recipient goes, given what the directory says about
// its address. It is a pure function: production and explanation are the same.
func Route(c RouteConfig, to address.Address, res directory.Resolution) Decision {
	switch {
	case to.IsNull():
		return fail(errNotASender, "the null sender gets no mail")
	case res.Class != directory.NotLocal:
		// Unknown and disabled ones too: the delivery agent says so, and what
		// it says becomes the bounce.
		return Decision{Hop: Hop{Way: Local, Name: to.Domain}, Why: "the domain is ours"}
	case c.Relay != "":
		return Decision{Hop: Hop{Way: ToRelay, Name: c.Relay}, Why: "mail for other domains goes through the relay host"}
	}
	if ip, ok := to.LiteralIP(); ok {
		return Decision{Hop: Hop{Way: ToLiteral, Name: to.Domain, IP: ip}, Why: "the domain is the address of a host"}
	}
	domain := to.ASCII()
	if domain == "" {
		return fail(errNoDomain, "the domain has no form that the DNS knows")
	}
	return Decision{Hop: Hop{Way: ToMX, Name: domain}, Why: "the hosts of the domain take its mail"}
}

func fail(reply *smtpwire.Reply, why string) Decision {
	return Decision{Hop: Hop{Way: Fail}, Reply: reply, Why: why}
}
