package message

import (
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/transform"
)

// utf7 decodes UTF-7 (RFC 2152): "+" begins base64 of UTF-16, "-" ends it, "+-"
// is a plus. What is malformed becomes U+FFFD.
type utf7 struct {
	shifted bool
	fresh   bool   // right behind the plus
	bits    uint32 // not yet a whole unit
	count   int
	lead    rune // surrogate that waits for its second half
}

// Reset implements transform.Transformer.
func (u *utf7) Reset() { *u = utf7{} }

// Transform implements transform.Transformer.
func (u *utf7) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		if len(dst)-nDst < 2*utf8.UTFMax { // a step gives at most two runes
			return nDst, nSrc, transform.ErrShortDst
		}
		nDst += u.step(dst[nDst:], src[nSrc])
		nSrc++
	}
	return nDst, nSrc, nil
}

// step takes a byte and writes what it completes.
func (u *utf7) step(dst []byte, c byte) int {
	if !u.shifted {
		switch {
		case c == '+':
			*u = utf7{shifted: true, fresh: true}
			return 0
		case c >= utf8.RuneSelf:
			return utf8.EncodeRune(dst, utf8.RuneError)
		}
		dst[0] = c
		return 1
	}
	if v := base64Value(c); v < 64 {
		u.fresh = false
		return u.unit(dst, v)
	}
	wasFresh, n := u.fresh, 0
	if u.lead != 0 {
		n = utf8.EncodeRune(dst, utf8.RuneError)
	}
	*u = utf7{}
	switch {
	case c == '-' && wasFresh:
		dst[n] = '+'
		n++
	case c >= utf8.RuneSelf:
		n += utf8.EncodeRune(dst[n:], utf8.RuneError)
	case c != '-':
		dst[n] = c
		n++
	}
	return n
}

// unit takes six bits and writes the character that they complete, if any.
func (u *utf7) unit(dst []byte, six byte) int {
	u.bits = u.bits<<6 | uint32(six)
	if u.count += 6; u.count < 16 {
		return 0
	}
	u.count -= 16
	r := rune(u.bits >> u.count & 0xFFFF)
	u.bits &= 1<<u.count - 1
	lead := u.lead
	u.lead = 0
	switch {
	case lead != 0 && utf16.IsSurrogate(r):
		return utf8.EncodeRune(dst, utf16.DecodeRune(lead, r))
	case lead != 0:
		n := utf8.EncodeRune(dst, utf8.RuneError)
		return n + utf8.EncodeRune(dst[n:], r)
	case utf16.IsSurrogate(r):
		u.lead = r
		return 0
	}
	return utf8.EncodeRune(dst, r)
}
