// Package directory knows who has mail here: domains, accounts with their
// passwords and quotas, and aliases. The doors ask it who logs in, the agents
// ask it where mail for an address goes.
//
//	d, err := directory.Open(ctx, db, directory.Options{})
//	_, err = d.AddDomain(ctx, directory.Domain{Name: "example.org"})
//	an, err := d.AddAccount(ctx, directory.Account{Address: "an@example.org"}, "secret")
//	err = d.AddAlias(ctx, directory.Alias{Address: "info@example.org", Targets: []string{"an@example.org", "x@elsewhere.example"}})
//	x, err := d.Expand(ctx, address)     // local accounts, remote addresses, failures
//	id, login, err := d.Authenticate(ctx, "an@example.org", "secret", remote)
//
// # Who gets mail for an address
//
// The first that matches, in [Directory.Resolve]:
//
//  1. the account or alias of exactly this address;
//  2. the account or alias of the part before the subaddress separator
//     ("an+shop" is "an", RFC 5233), which each domain can change or switch off;
//  3. for postmaster and abuse: Options.Postmaster, or else the administrator
//     with the lowest account number, or else the account with the lowest
//     number. RFC 5321 4.5.1 wants postmaster in every domain, RFC 2142 abuse,
//     and the catch-all of a domain is often a place that nobody reads;
//  4. the domain's catch-all.
//
// Addresses are compared folded: local part in lower case and NFC, domain in
// A-labels. An address is either an account or an alias, never both.
//
// # Promises
//
//   - What a method has changed is on disk when it returns nil.
//   - Account numbers are never used again.
//   - DeleteAccount loses no mail: it takes address and login away and leaves
//     a mark; whoever owns the mail removes it and then calls Forget.
//   - Nothing is kept in memory but verified passwords: a directory of a
//     million accounts costs disk only.
//
// # Passwords
//
// Stored as argon2id (password.go says with which parameters and why) in the
// PHC text form; hashes from elsewhere in argon2id or bcrypt are taken as they
// are. A verified password is remembered for five minutes under a keyed hash
// (remembered.go), so that a client that logs in every minute pays once.
//
// # Keys
//
// All in the key-value account kv.Directory; record.go has the values.
//
//	v                    format of the directory
//	n                    next account number
//	d<domain>            domain
//	u<domain>\0<local>   address: an account's number, or an alias' targets
//	a<id>                account
//	p<id>                password hash
//	m<id>                is an administrator (no value)
//	x<id>                was deleted: when, and the account as it was
package directory
