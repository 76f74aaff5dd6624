package message

import (
	"bytes"
	"strings"
)

// maxTextLine is the longest line of a message without its CRLF (RFC 5322 2.1.1).
const maxTextLine = 998

// Readdress says what is written in place of an address, "local@domain" in the
// form of the wire. ok is false where it stays.
type Readdress func(local, domain string) (replacement string, ok bool)

// AppendReaddressed appends the raw value of an address field with addresses
// replaced, and reports whether any was. Everything else keeps its bytes: names,
// comments, folding. So does what cannot be read with certainty: entries with
// faults and all that follows them, source routes, blanks or comments inside an
// address, entries beyond [MaxAddresses], and a value of which a line would
// become too long. It is linear.
func AppendReaddressed(dst, value []byte, fn Readdress) ([]byte, bool) {
	start, done, long := len(dst), 0, longestLine(value)
	var p addressParser
	p.start(value)
	for range MaxAddresses {
		if !p.next() {
			break
		}
		e := &p.entry
		if e.bad || e.broken {
			break
		}
		if e.kind != Mailbox || e.route != nil {
			continue
		}
		n := writtenLength(value[e.at:], e)
		if n == 0 {
			continue
		}
		text, ok := fn(string(e.local), string(e.domain))
		if !ok {
			continue
		}
		dst = append(append(dst, value[done:e.at]...), text...)
		done = e.at + n
	}
	if done == 0 {
		return append(dst, value...), false
	}
	dst = append(dst, value[done:]...)
	// The name of the field stands in front of the first line.
	if room := maxTextLine - maxFieldName; longestLine(dst[start:]) > max(long, room) {
		return append(dst[:start], value...), false
	}
	return dst, true
}

// maxFieldName is room for the name of a field, its colon and a blank.
const maxFieldName = 78

// writtenLength is how many bytes at the start of p are the address of e,
// written without blanks, comments or needless escapes. 0 when it is written in
// another way.
func writtenLength(p []byte, e *addressEntry) int {
	local := len(e.local)
	switch {
	case bytes.HasPrefix(p, e.local) && len(e.local) > 0:
	case len(p) > local+1 && p[0] == '"' && bytes.HasPrefix(p[1:], e.local) && p[local+1] == '"' && !bytes.ContainsAny(e.local, "\"\\\r\n"):
		local += 2
	default:
		return 0
	}
	if len(p) <= local || p[local] != '@' || !bytes.HasPrefix(p[local+1:], e.domain) {
		return 0
	}
	n := local + 1 + len(e.domain)
	if n < len(p) && !strings.ContainsRune(" \t\r\n>,;(", rune(p[n])) {
		return 0
	}
	return n
}

// longestLine is the length of the longest line of p, without line breaks.
func longestLine(p []byte) (longest int) {
	for line := range bytes.SplitSeq(p, []byte("\n")) {
		longest = max(longest, len(bytes.TrimSuffix(line, []byte("\r"))))
	}
	return longest
}
