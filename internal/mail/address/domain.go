package address

import (
	"net/netip"
	"strings"

	"golang.org/x/net/idna"
)

const (
	errDomainLong  = SyntaxError("the domain is too long")
	errDomainLabel = SyntaxError("the domain has an empty or overlong label")
	errDomainChar  = SyntaxError("the domain holds a character that domains cannot have")
	errDomainIDN   = SyntaxError("the domain is not a valid internationalised name")
	errDomainForm  = SyntaxError("the domain is not in lower case")
	errLiteral     = SyntaxError("the address literal must be [192.0.2.1] or [IPv6:2001:db8::1]")
)

const maxLabel = 63 // octets, RFC 1035 2.3.4

// profile is IDNA2008 as browsers and DNS tools look names up (UTS 46), with
// underscores allowed as in ASCII domains.
var profile = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false), idna.VerifyDNSLength(true))

// ParseDomain returns a domain or address literal in the form that
// [Address.Domain] has, all of s.
func ParseDomain(s string) (string, error) {
	d, rest, err := cutDomain(s)
	if err == nil && rest != "" {
		err = errDomainChar
	}
	if err != nil {
		return "", err
	}
	return d, nil
}

// cutDomain reads a domain or an address literal at the start of s, up to a
// byte that can follow one in a path.
func cutDomain(s string) (domain, rest string, err error) {
	n := strings.IndexAny(s, ">,: ")
	if strings.HasPrefix(s, "[") {
		n = strings.IndexByte(s, ']') + 1
		if n == 0 {
			return "", s, errLiteral
		}
	}
	if n < 0 {
		n = len(s)
	}
	domain, err = normalDomain(s[:n])
	return domain, s[n:], err
}

func normalDomain(s string) (string, error) {
	switch {
	case s == "":
		return "", errNoDomain
	case len(s) > MaxDomain:
		return "", errDomainLong
	case s[0] == '[':
		return normalLiteral(s)
	case isASCII(s):
		return strings.ToLower(s), checkLabels(s)
	}
	return normalIDN(s)
}

// checkLabels checks an ASCII domain: letters, digits, hyphen, underscore.
func checkLabels(s string) error {
	start := 0
	for i := 0; i <= len(s); i++ {
		if i == len(s) || s[i] == '.' {
			if i == start || i-start > maxLabel {
				return errDomainLabel
			}
			start = i + 1
			continue
		}
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return errDomainChar
		}
	}
	return nil
}

// normalIDN maps a domain with U-labels to lower case and NFC. It must have an
// ASCII form without anything unusual in it: mappings can produce full stops
// and worse.
func normalIDN(s string) (string, error) {
	ascii, err := profile.ToASCII(s)
	if err != nil || checkLabels(ascii) != nil {
		return "", errDomainIDN
	}
	u, err := profile.ToUnicode(ascii)
	if err != nil || len(u) > MaxDomain {
		return "", errDomainIDN
	}
	return u, nil
}

// normalLiteral checks "[192.0.2.1]" and "[IPv6:2001:db8::1]" (RFC 5321
// 4.1.3). Zones and general literals with other tags are refused.
func normalLiteral(s string) (string, error) {
	if len(s) < 2 || s[len(s)-1] != ']' {
		return "", errLiteral
	}
	s = s[1 : len(s)-1]
	const tag = "IPv6:"
	if len(s) > len(tag) && strings.EqualFold(s[:len(tag)], tag) {
		ip, err := netip.ParseAddr(s[len(tag):])
		if err != nil || !ip.Is6() || ip.Zone() != "" {
			return "", errLiteral
		}
		return "[" + tag + ip.String() + "]", nil
	}
	ip, err := netip.ParseAddr(s)
	if err != nil || !ip.Is4() {
		return "", errLiteral
	}
	return "[" + ip.String() + "]", nil
}

// LiteralIP returns the IP address of a domain literal.
func (a Address) LiteralIP() (netip.Addr, bool) {
	if len(a.Domain) < 2 || !a.IsLiteral() {
		return netip.Addr{}, false
	}
	ip, err := netip.ParseAddr(strings.TrimPrefix(a.Domain[1:len(a.Domain)-1], "IPv6:"))
	return ip, err == nil
}
