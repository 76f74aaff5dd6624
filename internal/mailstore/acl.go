package mailstore

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tram/internal/storage/kv"
)

// Identifiers that mean more than one user (RFC 4314 3). All others are an
// address, or "@" and a domain for all its users; each may have a "-" in front
// and takes rights away then.
const (
	WhoAnyone        = "anyone"
	WhoAuthenticated = "authenticated"
	WhoOwner         = "owner" // of the account; without an entry the owner has all rights
)

// ErrIdentifier says that a text names nobody whom rights can be given to.
var ErrIdentifier = errors.New("mailstore: not an identifier of an access control list")

// ErrTooManyGrants says that an access control list has MaxGrants entries.
var ErrTooManyGrants = errors.New("mailstore: too many entries in the access control list")

// Grant is an entry of an access control list.
type Grant struct {
	Who    string // identifier; with "-" in front the rights are taken away
	Rights Rights
}

// ACL is the access control list of a mailbox, by identifier. A list that is
// empty leaves the mailbox to its owner.
type ACL []Grant

// ParseWho checks an identifier and returns its one form, in lower case.
func ParseWho(s string) (string, error) {
	who := strings.ToLower(s)
	name := strings.TrimPrefix(who, "-")
	switch {
	case name == WhoAnyone, name == WhoAuthenticated, name == WhoOwner:
		return who, nil
	case len(who) > maxWho, strings.ContainsFunc(who, func(r rune) bool { return r <= ' ' || r == 0x7f }):
	case strings.Count(name, "@") == 1 && !strings.HasSuffix(name, "@"):
		return who, nil
	}
	return "", fmt.Errorf("%w: %q; it is an address, @domain, anyone or authenticated", ErrIdentifier, s)
}

// maxWho is the length of the longest identifier: an address and a sign.
const maxWho = 1 + 320

// Of returns the rights that an entry for exactly this identifier gives.
func (l ACL) Of(who string) (Rights, bool) {
	i, ok := l.find(who)
	if !ok {
		return 0, false
	}
	return l[i].Rights, true
}

func (l ACL) find(who string) (int, bool) {
	return slices.BinarySearchFunc(l, who, func(g Grant, who string) int { return cmp.Compare(g.Who, who) })
}

// with returns the list with other rights for an identifier; without rights
// the entry goes, but for that of the owner, which says that there are few.
func (l ACL) with(who string, r Rights) ACL {
	i, ok := l.find(who)
	out := slices.Clone(l)
	switch {
	case r == 0 && !ok:
		return out
	case r == 0:
		return slices.Delete(out, i, i+1)
	case !ok:
		return slices.Insert(out, i, Grant{who, r})
	}
	out[i].Rights = r
	return out
}

// rights returns what an actor may do: what all entries that mean them give,
// less what those take that begin with "-" (RFC 4314 2).
func (l ACL) rights(who *Actor, owner bool) Rights {
	var give, take Rights
	if owner {
		give = RightAdmin // whatever the list says: else nobody could mend it
		if _, said := l.find(WhoOwner); !said {
			give = AllRights
		}
	}
	for i := range l {
		name, negative := strings.CutPrefix(l[i].Who, "-")
		switch {
		case !who.is(name, owner):
		case negative:
			take |= l[i].Rights
		default:
			give |= l[i].Rights
		}
	}
	if owner {
		take &^= RightAdmin
	}
	return give &^ take
}

// is reports whether an identifier without a sign means the actor.
func (a *Actor) is(name string, owner bool) bool {
	switch name {
	case WhoAnyone, WhoAuthenticated, a.Address:
		return true
	case WhoOwner:
		return owner
	}
	return name[0] == '@' && strings.HasSuffix(a.Address, name)
}

// bindsOwner reports whether the list may leave the owner with fewer rights.
func (l ACL) bindsOwner() bool {
	for i := range l {
		if l[i].Who == WhoOwner || l[i].Who[0] == '-' {
			return true
		}
	}
	return false
}

// append appends the value of kindACL: for each entry the rights, the length
// of the identifier and the identifier.
func (l ACL) append(dst []byte) []byte {
	dst = append(dst, version1)
	for i := range l {
		dst = binary.AppendUvarint(dst, uint64(l[i].Rights))
		dst = binary.AppendUvarint(dst, uint64(len(l[i].Who)))
		dst = append(dst, l[i].Who...)
	}
	return dst
}

func decodeACL(value []byte) (ACL, error) {
	d := decode(value)
	var l ACL
	for len(d.b) > 0 && !d.bad {
		rights := Rights(d.uint()) & AllRights
		who := string(d.bytes(d.uint()))
		if who == "" || len(l) > 0 && l[len(l)-1].Who >= who {
			d.bad = true
		}
		l = append(l, Grant{who, rights})
	}
	if d.bad {
		l = nil // rather nobody than somebody who should not
	}
	return l, d.err("access control list")
}

// readACL returns the list of a mailbox, empty when it has none.
func readACL(r kv.Reader, m MailboxID) (ACL, error) {
	value, err := r.Get(appendBoxKey(nil, kindACL, m))
	if errors.Is(err, kv.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return decodeACL(value)
}
