package mta

import (
	"tram/internal/directory"
	"tram/internal/mail/address"
	"tram/internal/mail/smtpwire"
)

// RouteConfig is what Route knows of the configuration.
type RouteConfig struct {
	Relay   Hop  // the default relay (Way ToHost); with an empty Name mail goes straight to the MX
	Explain bool // write Decision.Steps
}

// Envelope is what Route looks at beside the recipient.
type Envelope struct {
	Sender address.Address
}

// Facts are what was looked up about a recipient.
type Facts struct {
	Resolution directory.Resolution
}

var (
	errNoDomain   = smtpwire.NewReply(550, "5.1.2", "The domain of the address cannot exist")
	errNotASender = smtpwire.NewReply(550, "5.1.3", "The address is not one that mail can be sent to")
)

// Route decides where a recipient goes, given what the directory says about
// its address. It is a pure function: production and explanation are the same.
func Route(c RouteConfig, e Envelope, to address.Address, f Facts) Decision {
	switch {
	case to.IsNull():
		return fail(errNotASender, "the null sender gets no mail")
	case f.Resolution.Class != directory.NotLocal:
		// Unknown and disabled ones too: the delivery agent says so, and what
		// it says becomes the bounce.
		return Decision{Hop: Hop{Way: Local, Name: to.Domain}, Why: "the domain is ours"}
	case c.Relay.Name != "":
		return Decision{Hop: c.Relay, Why: "mail for other domains goes through the relay host"}
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
