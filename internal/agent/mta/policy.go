package mta

import (
	"cmp"
	"net/netip"
	"strings"

	"tram/internal/directory"
	"tram/internal/mail/address"
	"tram/internal/mail/smtpwire"
)

// PolicyConfig is what Admit knows of the configuration.
type PolicyConfig struct {
	Networks []netip.Prefix // clients that may send to anybody without logging in
	Explain  bool           // write Admission.Steps
}

// Client is who talks to port 25, as far as the policy cares.
type Client struct {
	IP   netip.Addr
	Name string // host name that leads back to IP; "" when there is none or nobody asked
	Helo string
	// User has logged in and may send to anybody. Who may send as whom is the
	// business of the submission agent.
	User string
}

// Verdict is what becomes of a recipient.
type Verdict uint8

// The verdicts.
const (
	Accept Verdict = iota
	Refuse         // with Admission.Reply
	Drop           // accepted, and thrown away
	Freeze         // accepted, and held
)

// String returns accept, refuse, discard or hold.
func (v Verdict) String() string {
	return [...]string{"accept", "refuse", "discard", "hold"}[v]
}

// Admission is what the policy says about a recipient, and why.
type Admission struct {
	Verdict Verdict
	Reply   *smtpwire.Reply // Refuse
	Ask     bool            // Accept, if the next hop says that the recipient exists
	Why     string          // for people, a constant sentence
	Rule    *directory.Access
	Steps   []Step // only for explanations
}

// Standing is what was looked up about a recipient beside [Facts].
type Standing struct {
	Size   int64 // announced octets of the message, 0 when not announced
	Member bool  // the sender is a member of Resolution.List
	// Bytes and Messages are what the account holds now.
	Bytes, Messages int64
}

// Replies of the policy at RCPT. They are for the person who reads the bounce.
var (
	errRelay     = smtpwire.NewReply(550, "5.7.1", "Relaying denied: this server takes mail for its own domains, and for others only from users who log in on the submission port")
	errNoUser    = smtpwire.NewReply(550, "5.1.1", "No such user here")
	errDisabled  = smtpwire.NewReply(550, "5.2.1", "This mailbox takes no mail at present")
	errMailFull  = smtpwire.NewReply(452, "4.2.2", "The mailbox is full, try again later")
	errMailSmall = smtpwire.NewReply(552, "5.2.3", "The message is larger than the whole mailbox may be")
	errRouting   = smtpwire.NewReply(550, "5.7.1", "Relaying denied: the address names a way through another host")
	errMembers   = smtpwire.NewReply(550, "5.7.2", "Only members may send to this list; send from the address with which you are a member, or write to its owner")
)

// Admit decides about one recipient at RCPT. to and e are rewritten already. It
// is a pure and total function, production and explanation are the same.
//
// Access rules are asked first, and the first that matches decides, in this
// order: recipient, client, EHLO name, sender. So an "ok" for postmaster@ keeps
// a refused client able to complain. "relay" lets a client, or mail to a
// recipient, pass; a sender or an EHLO name is only a claim and opens nothing.
// For users who have logged in only rules about recipients count: where they
// are and what their program calls itself says nothing about them.
func Admit(c PolicyConfig, who Client, e Envelope, to address.Address, f Facts, s Standing) Admission {
	a := admitter{c: c, who: who, e: e, to: to, f: f, s: s}
	out := a.admit()
	out.Steps = a.steps
	return out
}

// Trusted reports whether a client is one of ours: it may send to anybody,
// header addresses are completed for it, and it learns what addresses there are.
func Trusted(c PolicyConfig, who Client, rules *directory.Rules) bool {
	if who.User != "" || inNetworks(c.Networks, who.IP) {
		return true
	}
	rule := rules.AccessOfClient(who.IP, who.Name)
	return rule != nil && rule.Do().Verb == directory.AccessRelay
}

func inNetworks(networks []netip.Prefix, ip netip.Addr) bool {
	ip = ip.Unmap()
	for _, network := range networks {
		if network.Contains(ip) {
			return true
		}
	}
	return false
}

// admitter is one question and the steps to its answer.
type admitter struct {
	c     PolicyConfig
	who   Client
	e     Envelope
	to    address.Address
	f     Facts
	s     Standing
	steps []Step
}

func (a *admitter) admit() Admission {
	rule := a.access()
	verdict := Accept
	if rule != nil {
		switch act := rule.Do(); act.Verb {
		case directory.AccessReject, directory.AccessDefer:
			return Admission{Verdict: Refuse, Reply: smtpwire.NewReply(act.Code, act.Status, act.Text), Why: "an access rule says so", Rule: rule}
		case directory.AccessDiscard:
			verdict = Drop
		case directory.AccessHold:
			verdict = Freeze
		}
	}
	out := a.class(rule)
	if out.Verdict == Accept && verdict != Accept {
		out.Verdict, out.Ask, out.Why = verdict, false, "an access rule says so"
	}
	out.Rule = rule
	return out
}

