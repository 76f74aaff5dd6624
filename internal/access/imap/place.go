package imap

import (
	"tram/internal/storage/kv"
)

// place is where a mailbox lies that the client named.
type place struct {
	account kv.Account
	name    string // within the account
}

// place finds the account that a mailbox name leads to.
func (s *session) place(name string) (place, error) {
	return place{account: s.account, name: name}, nil
}
