package directory

import (
	"fmt"
	"time"
)

// Domain is a domain whose mail we take.
type Domain struct {
	Name                string     // A-labels, lower case; U-labels are accepted
	Kind                DomainKind // what its addresses are
	Target              string     // AliasDomain: the domain that it stands for
	Verify              VerifyMode // Relayed: how recipients are checked
	CatchAll            string     // address that gets mail for unknown local parts, or ""
	SubaddressSeparator string     // one of + - . _ = # ~; "" means "+", [NoSubaddress] none
	Footer              string     // plain text under mail that accounts of the domain send; "" none; at most [MaxFooter]
	QuotaBytes          int64      // of all its accounts together; 0 = none
	QuotaMessages       int64      // 0 = none
	Public              AccountID  // holds its public folders; 0 until MakePublic
	Created             time.Time  // set by AddDomain
}

// DomainKind says what the addresses of a domain are.
type DomainKind uint8

// The kinds of domains.
const (
	Hosted      DomainKind = iota // an address space of its own: accounts, aliases, lists
	Relayed                       // mail is taken and passed on: backup MX, inner hosts
	AliasDomain                   // every address stands for the same local part in Domain.Target
)

var domainKinds = [...]string{Hosted: "hosted", Relayed: "relayed", AliasDomain: "alias"}

// String returns hosted, relayed or alias.
func (k DomainKind) String() string { return nameOf(domainKinds[:], int(k)) }

// ParseDomainKind reads what String writes; "" is Hosted.
func ParseDomainKind(s string) (DomainKind, error) {
	i, err := indexOf("kind of domain", domainKinds[:], s)
	return DomainKind(i), err
}

// VerifyMode says how recipients in a Relayed domain are checked.
type VerifyMode uint8

// The modes.
const (
	VerifyNone    VerifyMode = iota // every recipient is taken: what the next hop refuses must bounce
	VerifyList                      // only listed recipients, see AddRecipients
	VerifyCallout                   // the next hop is asked at RCPT
)

var verifyModes = [...]string{VerifyNone: "none", VerifyList: "list", VerifyCallout: "callout"}

// String returns none, list or callout.
func (m VerifyMode) String() string { return nameOf(verifyModes[:], int(m)) }

// ParseVerifyMode reads what String writes; "" is VerifyNone.
func ParseVerifyMode(s string) (VerifyMode, error) {
	i, err := indexOf("verification", verifyModes[:], s)
	return VerifyMode(i), err
}

// nameOf is the name of an enumerated value.
func nameOf(names []string, i int) string {
	if i < len(names) {
		return names[i]
	}
	return "invalid"
}

// indexOf finds a name of an enumeration; "" is its first.
func indexOf(what string, names []string, s string) (int, error) {
	if s == "" {
		return 0, nil
	}
	for i, name := range names {
		if name == s {
			return i, nil
		}
	}
	return 0, invalid(fmt.Sprintf("%s %q", what, s), fmt.Errorf("it is one of %q", names))
}
