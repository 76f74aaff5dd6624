package directory

import (
	"strings"

	"tram/internal/mail/address"
	"tram/internal/storage/kv"
)

// The forms of the addresses that exist with a list.
const (
	ownerSuffix   = "-owner"
	ownerPrefix   = "owner-"
	bouncesSuffix = "-bounces"
)

// BounceAddress is the envelope sender of the copy of a list's message for a
// member (VERP): a bounce to it names the member. Where the result would be
// longer than an address may be it is that of all members.
//
//	BounceAddress(staff@d, an@example.org) = staff-bounces+an=example.org@d
func BounceAddress(list, member address.Address) address.Address {
	list.Local += bouncesSuffix
	verp := list.Local + "+" + member.Local + "=" + member.ASCII()
	if len(verp) <= address.MaxLocal && member.ASCII() != "" {
		list.Local = verp
	}
	return list
}

// BouncedMember is the member that a Resolution.Tag of part ListBounces names.
func BouncedMember(tag string) (address.Address, bool) {
	at := strings.LastIndexByte(tag, '=')
	if at <= 0 {
		return address.Address{}, false
	}
	a, err := address.ParseAddress(address.Address{Local: tag[:at], Domain: tag[at+1:]}.String())
	return a, err == nil
}

// implied resolves the addresses that exist with a list.
func implied(r kv.Reader, a address.Address) (res Resolution, found bool, err error) {
	list, part, tag := a, ListOwner, ""
	if name, ok := strings.CutSuffix(a.Local, ownerSuffix); ok {
		list.Local = name
	} else if name, ok := strings.CutPrefix(a.Local, ownerPrefix); ok {
		list.Local = name
	} else if i := strings.Index(a.Local, bouncesSuffix); i > 0 {
		rest := a.Local[i+len(bouncesSuffix):]
		if rest != "" && rest[0] != '+' {
			return res, false, nil
		}
		list.Local, part, tag = a.Local[:i], ListBounces, strings.TrimPrefix(rest, "+")
	} else {
		return res, false, nil
	}
	e, found, err := readEntry(r, list.Domain, list.Local)
	if err != nil || !found || e.list == nil {
		return res, false, err
	}
	e.list.Address = list.String()
	owner := e.list.Owner
	if owner == "" {
		owner = address.Address{Local: "postmaster", Domain: list.Domain}.String()
	}
	res, err = leadsTo(a.String(), owner)
	res.List, res.Part, res.Tag = e.list, part, tag
	return res, true, err
}
