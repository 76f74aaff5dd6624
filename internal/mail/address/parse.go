package address

import (
	"strings"
	"unicode/utf8"
)

const (
	errNoOpen      = SyntaxError("the address must be in angle brackets, as in <user@example.org>")
	errNoClose     = SyntaxError("the closing angle bracket of the address is missing")
	errTrailing    = SyntaxError("there is text after the address")
	errNoLocal     = SyntaxError("the part before the @ is empty")
	errLocalChar   = SyntaxError("the part before the @ holds a character that needs quotes")
	errLocalLong   = SyntaxError("the part before the @ is too long")
	errControl     = SyntaxError("the address holds a control character or broken UTF-8")
	errQuote       = SyntaxError("the quoted part before the @ does not end")
	errNoDomain    = SyntaxError("the address has no domain")
	errRoute       = SyntaxError("the source route in front of the address is malformed")
	errPathTooLong = SyntaxError("the address is too long")
)

// ParseAddress parses "local@domain", all of s.
func ParseAddress(s string) (Address, error) {
	if len(s) > MaxPath {
		return Address{}, errPathTooLong
	}
	a, rest, err := cutMailbox(s)
	if err == nil && rest != "" {
		err = errTrailing
	}
	if err == nil && a.Domain == "" {
		err = errNoDomain
	}
	if err != nil {
		return Address{}, err
	}
	return a, nil
}

// ParsePath parses "<local@domain>", "<>" or "<postmaster>", all of s. A
// source route ("<@a,@b:local@domain>") is accepted and dropped, as RFC 5321
// appendix C and F.2 ask.
func ParsePath(s string) (Address, error) {
	a, rest, err := CutPath(s)
	if err == nil && rest != "" {
		return Address{}, errTrailing
	}
	return a, err
}

// CutPath parses a path at the start of s and returns what follows it.
func CutPath(s string) (a Address, rest string, err error) {
	if !strings.HasPrefix(s, "<") {
		return Address{}, s, errNoOpen
	}
	rest = s[1:]
	if strings.HasPrefix(rest, ">") {
		return Address{}, rest[1:], nil
	}
	if rest, err = dropRoute(rest); err != nil {
		return Address{}, s, err
	}
	if a, rest, err = cutMailbox(rest); err != nil {
		return Address{}, s, err
	}
	if !strings.HasPrefix(rest, ">") {
		return Address{}, s, errNoClose
	}
	rest = rest[1:]
	if len(s)-len(rest) > MaxPath {
		return Address{}, s, errPathTooLong
	}
	return a, rest, nil
}

// dropRoute removes "@domain,@domain:" from the front of s. Hosts in it are
// checked for form, so that nothing unexpected hides there, and forgotten.
func dropRoute(s string) (string, error) {
	if !strings.HasPrefix(s, "@") {
		return s, nil
	}
	for strings.HasPrefix(s, "@") {
		domain, rest, err := cutDomain(s[1:])
		if err != nil || domain == "" {
			return "", errRoute
		}
		switch {
		case strings.HasPrefix(rest, ":"):
			return rest[1:], nil
		case strings.HasPrefix(rest, ",@"):
			s = rest[1:]
		default:
			return "", errRoute
		}
	}
	return "", errRoute
}

// cutMailbox parses local@domain, or postmaster alone, at the start of s.
func cutMailbox(s string) (a Address, rest string, err error) {
	if strings.HasPrefix(s, `"`) {
		a.Local, rest, err = cutQuoted(s)
	} else {
		a.Local, rest, err = cutDotString(s)
	}
	if err != nil {
		return Address{}, s, err
	}
	if !strings.HasPrefix(rest, "@") {
		if isPostmaster(a.Local) {
			return a, rest, nil
		}
		return Address{}, s, errNoDomain
	}
	if a.Domain, rest, err = cutDomain(rest[1:]); err != nil {
		return Address{}, s, err
	}
	return a, rest, nil
}

// cutDotString reads an unquoted local part: everything up to the "@" or the
// end, of which all must be atext, a dot or UTF-8 beyond ASCII.
func cutDotString(s string) (local, rest string, err error) {
	n := strings.IndexAny(s, "@>")
	if n < 0 {
		n = len(s)
	}
	local = s[:n]
	switch {
	case n == 0:
		return "", s, errNoLocal
	case n > MaxLocal:
		return "", s, errLocalLong
	}
	for i := range n {
		if !isAtext(local[i]) && local[i] != '.' {
			if local[i] < ' ' || local[i] == 0x7f {
				return "", s, errControl
			}
			return "", s, errLocalChar
		}
	}
	return local, s[n:], checkUTF8(local)
}

// cutQuoted reads a quoted local part (RFC 5321 Quoted-string).
func cutQuoted(s string) (local, rest string, err error) {
	end, escapes := 1, 0
	for end < len(s) && s[end] != '"' {
		if s[end] == '\\' {
			end++
			escapes++
		}
		if end++; end > 2*MaxLocal {
			return "", s, errLocalLong
		}
	}
	if end >= len(s) {
		return "", s, errQuote
	}
	local = s[1:end]
	if escapes > 0 {
		local = unescape(local)
	}
	return local, s[end+1:], checkLocal(local)
}

// unescape takes off the backslashes. Every backslash is followed by a byte:
// the caller has seen the closing quote after it.
func unescape(s string) string {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' {
			i++
		}
		b = append(b, s[i])
	}
	return string(b)
}

// checkLocal says whether a local part could stand in a path, with quotes if
// need be.
func checkLocal(local string) error {
	switch {
	case local == "":
		return errNoLocal
	case len(local) > MaxLocal:
		return errLocalLong
	}
	for i := range len(local) {
		if local[i] < ' ' || local[i] == 0x7f {
			return errControl
		}
	}
	return checkUTF8(local)
}

// checkUTF8 refuses broken UTF-8 and the control characters U+0080–U+009F,
// which terminals obey.
func checkUTF8(s string) error {
	if isASCII(s) {
		return nil
	}
	for _, r := range s {
		if r == utf8.RuneError || r >= 0x80 && r < 0xa0 {
			return errControl
		}
	}
	return nil
}

// isDotString reports whether a local part needs no quotes in RFC 5321.
func isDotString(local string) bool {
	if local == "" {
		return true // the null sender
	}
	if local[0] == '.' || local[len(local)-1] == '.' {
		return false
	}
	for i := range len(local) {
		if !isAtext(local[i]) && (local[i] != '.' || local[i-1] == '.') {
			return false
		}
	}
	return true
}

// isAtext is the atext of RFC 5322 3.2.3 as extended by RFC 6531 3.3.
func isAtext(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c >= utf8.RuneSelf:
		return true
	}
	return c > ' ' && strings.IndexByte("!#$%&'*+-/=?^_`{|}~", c) >= 0
}
