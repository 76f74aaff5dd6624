package mta

import (
	"tram/internal/directory"
	"tram/internal/mail/address"
)

// Rewriting replaces addresses by the rules of the administrator. There are two
// moments:
//
//   - When mail comes in, the envelope of all mail is rewritten: senders by
//     sender-canonical, canonical and masquerade, recipients by
//     recipient-canonical and canonical. For mail of our own clients the
//     header is too (headers.go). A stranger's header is his: to change it
//     would break his signature and lie about who wrote.
//   - When mail leaves for other hosts, its sender is rewritten by generic, in
//     the envelope and in the header (leave.go).
//
// Every table is asked once and its answer is not looked up again, so rules
// that name each other cannot go round.

// RewriteSender is the envelope sender under which mail is taken.
func RewriteSender(rules *directory.Rules, a address.Address) address.Address {
	if a.IsNull() {
		return a
	}
	a, _ = rules.Rewrite(directory.CanonicalSender, a)
	a, _ = rules.Rewrite(directory.Canonical, a)
	a, _ = rules.Rewrite(directory.Masquerade, a)
	return a
}

// RewriteRecipient is the recipient for whom mail is taken.
func RewriteRecipient(rules *directory.Rules, a address.Address) address.Address {
	if a.Domain == "" { // <postmaster> is always ours
		return a
	}
	a, _ = rules.Rewrite(directory.CanonicalRecipient, a)
	a, _ = rules.Rewrite(directory.Canonical, a)
	return a
}

// LeavingSender is the envelope sender under which mail leaves for other hosts.
func LeavingSender(rules *directory.Rules, a address.Address) address.Address {
	if a.IsNull() {
		return a
	}
	a, _ = rules.Rewrite(directory.Generic, a)
	return a
}

// rewrites reports whether any of the kinds has rules.
func rewrites(rules *directory.Rules, kinds ...directory.RewriteKind) bool {
	for _, kind := range kinds {
		if rules.Has(kind) {
			return true
		}
	}
	return false
}
