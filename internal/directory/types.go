package directory

import (
	"context"
	"log/slog"
	"time"

	"tram/internal/mail/address"
	"tram/internal/storage/kv"
)

// AccountID is the number of an account and of the key-value account that
// holds its mail. It is never given to another account.
type AccountID = kv.Account

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

// Alias is an address whose mail goes to other addresses, ours or remote, into
// files or through programs.
type Alias struct {
	Address string
	Targets []string // texts of [ParseTarget]; at least one, at most [MaxTargets]
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
	IsAlias                // alias, catch-all, role address, or owner or bounces of a list: see Targets
	Disabled               // an account that takes no mail
	IsList                 // the posting address of a list: see List
	IsRelayed              // in a Relayed domain, and may get mail: it goes on to the next hop
)

// String returns not local, unknown, account, alias, disabled, list or relayed.
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
	case IsList:
		return "list"
	case IsRelayed:
		return "relayed"
	}
	return "invalid"
}

// Resolution is the answer of [Directory.Resolve]. What its slices and
// pointers lead to is shared with other callers and must not be changed.
type Resolution struct {
	Class   Class
	Domain  Domain     // that matched, after alias domains; zero for NotLocal
	Account Account    // IsAccount, Disabled
	Targets []Target   // IsAlias
	List    *List      // IsList, without Members; also of the owner and bounces addresses of a list
	Part    ListPart   // which address of List it is
	Verify  VerifyMode // IsRelayed: VerifyCallout when the next hop is to be asked first
	Via     string     // the alias, role, "@domain" of a catch-all or base of a subaddress that matched, or what an address in an alias domain stands for; "" for the account's own address
	Tag     string     // of a subaddress; for ListBounces what follows "bounces+"
}

// Expansion is the answer of [Directory.Expand].
type Expansion struct {
	Accounts []Local
	Remote   []address.Address // also those of Relayed domains
	Outlets  []Outlet          // files and programs
	Lists    []List            // with Members; not flattened: a list makes a message of its own
	Failures []Failure
	Tree     *Node // by ExpandTree only
}

// Outlet is a file or a program that gets the mail of an alias.
type Outlet struct {
	Alias  string // the address that leads to it, as the administrator made it
	Target Target // of kind ToFile or ToProgram
}

// Local is an account that gets the mail, once however many ways lead to it.
type Local struct {
	Account Account
	Tag     string // of the address that led to it first
}

// Failure is an address that nobody gets mail for, and why.
type Failure struct {
	Address address.Address
	Err     error // ErrNoAccount, ErrDisabled, ErrLoop, ErrTooDeep, ErrTooMany; ErrInclude is temporary
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

	MaxMembers     = 5000    // of one list
	MaxDescription = 256     // octets of a list's description
	MaxFooter      = 4 << 10 // octets of a domain's footer
	MaxInclude     = 1 << 20 // octets of an :include: file
	MaxRules       = 100_000 // rules of all tables together
	MaxExcept      = 100     // exceptions of one rewrite
	MaxNextHop     = 512     // octets of a next hop and of the text of an access rule
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
	// Include reads the targets in an :include: file, one text of ParseTarget
	// an element; default [ReadInclude]. It runs at each expansion.
	Include func(ctx context.Context, path string) ([]string, error)
	// CRAMMD5 keeps, when a password is set, what CRAM-MD5 needs: a secret as
	// good as the password to everyone who knows the MD5 of the protocol.
	CRAMMD5 bool
}
