package message

import (
	"bytes"
	"strconv"
)

// IMAP strings (RFC 3501 4.3), as ENVELOPE and BODYSTRUCTURE carry them.

// appendNString appends s as a string, or NIL when s is nil.
func appendNString(dst, s []byte) []byte {
	if s == nil {
		return append(dst, "NIL"...)
	}
	return appendString(dst, s)
}

// appendString appends s as a quoted string, or as a literal where a quoted
// string may not hold it: 8-bit bytes, CR, LF. A NUL cannot be sent in either
// and becomes U+FFFD.
func appendString(dst, s []byte) []byte {
	if bytes.IndexByte(s, 0) >= 0 {
		s = bytes.ReplaceAll(s, []byte{0}, []byte("\uFFFD"))
	}
	plain, quotable := true, true
	for _, c := range s {
		if c >= 0x80 || c == '\r' || c == '\n' {
			quotable = false
			break
		}
		if c == '"' || c == '\\' {
			plain = false
		}
	}
	switch {
	case !quotable:
		return appendLiteral(dst, s)
	case plain:
		dst = append(dst, '"')
		dst = append(dst, s...)
		return append(dst, '"')
	}
	return appendQuoted(dst, s)
}

func appendQuoted(dst, s []byte) []byte {
	dst = append(dst, '"')
	for _, c := range s {
		if c == '"' || c == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, c)
	}
	return append(dst, '"')
}

func appendLiteral(dst, s []byte) []byte {
	dst = append(dst, '{')
	dst = strconv.AppendInt(dst, int64(len(s)), 10)
	dst = append(dst, '}', '\r', '\n')
	return append(dst, s...)
}

// appendUnbroken appends s without its line breaks. What begins the next line
// is a blank in a folded field; where it is not, one is put in.
func appendUnbroken(dst, s []byte) []byte {
	for len(s) > 0 {
		i := bytes.IndexAny(s, "\r\n")
		if i < 0 {
			return append(dst, s...)
		}
		dst = append(dst, s[:i]...)
		for i < len(s) && (s[i] == '\r' || s[i] == '\n') {
			i++
		}
		if s = s[i:]; len(s) > 0 && !isBlank(s[0]) {
			dst = append(dst, ' ')
		}
	}
	return dst
}

// appendCollapsed appends s for the eyes of people: each run of blanks and line
// breaks becomes one space, those at the ends go.
func appendCollapsed(dst, s []byte) []byte {
	start := len(dst)
	gap := false
	for _, c := range s {
		if c == ' ' || c == '\t' || c == '\r' || c == '\n' {
			gap = true
			continue
		}
		if gap && len(dst) > start {
			dst = append(dst, ' ')
		}
		gap = false
		dst = append(dst, c)
	}
	return dst
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }
