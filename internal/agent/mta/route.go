package mta

import (
	"strings"

	"tram/internal/agent/mta/smtpclient"
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
	Rules      *directory.Rules // nil: none
}

var (
	errNoDomain   = smtpwire.NewReply(550, "5.1.2", "The domain of the address cannot exist")
	errNotASender = smtpwire.NewReply(550, "5.1.3", "The address is not one that mail can be sent to")
)

// Route decides where a recipient goes, given what the directory says about
// its address. It is a pure and total function, production and explanation are
// the same, and without Explain it allocates nothing. It asks, in this order:
//
//  1. is it an address that gets mail at all,
//  2. does a recipient route discard, hold or refuse it,
//  3. is it ours: account, alias, list, or an address of ours that nobody has,
//  4. does a recipient route name a host,
//  5. is its domain one that we relay: to its MX,
//  6. does a route of the sender name a host,
//  7. is there a default relay,
//  8. is the domain an IP address,
//  9. to the MX of the domain.
//
// A route of the sender comes behind relayed domains because anybody can claim
// to be that sender: a stranger's mail for an inner host must not travel with
// the login of somebody of ours at a provider.
func Route(c RouteConfig, e Envelope, to address.Address, f Facts) Decision {
	r := router{c: c, e: e, to: to, f: f}
	d := r.route()
	d.Steps = r.steps
	return d
}

// router is one question and the steps to its answer.
type router struct {
	c     RouteConfig
	e     Envelope
	to    address.Address
	f     Facts
	steps []Step
}

func (r *router) route() Decision {
	if r.to.IsNull() {
		return r.fail(errNotASender, "the null sender gets no mail")
	}
	rule := r.recipientRule()
	if d, ok := r.stopped(rule); ok {
		return d
	}
	if d, ok := r.local(); ok {
		return d
	}
	if d, ok := r.named("recipient route", "a route of the recipient names the next hop", rule); ok {
		return d
	}
	if d, ok := r.relayed(); ok {
		return d
	}
	if d, ok := r.bySender(); ok {
		return d
	}
	if d, ok := r.relay(); ok {
		return d
	}
	if ip, ok := r.to.LiteralIP(); ok {
		r.note("address literal", "the domain is the address of a host")
		return Decision{Hop: Hop{Way: ToLiteral, Name: r.to.Domain, IP: ip}, Why: "the domain is the address of a host"}
	}
	return r.exchangers(r.to.ASCII(), "the hosts of the domain take its mail")
}

// recipientRule is the route of the recipient, or of what it stands for in
// another domain.
func (r *router) recipientRule() *directory.Route {
	if rule := r.f.Rules.RouteTo(r.to); rule != nil {
		return rule
	}
	if d := r.f.Resolution.Domain.Name; d != "" && d != r.to.Domain {
		return r.f.Rules.RouteTo(address.Address{Local: r.to.Local, Domain: d})
	}
	return nil
}

// stopped is step 2. A rule for everything ("*") is about other people's
// domains: it stops no mail of ours.
func (r *router) stopped(rule *directory.Route) (Decision, bool) {
	if rule == nil || rule.Match == "*" && r.isOurs() {
		return Decision{}, false
	}
	return r.ended("recipient route", rule)
}

// ended is the decision of a rule that sends mail nowhere.
func (r *router) ended(what string, rule *directory.Route) (d Decision, ok bool) {
	h := rule.Hop()
	switch h.Kind {
	case directory.HopDiscard:
		d = Decision{Hop: Hop{Way: Discard}, Why: "a route says that the mail is thrown away"}
	case directory.HopHold:
		d = Decision{Hop: Hop{Way: Hold, Name: h.Text}, Why: "a route says that the mail is held"}
	case directory.HopError:
		d = r.fail(hopReply(h), "a route says that the mail is refused")
	default:
		return Decision{}, false
	}
	d.Rule = rule
	r.note(what, rule.Match, " → ", rule.NextHop)
	return d, true
}

// hopReply is the reply of an "error:" next hop.
func hopReply(h directory.NextHop) *smtpwire.Reply {
	if strings.HasPrefix(h.Code, "4") {
		return smtpwire.NewReply(450, h.Code, h.Text)
	}
	return smtpwire.NewReply(550, h.Code, h.Text)
}

// isOurs reports whether the address is in a domain of which we know every
// address.
func (r *router) isOurs() bool {
	return r.f.Resolution.Class != directory.NotLocal && r.f.Resolution.Class != directory.IsRelayed
}

// local is step 3. Unknown and disabled addresses too: the delivery agent says
// so, and what it says becomes the bounce.
func (r *router) local() (Decision, bool) {
	r.note("domain", "class ", r.f.Resolution.Class.String())
	if !r.isOurs() {
		return Decision{}, false
	}
	return Decision{Hop: Hop{Way: Local, Name: r.to.Domain}, Why: "the address is ours"}, true
}

// named is the decision of a rule that names a host.
func (r *router) named(what, why string, rule *directory.Route) (Decision, bool) {
	if rule == nil {
		r.note(what, "no rule matches")
		return Decision{}, false
	}
	if d, ok := r.ended(what, rule); ok {
		return d, true
	}
	r.note(what, rule.Match, " → ", rule.NextHop)
	h := rule.Hop()
	if h.Kind != directory.HopHost {
		return Decision{}, false // "local": as if there were no route
	}
	return Decision{Hop: r.hop(h), Why: why, Rule: rule}, true
}

// hop is a next hop of the directory as ours, with the login at it.
func (r *router) hop(n directory.NextHop) Hop {
	h := Hop{Way: ToHost, Name: n.Host, Port: uint16(n.Port), TLS: smtpclient.TLSMode(n.TLS), Socket: n.Socket, User: n.User}
	switch {
	case n.LMTP:
		h.Way = ToLMTP
	case n.MX:
		h.Way = ToMX
	}
	if c := r.f.Rules.Credential(n.Host, n.Port, n.User); c != nil {
		h.User = c.User
	}
	return h
}

// relayed is step 5.
func (r *router) relayed() (Decision, bool) {
	if r.f.Resolution.Class != directory.IsRelayed {
		return Decision{}, false
	}
	domain := r.f.Resolution.Domain.Name
	if domain == "" {
		domain = r.to.ASCII()
	}
	return r.exchangers(domain, "we relay the domain to its own hosts"), true
}

// bySender is step 6.
func (r *router) bySender() (Decision, bool) {
	return r.named("sender route", "a route of the sender names the next hop", r.f.Rules.RouteFrom(r.e.Sender))
}

// relay is step 7.
func (r *router) relay() (Decision, bool) {
	if r.c.Relay.Name == "" {
		r.note("default relay", "none")
		return Decision{}, false
	}
	r.note("default relay", r.c.Relay.String())
	return Decision{Hop: r.c.Relay, Why: "mail for other domains goes through the relay host"}, true
}

func (r *router) exchangers(domain, why string) Decision {
	if domain == "" {
		return r.fail(errNoDomain, "the domain has no form that the DNS knows")
	}
	r.note("mail hosts", "MX of ", domain)
	return Decision{Hop: Hop{Way: ToMX, Name: domain}, Why: why}
}

func (r *router) fail(reply *smtpwire.Reply, why string) Decision {
	return Decision{Hop: Hop{Way: Fail}, Reply: reply, Why: why}
}

// note writes a step for explanations.
func (r *router) note(what string, said ...string) {
	if r.c.Explain {
		r.steps = append(r.steps, Step{what, strings.Join(said, "")})
	}
}