// access finds the rule that decides, or nil.
func (a *admitter) access() *directory.Access {
	rules := a.f.Rules
	rule := rules.AccessOfRecipient(a.to)
	if a.who.User == "" {
		rule = cmp.Or(rule, rules.AccessOfClient(a.who.IP, a.who.Name), rules.AccessOfHelo(a.who.Helo), rules.AccessOfSender(a.e.Sender))
	}
	if rule == nil {
		a.note("access", "no rule matches")
	} else {
		a.note("access", rule.By.String(), " ", rule.Match, " → ", rule.Action)
	}
	return rule
}

// class decides by what the directory says about the address.
func (a *admitter) class(rule *directory.Access) Admission {
	res := &a.f.Resolution
	a.note("address", "class ", res.Class.String())
	switch res.Class {
	case directory.IsAccount:
		return a.room(&res.Account)
	case directory.IsAlias: // room is a matter of each target, at delivery
		if _, ok := passedOn(a.to, res); ok {
			return a.relayed()
		}
		return Admission{Why: "the address is an alias"}
	case directory.IsList:
		return a.list()
	case directory.IsRelayed:
		return a.relayed()
	case directory.NotLocal:
		return a.relay(rule)
	case directory.Disabled:
		return a.refuse(errDisabled, "the account is disabled")
	}
	return a.refuse(errNoUser, "nobody has the address")
}

// relayed decides about an address in a domain that we relay.
func (a *admitter) relayed() Admission {
	res := &a.f.Resolution
	switch {
	case Trusted(a.c, a.who, a.f.Rules):
		return Admission{Why: "we relay the domain"}
	case res.Domain.Verify != directory.VerifyList && namesRoute(a.to):
		return a.refuse(errRouting, "the address names a way through another host")
	}
	return Admission{Ask: res.Verify == directory.VerifyCallout, Why: "we relay the domain"}
}

// passedOn is the address in a relayed domain that one in an alias domain of it
// stands for. To the directory that is an alias; to the policy it is relayed.
func passedOn(to address.Address, res *directory.Resolution) (address.Address, bool) {
	if res.Class != directory.IsAlias || res.Domain.Kind != directory.Relayed || len(res.Targets) != 1 {
		return to, false
	}
	target := res.Targets[0].Address
	through := address.Address{Local: to.Local, Domain: res.Domain.Name}
	return target, target.Fold() == through.Fold() && to.ASCII() != res.Domain.Name
}

// namesRoute reports whether a local part may mean another address to the host
// that gets it ("x%far.example", "far.example!x"): the next hop trusts us, and
// must not be made an open relay through us.
func namesRoute(a address.Address) bool { return strings.ContainsAny(a.Local, "@%!") }

// relay decides about an address that is not ours.
func (a *admitter) relay(rule *directory.Access) Admission {
	switch {
	case a.who.User != "":
		return Admission{Why: "who has logged in may send to anybody"}
	case inNetworks(a.c.Networks, a.who.IP):
		return Admission{Why: "the client is in a network that may relay"}
	case Trusted(a.c, a.who, a.f.Rules):
		return Admission{Why: "an access rule lets the client relay"}
	case rule != nil && rule.By == directory.ByRcptTo && rule.Do().Verb == directory.AccessRelay && !namesRoute(a.to):
		return Admission{Why: "an access rule lets everybody send there"}
	}
	return a.refuse(errRelay, "the domain is not ours and the client may not relay")
}

// list decides who may post.
func (a *admitter) list() Admission {
	l := a.f.Resolution.List
	if l != nil && l.MembersOnly && !a.s.Member {
		return a.refuse(errMembers, "only members may send to the list")
	}
	return Admission{Why: "the address is a list"}
}

// room looks at the quota of an account, as far as the announced size tells.
func (a *admitter) room(acc *directory.Account) Admission {
	switch {
	case acc.QuotaBytes > 0 && a.s.Size > acc.QuotaBytes:
		return a.refuse(errMailSmall, "the message is larger than the quota")
	case acc.QuotaBytes > 0 && a.s.Bytes+a.s.Size > acc.QuotaBytes, acc.QuotaMessages > 0 && a.s.Messages >= acc.QuotaMessages:
		return a.refuse(errMailFull, "the mailbox is full")
	}
	return Admission{Why: "the account takes mail"}
}

func (a *admitter) refuse(reply *smtpwire.Reply, why string) Admission {
	return Admission{Verdict: Refuse, Reply: reply, Why: why}
}

// note writes a step for explanations.
func (a *admitter) note(what string, said ...string) {
	if a.c.Explain {
		a.steps = append(a.steps, Step{what, strings.Join(said, "")})
	}
}
