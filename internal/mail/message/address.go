package message

// AddressKind tells mailboxes from the marks around a group.
type AddressKind uint8

// The kinds of entries in an address list.
const (
	Mailbox    AddressKind = iota
	GroupStart             // Name is the group's name
	GroupEnd
)

// Address is one entry of an address list as it was written: encoded words are
// not decoded.
type Address struct {
	Kind   AddressKind
	Name   string // display name, or a comment that stands in for it
	Route  string // obsolete source route, "@a,@b"
	Local  string // "" when missing
	Domain string // "" when missing
	Bad    bool   // not valid RFC 5322
}

// ParseAddressList reads the raw value of From, To and their like. It takes
// anything and gives what can be understood, at most [MaxAddresses] entries.
// What follows an entry that cannot be understood, up to the end, is lost, so
// that nobody is shown an author that another reader would not see.
func ParseAddressList(value []byte) []Address {
	var list []Address
	var p addressParser
	for p.start(value); len(list) < MaxAddresses && p.next(); {
		e := &p.entry
		list = append(list, Address{
			Kind: e.kind, Name: string(e.name), Route: string(e.route),
			Local: string(e.local), Domain: string(e.domain), Bad: e.bad || e.broken,
		})
	}
	return list
}
