package imap

import (
	"strconv"
	"strings"

	"tram/internal/mail/imapwire"
)

// partialRange is the argument of PARTIAL: places in the result, counted from
// 1, or from its end.
type partialRange struct {
	first, last uint32 // in the order in which they count
	fromEnd     bool
	text        string // as it is answered
}

// parse reads partial-range (RFC 9394 4).
func (p *partialRange) parse(d *imapwire.Decoder) bool {
	return d.ExpectAtom(&p.text) && (p.parseText() || d.Fail("Invalid PARTIAL range"))
}

// parseText takes "1:500" or "-1:-100", in either order. The answer has the
// place first that counts first, as Dovecot's.
func (p *partialRange) parseText() bool {
	a, b, ok := strings.Cut(p.text, ":")
	a, p.fromEnd = strings.CutPrefix(a, "-")
	b, minus := strings.CutPrefix(b, "-")
	x, xOK := parseNonZero(a)
	y, yOK := parseNonZero(b)
	p.first, p.last = min(x, y), max(x, y)
	if x > y {
		p.text = sign(p.fromEnd) + b + ":" + sign(p.fromEnd) + a
	}
	return ok && xOK && yOK && minus == p.fromEnd
}

func sign(negative bool) string {
	if negative {
		return "-"
	}
	return ""
}

// parseNonZero reads nz-number (RFC 3501 9).
func parseNonZero(s string) (uint32, bool) {
	n, err := strconv.ParseUint(s, 10, 32)
	return uint32(n), err == nil && n > 0 && s[0] != '+' && s[0] != '-'
}

// cut gives the part of a result of n places: from is its first place, counted
// from 0, and to the one behind it.
func (p *partialRange) cut(n int) (from, to int) {
	from, to = min(int(p.first)-1, n), min(int(p.last), n)
	if p.fromEnd {
		return n - to, n - from
	}
	return from, to
}
