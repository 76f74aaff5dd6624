package message

import (
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// guessSample is how many octets, from the first that is no UTF-8 on, decide
// what a text of no declared charset is read as.
const guessSample = 1 << 10

// guess reads bytes of no declared charset: UTF-8 where they look like it, else
// by the charset that they look most like.
type guess struct {
	legacy encoding.Encoding // nil while nothing but UTF-8 was met
	other  transform.Transformer
}

// Reset implements transform.Transformer.
func (g *guess) Reset() { *g = guess{} }

// Transform implements transform.Transformer.
func (g *guess) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for g.other == nil {
		if nSrc == len(src) {
			return nDst, nSrc, nil
		}
		r, size := rune(src[nSrc]), 1
		if r >= utf8.RuneSelf {
			if !atEOF && !utf8.FullRune(src[nSrc:]) {
				return nDst, nSrc, transform.ErrShortSrc
			}
			if r, size = utf8.DecodeRune(src[nSrc:]); size == 1 {
				if g.legacy == nil {
					if !atEOF && len(src)-nSrc < guessSample {
						return nDst, nSrc, transform.ErrShortSrc
					}
					g.choose(src[nSrc:min(len(src), nSrc+guessSample)])
					continue
				}
				r = charmap.Windows1252.DecodeByte(src[nSrc])
			}
		}
		if nDst+utf8.RuneLen(r) > len(dst) {
			return nDst, nSrc, transform.ErrShortDst
		}
		nDst += utf8.EncodeRune(dst[nDst:], r)
		nSrc += size
	}
	d, s, err := g.other.Transform(dst[nDst:], src[nSrc:], atEOF)
	return nDst + d, nSrc + s, err
}

// choose decides by a sample.
func (g *guess) choose(sample []byte) {
	g.legacy = guessLegacy(sample)
	switch g.legacy {
	case charmap.Windows1252: // and UTF-8 in between, as in a mailbox full of both
	case charmap.Windows1258:
		g.other = transform.Chain(g.legacy.NewDecoder(), norm.NFC)
	default:
		g.other = g.legacy.NewDecoder()
	}
}

// guessLegacy says what text that is no UTF-8 looks like.
func guessLegacy(p []byte) encoding.Encoding {
	s := statisticsOf(p)
	switch {
	case s.tones > 0 && s.vietnamese > 0 && 4*s.tones >= s.high:
		return charmap.Windows1258
	case s.high < 4 || 10*s.joined < 8*s.high: // single letters among ASCII
		return charmap.Windows1252
	case 10*s.letters >= 9*s.high:
		return s.alphabet()
	case s.odd == 0 && 2*s.pairs == s.high:
		return s.ideographs()
	}
	return charmap.Windows1252
}

// statistics are what charsets are told apart by.
type statistics struct {
	high   int // octets above 127
	joined int // of them, next to another one

	letters      int // from 0xC0 on: letters in all 8-bit alphabets
	upper, lower int // 0xC0 to 0xDF, 0xE0 to 0xFF
	greek        int // 0xDC to 0xDF inside of words: accented vowels of Greek
	pairs, odd   int // pairs of octets from 0xA1 on, and runs that are not made of them
	kana, hangul int // pairs that are kana of EUC-JP, in the rows of Hangul of EUC-KR
	tones        int // tone marks of windows-1258 behind a vowel
	vietnamese   int // letters that are Vietnamese there, and rare in windows-1252
}

func statisticsOf(p []byte) (s statistics) {
	for i, c := range p {
		if c < utf8.RuneSelf {
			continue
		}
		var before, after byte
		if i > 0 {
			before = p[i-1]
		}
		if i+1 < len(p) {
			after = p[i+1]
		}
		s.count(before, c, after)
	}
	s.countPairs(p)
	return s
}

func (s *statistics) count(before, c, after byte) {
	s.high++
	if before >= utf8.RuneSelf || after >= utf8.RuneSelf {
		s.joined++
	}
	switch {
	case c >= 0xE0:
		s.letters++
		s.lower++
	case c >= 0xC0:
		s.letters++
		s.upper++
	}
	if c >= 0xDC && c <= 0xDF && (before >= 0xE0 || after >= 0xE0) {
		s.greek++
	}
	switch c {
	case 0xCC, 0xD2, 0xDE, 0xEC, 0xF2:
		if vietnameseVowel(before) {
			s.tones++
			if c < 0xE0 && (before >= 'a' && before <= 'z' || before >= 0xE0) {
				s.vietnamese++ // a capital letter in the middle of a word, were it another charset
			}
		}
	case 0xD0, 0xF0, 0xF5, 0xFD, 0xD5, 0xDD:
		s.vietnamese++
	}
}

// vietnameseVowel reports a vowel of windows-1258.
func vietnameseVowel(c byte) bool {
	switch c {
	case 'a', 'e', 'i', 'o', 'u', 'y', 'A', 'E', 'I', 'O', 'U', 'Y',
		0xC2, 0xC3, 0xCA, 0xD4, 0xD5, 0xDD, 0xE2, 0xE3, 0xEA, 0xF4, 0xF5, 0xFD:
		return true
	}
	return false
}

// countPairs looks at the runs of octets above 127 as pairs.
func (s *statistics) countPairs(p []byte) {
	for i := 0; i < len(p); i++ {
		if p[i] < utf8.RuneSelf {
			continue
		}
		if i+1 == len(p) {
			s.high-- // the sample ends inside of it
			return
		}
		if p[i] < 0xA1 || p[i+1] < 0xA1 {
			s.odd++
			continue
		}
		s.pairs++
		switch lead := p[i]; {
		case lead == 0xA4 || lead == 0xA5:
			s.kana++
		case lead >= 0xB0 && lead <= 0xC8:
			s.hangul++
		}
		i++
	}
}

// alphabet tells Cyrillic and Greek apart: small letters are more than capital
// ones, and KOI8 has them where the others have the capital ones.
func (s *statistics) alphabet() encoding.Encoding {
	switch {
	case 20*s.greek >= s.high:
		return charmap.Windows1253
	case s.upper > s.lower:
		return charmap.KOI8R
	}
	return charmap.Windows1251
}

// ideographs tells apart what has two octets a character.
func (s *statistics) ideographs() encoding.Encoding {
	switch {
	case 4*s.kana >= s.pairs:
		return japanese.EUCJP
	case 10*s.hangul >= 9*s.pairs:
		return korean.EUCKR
	}
	return simplifiedchinese.GB18030
}
