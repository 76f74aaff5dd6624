package directory

// Rules are the tables of an administrator about addresses and hosts of
// anybody: rewriting, routes, logins at next hops, copies, access. All of them
// are in memory, as one immutable snapshot; see [Directory.Rules].
//
// The rules that [Directory.Rules] returns have lookup methods that are map
// hits (rulelookup.go). A literal of this type is what [Directory.ChangeRules]
// takes and has no answers.
//
// Match patterns are everywhere the same, and the most specific wins, in this
// order:
//
//	user@domain    exactly this address
//	domain         every address of it; "@domain" is the same
//	.domain        the addresses of its subdomains, the longest first
//	*              everything
type Rules struct {
	Rewrites    []Rewrite
	Routes      []Route
	Credentials []Credential
	Copies      []Copy
	Access      []Access

	index *ruleIndex // nil in a literal
}

// Rewrite replaces an address.
type Rewrite struct {
	Kind   RewriteKind
	Match  string   // of Masquerade: "example.org" with its subdomains, or ".example.org", those alone
	To     string   // "user@domain", or "domain" or "@domain" to keep the local part; "" for Masquerade is the domain of Match
	Except []string // of Masquerade: "user", "domain" or "user@domain" that stay; at most [MaxExcept]
}

// RewriteKind says which addresses a Rewrite is about.
type RewriteKind uint8

// The kinds of rewriting.
const (
	Canonical          RewriteKind = iota // envelope and header, senders and recipients, of all mail
	CanonicalSender                       // envelope and header, senders
	CanonicalRecipient                    // envelope and header, recipients
	Generic                               // senders of mail that leaves for other hosts
	Masquerade                            // senders in a domain or its subdomains appear in another, or in the domain itself
)

var rewriteKinds = [...]string{
	Canonical: "canonical", CanonicalSender: "sender-canonical", CanonicalRecipient: "recipient-canonical",
	Generic: "generic", Masquerade: "masquerade",
}

// String returns canonical, sender-canonical, recipient-canonical, generic or
// masquerade.
func (k RewriteKind) String() string { return nameOf(rewriteKinds[:], int(k)) }

// ParseRewriteKind reads what String writes; "" is Canonical.
func ParseRewriteKind(s string) (RewriteKind, error) {
	i, err := indexOf("kind of rewriting", rewriteKinds[:], s)
	return RewriteKind(i), err
}

// Route says where mail goes.
type Route struct {
	By      RouteBy
	Match   string
	NextHop string // text of [ParseNextHop]

	hop NextHop // parsed, in a snapshot
}

// Hop is the parsed next hop of a route in a snapshot.
func (r *Route) Hop() NextHop { return r.hop }

// RouteBy says what a Route looks at.
type RouteBy uint8

// What a route looks at.
const (
	ByRecipient RouteBy = iota
	BySender            // of mail for other hosts
)

var routeBys = [...]string{ByRecipient: "recipient", BySender: "sender"}

// String returns recipient or sender.
func (b RouteBy) String() string { return nameOf(routeBys[:], int(b)) }

// ParseRouteBy reads what String writes; "" is ByRecipient.
func ParseRouteBy(s string) (RouteBy, error) {
	i, err := indexOf("kind of route", routeBys[:], s)
	return RouteBy(i), err
}

// Credential is a login at a next hop.
type Credential struct {
	Host     string // "host" or "host:port", as the next hop names it
	User     string
	Password string // never listed, logged or exported
}

// String names the credential without its password.
func (c Credential) String() string { return c.User + " at " + c.Host }

// GoString is String, so that %#v does not show the password either.
func (c Credential) GoString() string { return c.String() }

// Copy sends mail to one more recipient, whom no header names.
type Copy struct {
	By    CopyBy
	Match string // "" for CopyAlways
	To    string
}

// CopyBy says what a Copy looks at.
type CopyBy uint8

// What a copy looks at.
const (
	CopyBySender CopyBy = iota
	CopyByRecipient
	CopyAlways
)

var copyBys = [...]string{CopyBySender: "sender", CopyByRecipient: "recipient", CopyAlways: "always"}

// String returns sender, recipient or always.
func (b CopyBy) String() string { return nameOf(copyBys[:], int(b)) }

// ParseCopyBy reads what String writes; "" is CopyBySender.
func ParseCopyBy(s string) (CopyBy, error) {
	i, err := indexOf("kind of copy", copyBys[:], s)
	return CopyBy(i), err
}

// Access takes or refuses mail before anything else is asked.
type Access struct {
	By     AccessBy
	Match  string // ByClient: address, CIDR network, host name or ".suffix"; ByHelo: name or ".suffix"; otherwise a pattern
	Action string // text of [ParseAction]

	action Action // parsed, in a snapshot
}

// Do is the parsed action of a rule in a snapshot.
func (a *Access) Do() Action { return a.action }

// AccessBy says what an Access rule looks at.
type AccessBy uint8

// What an access rule looks at.
const (
	ByClient   AccessBy = iota // IP address or verified name of the client
	ByHelo                     // what it says in EHLO
	ByMailFrom                 // the envelope sender
	ByRcptTo                   // an envelope recipient
)

var accessBys = [...]string{ByClient: "client", ByHelo: "helo", ByMailFrom: "sender", ByRcptTo: "recipient"}

// String returns client, helo, sender or recipient.
func (b AccessBy) String() string { return nameOf(accessBys[:], int(b)) }

// ParseAccessBy reads what String writes; "" is ByClient.
func ParseAccessBy(s string) (AccessBy, error) {
	i, err := indexOf("kind of access rule", accessBys[:], s)
	return AccessBy(i), err
}
