package message

import "errors"

// Why a submitted header is refused (RFC 6409 6.3, RFC 5322 3.6). Whoever reads
// the message must see the one author that the server has checked.
var (
	ErrTwoFrom   = errors.New("message: more than one From field")
	ErrBadFrom   = errors.New("message: From is not a list of mailboxes")
	ErrTwoSender = errors.New("message: more than one Sender field")
	ErrBadSender = errors.New("message: Sender is not one mailbox")
)

// Completion says what a submission server must add to a header, and who its
// author claims to be.
type Completion struct {
	NoDate, NoMessageID, NoFrom bool
	// NoSender says that From has several mailboxes and no Sender tells which
	// of them sent the message (RFC 5322 3.6.2).
	NoSender bool

	From   []Address // mailboxes of the one From field
	Sender *Address  // of the Sender field, nil when there is none
}

// Complete looks at the header of a submitted message. What is missing is not
// an error: the server may write it, From from the login.
func Complete(header []byte) (Completion, error) {
	c := Completion{NoDate: true, NoMessageID: true, NoFrom: true}
	for f := range Fields(header) {
		switch {
		case f.Is("Date"):
			c.NoDate = false
		case f.Is("Message-ID"):
			c.NoMessageID = false
		case f.Is("Sender"):
			if err := c.sender(f.Value); err != nil {
				return c, err
			}
		case looksLikeFrom(f.Name):
			if err := c.from(&f); err != nil {
				return c, err
			}
		}
	}
	c.NoSender = len(c.From) > 1 && c.Sender == nil
	return c, nil
}

// looksLikeFrom reports whether some reader may take a name for From: one that
// drops what is not printable.
func looksLikeFrom(name []byte) bool {
	const from = "from"
	n := 0
	for _, c := range name {
		switch {
		case c <= ' ' || c >= 0x7F:
		case n < len(from) && lower(c) == from[n]:
			n++
		default:
			return false
		}
	}
	return n == len(from)
}

func (c *Completion) from(f *Field) error {
	if !c.NoFrom {
		return ErrTwoFrom
	}
	c.NoFrom = false
	c.From = ParseAddressList(f.Value)
	if !f.Is("From") || !onlyMailboxes(c.From) || !parsedWhole(f.Value) {
		return ErrBadFrom
	}
	return nil
}

func (c *Completion) sender(value []byte) error {
	if c.Sender != nil {
		return ErrTwoSender
	}
	list := ParseAddressList(value)
	if len(list) != 1 || !onlyMailboxes(list) || !parsedWhole(value) {
		return ErrBadSender
	}
	c.Sender = &list[0]
	return nil
}

// onlyMailboxes reports whether a list has at least one entry, all good ones.
func onlyMailboxes(list []Address) bool {
	for i := range list {
		a := &list[i]
		if a.Bad || a.Kind != Mailbox || a.Route != "" || hasControl(a.Local) || hasControl(a.Domain) {
			return false
		}
	}
	return len(list) > 0
}

func hasControl(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7F {
			return true
		}
	}
	return false
}

// parsedWhole reports whether an address list was read to its end.
func parsedWhole(value []byte) bool {
	var p addressParser
	for p.start(value); p.next(); {
	}
	return p.lex.i == len(value)
}
