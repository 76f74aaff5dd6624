// Package address is the mail address of the SMTP envelope (RFC 5321 4.1.2,
// RFC 6531): parsed strictly enough that no CR, LF, NUL or other control
// character can be in it, kept in one form, and written back with as little
// quoting as possible.
//
//	a, err := address.ParsePath("<@old.example:\"joe\"@Example.ORG>")
//	a         == address.Address{Local: "joe", Domain: "example.org"}
//	a.Path()  == "<joe@example.org>"
//	a.Fold()  is the form to look up and compare
//
// What is accepted beyond the grammar, because mail that people want has it:
// dots at the ends or in a row in an unquoted local part (Japanese phone
// providers), local parts over 64 octets (bounce addresses with an address
// inside), underscores in domains. What is refused: control characters,
// broken UTF-8, empty labels, domains that IDNA refuses, literals that are no
// IP address.
//
// An Address made by hand can hold anything; [Address.Valid] tells, and
// whoever writes to the wire asks.
package address

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Limits of an address, in octets. RFC 5321 4.5.3.1 asks for at least 64, 255
// and 256; local parts of bounce addresses are longer than that in practice.
const (
	MaxLocal  = 256
	MaxDomain = 255
	MaxPath   = 1024 // with angle brackets, quotes and source route
)

// Address is one mailbox. The zero value is the null sender "<>". Local
// without Domain is possible only for "postmaster" (RFC 5321 4.5.1).
//
// Local is what remains when quotes and backslashes are taken off. Domain is
// in lower case, in A-labels or U-labels as the peer gave it, or an address
// literal in canonical form: "[192.0.2.1]", "[IPv6:2001:db8::1]".
type Address struct {
	Local, Domain string
}

// SyntaxError says in one sentence why an address was refused. It never
// repeats the input, so it can be sent in a reply and written to a log.
type SyntaxError string

func (e SyntaxError) Error() string { return string(e) }

// IsNull reports whether a is the null sender, to which nothing is ever sent.
func (a Address) IsNull() bool { return a == Address{} }

// IsASCII reports whether a can be sent without SMTPUTF8.
func (a Address) IsASCII() bool { return isASCII(a.Local) && isASCII(a.Domain) }

// IsLiteral reports whether the domain is an IP address in brackets.
func (a Address) IsLiteral() bool { return strings.HasPrefix(a.Domain, "[") }

// Valid returns nil when a is the null sender or could have been parsed from
// the wire. An address from parsing is always valid.
func (a Address) Valid() error {
	if a.IsNull() {
		return nil
	}
	if err := checkLocal(a.Local); err != nil {
		return err
	}
	if a.Domain == "" {
		if isPostmaster(a.Local) {
			return nil
		}
		return errNoDomain
	}
	d, err := normalDomain(a.Domain)
	if err == nil && d != a.Domain {
		return errDomainForm
	}
	return err
}

// String returns "local@domain", the local part quoted if it must be, and ""
// for the null sender.
func (a Address) String() string {
	if isDotString(a.Local) {
		if a.Domain == "" {
			return a.Local
		}
		return a.Local + "@" + a.Domain
	}
	return string(a.append(make([]byte, 0, len(a.Local)+len(a.Domain)+8)))
}

// Path returns the address as MAIL and RCPT name it: "<local@domain>" or "<>".
func (a Address) Path() string {
	return string(a.AppendPath(make([]byte, 0, len(a.Local)+len(a.Domain)+8)))
}

// AppendPath appends Path to dst.
func (a Address) AppendPath(dst []byte) []byte {
	return append(a.append(append(dst, '<')), '>')
}

func (a Address) append(dst []byte) []byte {
	if a.IsNull() {
		return dst
	}
	if isDotString(a.Local) {
		dst = append(dst, a.Local...)
	} else {
		dst = append(dst, '"')
		for i := range len(a.Local) {
			if c := a.Local[i]; c == '"' || c == '\\' {
				dst = append(dst, '\\')
			}
			dst = append(dst, a.Local[i])
		}
		dst = append(dst, '"')
	}
	if a.Domain == "" {
		return dst
	}
	return append(append(dst, '@'), a.Domain...)
}

// ASCII returns the domain in A-labels ("xn--…"), as the DNS and peers without
// SMTPUTF8 want it; "" when it has no such form, which an address from parsing
// always has.
func (a Address) ASCII() string {
	if isASCII(a.Domain) {
		return a.Domain
	}
	d, err := profile.ToASCII(a.Domain)
	if err != nil {
		return ""
	}
	return d
}

// Fold returns the form in which addresses are looked up and compared: the
// local part in lower case and Unicode NFC, the domain in A-labels. RFC 5321
// lets a host tell "Joe" from "joe"; Tram, like its users, does not.
func (a Address) Fold() Address {
	local := a.Local
	if !isASCII(local) {
		local = norm.NFC.String(local)
	}
	return Address{Local: strings.ToLower(local), Domain: a.ASCII()}
}

// SplitSubaddress cuts "user+tag" at the first separator (RFC 5233). Without
// a separator, with an empty one, or with nothing in front of it, the whole
// local part is the user.
func SplitSubaddress(local, separator string) (user, tag string) {
	if separator == "" {
		return local, ""
	}
	if i := strings.Index(local, separator); i > 0 {
		return local[:i], local[i+len(separator):]
	}
	return local, ""
}

// MarshalText returns String, so that an Address is a plain string in JSON.
func (a Address) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (a *Address) UnmarshalText(text []byte) (err error) {
	switch {
	case len(text) == 0:
		*a = Address{}
	case isPostmaster(string(text)):
		*a = Address{Local: string(text)}
	default:
		*a, err = ParseAddress(string(text))
	}
	return err
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func isPostmaster(local string) bool {
	return len(local) == len("postmaster") && strings.EqualFold(local, "postmaster")
}
