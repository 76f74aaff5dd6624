package mda

import "tram/internal/mail/address"

// verp is the envelope sender of a list's copy for one member:
// "staff-bounces+an=example.org@here.example". A bounce says by its recipient
// whose copy came back, whatever the text in it looks like (RFC 3461 6.1 is
// not kept by everybody). Where that would be too long it is the address
// without the member.
func verp(list, member address.Address) address.Address {
	bounces := list.Local + "-bounces"
	sender := address.Address{Local: bounces + "+" + member.Local + "=" + member.ASCII(), Domain: list.Domain}
	if len(sender.Local) > address.MaxLocal || sender.Valid() != nil {
		sender.Local = bounces
	}
	return sender
}

// ownerOf is the address of a list's owner.
func ownerOf(list address.Address) address.Address {
	return address.Address{Local: list.Local + "-owner", Domain: list.Domain}
}
