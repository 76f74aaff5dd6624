package imapwire

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxQuoted is the longest string that is sent quoted; longer ones become
// literals, as some clients have a limit on lines.
const maxQuoted = 4096

// AppendString appends s as a quoted string or, where that cannot hold it, as
// a literal.
func AppendString(dst []byte, s string) []byte { return appendString(dst, s, false) }

// appendString is AppendString for a client that may take UTF-8 in quoted
// strings.
func appendString(dst []byte, s string, takesUTF8 bool) []byte {
	escape, eightBit := false, false
	if len(s) > maxQuoted {
		return appendLiteral(dst, s)
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			escape = true
		case c >= 0x80 && takesUTF8:
			eightBit = true
		case c < 0x20 || c >= 0x7f:
			return appendLiteral(dst, s)
		}
	}
	if eightBit && !utf8.ValidString(s) {
		return appendLiteral(dst, s)
	}
	dst = append(dst, '"')
	if !escape {
		dst = append(dst, s...)
		return append(dst, '"')
	}
	for i := range len(s) {
		if s[i] == '"' || s[i] == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, s[i])
	}
	return append(dst, '"')
}

// AppendNString appends s, or NIL when it is empty.
func AppendNString(dst []byte, s string) []byte {
	if s == "" {
		return append(dst, "NIL"...)
	}
	return AppendString(dst, s)
}

// AppendAString appends s as an atom where it can be one, else as a string.
func AppendAString(dst []byte, s string) []byte { return appendAString(dst, s, false) }

func appendAString(dst []byte, s string, takesUTF8 bool) []byte {
	if s == "" || isNIL(s) {
		return appendString(dst, s, takesUTF8)
	}
	for i := range len(s) {
		if classes[s[i]]&classAtom == 0 {
			return appendString(dst, s, takesUTF8)
		}
	}
	return append(dst, s...)
}

func isNIL(s string) bool { return len(s) == 3 && strings.EqualFold(s, "NIL") }

// appendLiteral appends s as a literal. NUL cannot be sent in one (RFC 3501 9,
// CHAR8) and becomes 0x80, as in Dovecot.
func appendLiteral(dst []byte, s string) []byte {
	dst = AppendLiteralHeader(dst, int64(len(s)))
	mark := len(dst)
	dst = append(dst, s...)
	for i := mark; i < len(dst); i++ {
		if dst[i] == 0 {
			dst[i] = 0x80
		}
	}
	return dst
}

// AppendLiteralHeader appends {n} and the line end; n bytes must follow.
func AppendLiteralHeader(dst []byte, n int64) []byte {
	dst = append(dst, '{')
	dst = strconv.AppendInt(dst, n, 10)
	return append(dst, "}\r\n"...)
}

// AppendText appends s as the human-readable end of a response: one line of
// printable characters whatever s holds (RFC 3501 9, text).
func AppendText(dst []byte, s string) []byte {
	for i := range len(s) {
		c := s[i]
		if c < 0x20 || c == 0x7f {
			c = ' '
		}
		dst = append(dst, c)
	}
	return dst
}
