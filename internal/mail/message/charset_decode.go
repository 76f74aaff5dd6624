package message

import (
	"unicode/utf8"

	"golang.org/x/text/transform"
)

// asciiOnly reads an unknown charset.
type asciiOnly struct{ transform.NopResetter }

// Transform implements transform.Transformer.
func (asciiOnly) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	return transformBytes(dst, src, func(c byte) rune {
		if c >= utf8.RuneSelf {
			return utf8.RuneError
		}
		return rune(c)
	})
}

// singleByte describes a charset that is ASCII but for some bytes.
type singleByte struct {
	high [128]rune     // of 0x80 to 0xFF
	low  map[byte]rune // control characters that are letters there
}

// tableDecoder reads a charset of single bytes.
type tableDecoder struct {
	transform.NopResetter
	table *singleByte
}

// Transform implements transform.Transformer.
func (d *tableDecoder) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	return transformBytes(dst, src, func(c byte) rune {
		if c >= utf8.RuneSelf {
			return d.table.high[c-utf8.RuneSelf]
		}
		if r, ok := d.table.low[c]; c < ' ' && ok {
			return r
		}
		return rune(c)
	})
}

func transformBytes(dst, src []byte, decode func(byte) rune) (nDst, nSrc int, err error) {
	for _, c := range src {
		r := decode(c)
		if nDst+utf8.RuneLen(r) > len(dst) {
			return nDst, nSrc, transform.ErrShortDst
		}
		nDst += utf8.EncodeRune(dst[nDst:], r)
		nSrc++
	}
	return nDst, nSrc, nil
}
