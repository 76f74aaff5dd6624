package message

import (
	"unicode/utf8"

	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/transform"
)

// iso2022 reads ISO-2022-KR (RFC 1557) and the common part of ISO-2022-CN
// (RFC 1922): SO begins pairs of seven bits, SI ends them. The escape sequences
// that announce the one character set they are used with are passed over.
type iso2022 struct {
	pair    transform.Transformer // reads a pair with the eighth bits set
	shifted bool
}

func newISO2022KR() *iso2022 { return &iso2022{pair: korean.EUCKR.NewDecoder()} }
func newISO2022CN() *iso2022 { return &iso2022{pair: simplifiedchinese.GBK.NewDecoder()} }

// Control characters of ISO 2022.
const (
	escape   = 0x1B
	shiftOut = 0x0E
	shiftIn  = 0x0F
)

// Reset implements transform.Transformer.
func (d *iso2022) Reset() { d.shifted = false }

// Transform implements transform.Transformer.
func (d *iso2022) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		if len(dst)-nDst < utf8.UTFMax {
			return nDst, nSrc, transform.ErrShortDst
		}
		size, n := d.step(dst[nDst:], src[nSrc:], atEOF)
		if size == 0 {
			return nDst, nSrc, transform.ErrShortSrc
		}
		nSrc += size
		nDst += n
	}
	return nDst, nSrc, nil
}

// step takes what src begins with and writes the character that it is, if any.
// size 0 asks for more.
func (d *iso2022) step(dst, src []byte, atEOF bool) (size, n int) {
	switch c := src[0]; {
	case c == escape:
		return d.announcement(dst, src, atEOF)
	case c == shiftOut:
		d.shifted = true
		return 1, 0
	case c == shiftIn:
		d.shifted = false
		return 1, 0
	case c >= utf8.RuneSelf:
		return 1, utf8.EncodeRune(dst, utf8.RuneError)
	case !d.shifted || c <= ' ':
		if c == '\n' {
			d.shifted = false // RFC 1922 3.2: a line ends in ASCII
		}
		dst[0] = c
		return 1, 1
	case len(src) < 2 && !atEOF:
		return 0, 0
	case len(src) < 2 || src[1] <= ' ' || src[1] >= utf8.RuneSelf:
		return 1, utf8.EncodeRune(dst, utf8.RuneError)
	}
	n, _, err := d.pair.Transform(dst[:utf8.UTFMax], []byte{src[0] | 0x80, src[1] | 0x80}, true)
	if err != nil {
		n = utf8.EncodeRune(dst, utf8.RuneError)
	}
	return 2, n
}

// announcement passes over ESC $ ) C and its kin.
func (d *iso2022) announcement(dst, src []byte, atEOF bool) (size, n int) {
	const whole = len("\x1b$)C")
	if len(src) < whole && !atEOF {
		return 0, 0
	}
	if len(src) >= whole && src[1] == '$' && (src[2] == ')' || src[2] == '*' || src[2] == '+') {
		return whole, 0
	}
	dst[0] = escape
	return 1, 1
}
