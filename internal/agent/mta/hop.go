package mta

import (
	"net/netip"
	"strconv"

	"tram/internal/agent/mta/smtpclient"
	"tram/internal/directory"
	"tram/internal/mail/smtpwire"
)

// Way is how a recipient goes on from here.
type Way uint8

// The ways.
const (
	Local     Way = iota // to a mailbox of ours, an alias or a list
	ToMX                 // to the hosts that take mail for the domain Hop.Name
	ToHost               // to the host Hop.Name, a name or an IP address; its MX records are not looked at
	ToLiteral            // to Hop.IP, which stands in place of the domain
	ToLMTP               // to an LMTP server: Hop.Socket, or the host Hop.Name
	Discard              // nowhere, and nobody is told
	Hold                 // stays in the queue until an administrator lets it go
	Fail                 // nowhere; see Decision.Reply
)

// String returns local, mx, host, literal, lmtp, discard, hold or fail.
func (w Way) String() string {
	return [...]string{"local", "mx", "host", "literal", "lmtp", "discard", "hold", "fail"}[w]
}

// IsRemote reports whether the way leads over a connection to another server.
func (w Way) IsRemote() bool { return ToMX <= w && w <= ToLMTP }

// Hop names the next station of a message. It is comparable, and the key of a
// destination: recipients with the same Hop travel in one transaction.
type Hop struct {
	Way    Way
	Name   string             // A-labels or IP address: the domain of ToMX, the host of ToHost and ToLMTP; for people elsewhere
	IP     netip.Addr         // ToLiteral
	Port   uint16             // 0: 25 (or Options.Port), 465 with implicit TLS, 24 for LMTP
	TLS    smtpclient.TLSMode // "" is opportunistic
	Socket string             // ToLMTP over a Unix socket: its path
	User   string             // log in as this user; the password is that of the host's Credential, or the relay's
}

// String is the name of the hop in logs: "example.org", "mail.example.org:26",
// "lmtp:/run/lmtp".
func (h Hop) String() string {
	name := h.Name
	if h.Socket != "" {
		return "lmtp:" + h.Socket
	}
	if h.Port != 0 {
		name += ":" + strconv.Itoa(int(h.Port))
	}
	if h.Way == ToLMTP {
		name = "lmtp:" + name
	}
	return name
}

// Decision is where a recipient goes, and why.
type Decision struct {
	Hop
	Reply *smtpwire.Reply  // Fail; 4yz when it is worth another try
	Why   string           // for people, a constant sentence
	Rule  *directory.Route // the rule that decided, or nil
	Steps []Step           // only for explanations, see RouteConfig.Explain
}

// Step is one question that was asked on the way to a decision.
type Step struct {
	What string // the question: "recipient route", "default relay"
	Said string // the answer: "no rule matches far.example"
}
