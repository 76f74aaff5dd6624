package directory

import (
	"log/slog"
	"time"

	"tram/internal/mail/address"
	"tram/internal/storage/kv"
)

// AccountID is the number of an account and of the key-value account that
// holds its mail. It is never given to another account.
type AccountID = kv.Account

// Domain is a domain whose mail is ours.
type Domain struct {
	Name                string    // A-labels, lower case; U-labels are accepted
	CatchAll            string    // address that gets mail for unknown local parts, or ""
	SubaddressSeparator string    // one of + - . _ = # ~; "" means "+", [NoSubaddress] none
	Created             time.Time // set by AddDomain
}

// Account is somebody who has mail here.
type Account struct {
	ID            AccountID // set by AddAccount
	Address       string    // the login and the address; any case is accepted
	Name          string    // shown to people
	QuotaBytes    int64     // 0 = none
	QuotaMessages int64     // 0 = none
	Admin         bool      // may administer; gets mail for postmaster@ and abuse@
	Disabled      bool      // no login, no mail
	Created       time.Time // set by AddAccount
}

// Alias is an address whose mail goes to other addresses, ours or remote.
type Alias struct {
	Address string
	Targets []string // at least one, at most [MaxTargets]
}

// NewAccount is one account to import, with the password in plain or hashed
// (see [Scheme]); with neither the account cannot log in.
type NewAccount struct {
	Account
	Password string
	Hash     string // $argon2id$…, $2y$…; instead of Password
}

// DeletedAccount is an account that was deleted and whose mail may still be
// stored, see DeleteAccount.
type DeletedAccount struct {
	Account
	Deleted time.Time
}

// Class says what an address is.
type Class uint8

// The classes.
const (
	NotLocal  Class = iota // the domain is not ours
	Unknown                // our domain, nobody there
	IsAccount              // an account
	IsAlias                // alias, catch-all or role address: see Targets
	Disabled               // an account that takes no mail
)

// String returns not local, unknown, account, alias or disabled.
func (c Class) String() string {
	switch c {
	case NotLocal:
		return "not local"
	case Unknown:
		return "unknown"
	case IsAccount:
		return "account"
	case IsAlias:
		return "alias"
	case Disabled:
		return "disabled"
	}
	return "invalid"
}

// Resolution is the answer of [Directory.Resolve].
type Resolution struct {
	Class   Class
	Account Account           // IsAccount, Disabled
	Targets []address.Address // IsAlias
	Via     string            // the alias, role, "@domain" of a catch-all or base of a subaddress that matched; "" for the account's own address
	Tag     string            // of a subaddress
}

// Expansion is the answer of [Directory.Expand].
type Expansion struct {
	Accounts []Local
	Remote   []address.Address
	Failures []Failure
}

// Local is an account that gets the mail, once however many ways lead to it.
type Local struct {
	Account Account
	Tag     string // of the address that led to it first
}

// Failure is an address that nobody gets mail for, and why.
type Failure struct {
	Address address.Address
	Err     error // ErrNoAccount, ErrDisabled, ErrLoop, ErrTooDeep, ErrTooMany
}

// NoSubaddress as a Domain's separator switches subaddresses off.
const NoSubaddress = "none"

// Limits. Reaching one is an ordinary error that names it.
const (
	MaxLocalPart  = 128  // octets of the local part of an address of ours
	MaxName       = 256  // octets of an account's name
	MaxPassword   = 1024 // octets
	MaxTargets    = 1000 // of one alias
	MaxDepth      = 10   // aliases in a row
	MaxRecipients = 1000 // of one expansion
	MaxRemembered = 1 << 16
)

// Options of [Open]. The zero value is sensible.
type Options struct {
	// Postmaster gets mail for <postmaster> without a domain, and for
	// postmaster@ and abuse@ of our domains that have no such account or
	// alias. Zero: the first account that is an administrator, or else the
	// first account.
	Postmaster address.Address
	// DefaultDomain completes a login without a domain; "" refuses it.
	DefaultDomain string
	Log           *slog.Logger // of damaged password hashes; default discards
}
