// Package directory knows who has mail here: domains, accounts with their
// passwords and quotas, aliases, lists, and the administrator's rules about
// addresses and hosts of anybody. The doors ask it who logs in, the agents ask
// it where mail for an address goes.
//
//	d, err := directory.Open(ctx, db, directory.Options{})
//	_, err = d.AddDomain(ctx, directory.Domain{Name: "example.org"})
//	an, err := d.AddAccount(ctx, directory.Account{Address: "an@example.org"}, "secret")
//	err = d.AddAlias(ctx, directory.Alias{Address: "info@example.org", Targets: []string{"an@example.org", "x@elsewhere.example"}})
//	x, err := d.Expand(ctx, address)     // local accounts, remote addresses, files, programs, lists, failures
//	rules, err := d.Rules(ctx)           // one snapshot: rewriting, routes, logins, copies, access
//	id, login, err := d.Authenticate(ctx, "an@example.org", "secret", remote)
//
// # Who gets mail for an address
//
// In an alias domain, whatever the same local part is in the domain that it
// stands for. Otherwise the first that matches, in [Directory.Resolve]:
//
//  1. the account, alias, list or listed recipient of exactly this address;
//  2. the owner of a list, for "x-owner", "owner-x" and "x-bounces+…";
//  3. the same for the part before the subaddress separator ("an+shop" is "an",
//     RFC 5233), which each domain can change or switch off;
//  4. in a relayed domain that no list verifies: it is relayed;
//  5. for postmaster and abuse: Options.Postmaster, or else the administrator
//     with the lowest account number, or else the account with the lowest
//     number. RFC 5321 4.5.1 wants postmaster in every domain, RFC 2142 abuse,
//     and the catch-all of a domain is often a place that nobody reads;
//  6. the domain's catch-all.
//
// Addresses are compared folded: local part in lower case and NFC, domain in
// A-labels. An address is one thing only: account, alias, list or recipient.
//
// Files and programs as targets are for administrators: nothing here is open to
// users, and whoever builds something for them must not pass such targets on.
//
// # Promises
//
//   - What a method has changed is on disk when it returns nil.
//   - Account numbers are never used again.
//   - DeleteAccount loses no mail: it takes address and login away and leaves
//     a mark; whoever owns the mail removes it and then calls Forget.
//   - Nothing is kept in memory but verified passwords, the rules and a bounded
//     number of records: a directory of a million accounts costs disk only.
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
//	f<number>            domain whose public folders have this number
//	d<domain>            domain
//	u<domain>\0<local>   address: an account's number, an alias' targets, a list, a listed recipient
//	l<domain>\0<local>   members of a list
//	a<id>                account
//	p<id>                password hash
//	s<id>                SCRAM-SHA-256 keys
//	c<id>                MD5 states for CRAM-MD5
//	k                    key of invented salts
//	r<table><hash>       rule
//	m<id>                is an administrator (no value)
//	x<id>                was deleted: when, and the account as it was
package directory
