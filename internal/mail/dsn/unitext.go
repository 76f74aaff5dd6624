package dsn

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// encodeUnitext writes an address in the 7-bit form utf-8-addr-xtext of
// RFC 6533 3: what is not plain ASCII becomes \x{HEX}.
func encodeUnitext(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r <= ' ' || r >= 0x7F || r == '\\' || r == '+' || r == '=' {
			fmt.Fprintf(&b, `\x{%02X}`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// decodeUnitext undoes it. What would be a control character, or is malformed,
// stays as it is.
func decodeUnitext(s string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(s, `\x{`)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		hex, _, closed := strings.Cut(after[:min(len(after), len("10FFFF}"))], "}")
		n, err := strconv.ParseUint(hex, 16, 32)
		if !closed || err != nil || !isPrintable(rune(n)) {
			b.WriteString(`\x{`)
			s = after
			continue
		}
		b.WriteRune(rune(n))
		s = after[len(hex)+1:]
	}
}

// isPrintable reports whether a character may stand in a line of text.
func isPrintable(r rune) bool {
	return utf8.ValidRune(r) && r >= ' ' && (r < 0x7F || r >= 0xA0) && r != '\u2028' && r != '\u2029'
}
