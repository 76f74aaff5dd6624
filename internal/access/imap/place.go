package imap

import (
	"context"
	"errors"
	"strings"

	"tram/internal/mailstore"
	"tram/internal/storage/kv"
)

// The namespaces beside the user's own (RFC 2342).
const (
	sharedPrefix = "Shared/" // Shared/<address>/<mailbox>: what others share
	publicPrefix = "Public/" // Public/<mailbox>: public folders of the user's domain
)

// Neighbours knows whose account is whose. A name of nobody gives account 0
// and "", and no error.
type Neighbours interface {
	// AccountOf returns the account that an address leads to, and its own address.
	AccountOf(ctx context.Context, address string) (account kv.Account, canonical string, err error)
	// AddressOf returns the address of an account that belongs to somebody.
	AddressOf(ctx context.Context, account kv.Account) (string, error)
	// PublicOf returns the account of the public folders that a user sees.
	PublicOf(ctx context.Context, user string) (kv.Account, error)
}

// place is where a mailbox lies that the client named.
type place struct {
	account kv.Account
	name    string // within the account
	prefix  string // of the names of the account's mailboxes, as the client writes them
}

// place finds the account that a mailbox name leads to.
func (s *session) place(name string) (place, error) {
	if s.srv.opts.Neighbours == nil {
		return place{account: s.account, name: name}, nil
	}
	switch rest, public := strings.CutPrefix(name, publicPrefix); {
	case public && rest != "":
		account, err := s.srv.opts.Neighbours.PublicOf(s.ctx, s.user)
		if err != nil || account != 0 {
			return place{account, rest, publicPrefix}, err
		}
	case strings.HasPrefix(name, sharedPrefix):
		return s.sharedPlace(name)
	}
	return place{account: s.account, name: name}, nil
}

// sharedPlace is place for a name below sharedPrefix.
func (s *session) sharedPlace(name string) (place, error) {
	owner, rest, ok := cutAddress(name[len(sharedPrefix):])
	if !ok || rest == "" {
		return place{account: s.account, name: name}, nil
	}
	account, canonical, err := s.srv.opts.Neighbours.AccountOf(s.ctx, owner)
	if err == nil && account == 0 {
		err = mailstore.ErrNoMailbox
	}
	return place{account, rest, sharedPrefix + canonical + "/"}, err
}

// cutAddress divides an address from the name behind it. A local part may have
// a slash, a domain has none.
func cutAddress(s string) (address, rest string, ok bool) {
	at := strings.IndexByte(s, '@')
	if at <= 0 {
		return "", "", false
	}
	slash := strings.IndexByte(s[at:], '/')
	if slash < 0 {
		return s, "", true
	}
	return s[:at+slash], s[at+slash+1:], true
}

// mailbox finds a mailbox that the client named. Its Name is what the client
// calls it.
func (s *session) mailbox(name string) (place, mailstore.Mailbox, error) {
	at, err := s.place(name)
	if err != nil {
		return at, mailstore.Mailbox{}, err
	}
	box, err := s.mail.Lookup(s.ctx, at.account, at.name)
	box.Name = at.prefix + box.Name
	return at, box, err
}

// newPlace is place for a name that is to be made. Within the other namespaces
// that is only possible where an account stands behind the name: a mailbox of
// the user's own with such a name would be in the way one day. Those that there
// are from before can be opened and renamed.
func (s *session) newPlace(name string) (place, error) {
	at, err := s.place(name)
	switch {
	case errors.Is(err, mailstore.ErrNoMailbox):
		return at, no("NOPERM", "There is no such account")
	case err != nil || s.srv.opts.Neighbours == nil || at.prefix != "":
		return at, err
	case strings.HasPrefix(name+"/", sharedPrefix), strings.HasPrefix(name+"/", publicPrefix):
		return at, no("CANNOT", "This name is that of a namespace")
	}
	return at, nil
}
