package fold

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// AppendCased appends UTF-8 text in its cased form. Texts may be cut between any
// two characters and folded one by one.
func AppendCased(dst, text []byte) []byte {
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			if 'a' <= c && c <= 'z' {
				c -= 'a' - 'A'
			}
			dst = append(dst, c)
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		i += size
		if r < tableEnd {
			dst = append(dst, lowTable[r]...)
		} else if latinStart <= r && r < latinEnd {
			dst = append(dst, latinTable[r-latinStart]...)
		} else {
			dst = appendCasedRune(dst, r)
		}
	}
	return dst
}

// appendCasedRune appends one character in its cased form.
func appendCasedRune(dst []byte, r rune) []byte {
	var buf [utf8.UTFMax]byte
	one := utf8.AppendRune(buf[:0], unicode.ToTitle(r))
	if parts := norm.NFKD.Properties(one).Decomposition(); parts != nil {
		return append(dst, parts...)
	}
	return append(dst, one...)
}

// The cased forms of Latin, Greek and Cyrillic letters lie ready: texts in these
// scripts are most of the mail that is not ASCII.
const (
	tableEnd             = 0x530
	latinStart, latinEnd = 0x1E00, 0x2000 // Latin with several marks, as in Vietnamese; ancient Greek
)

var (
	lowTable   = casedTable(0, tableEnd)
	latinTable = casedTable(latinStart, latinEnd)
)

func casedTable(first, end rune) []string {
	table := make([]string, end-first)
	for r := first; r < end; r++ {
		table[r-first] = string(appendCasedRune(nil, r))
	}
	return table
}

// Stripper turns cased text into bare text, piece by piece. The zero value
// stands at the beginning of a text.
type Stripper struct {
	based bool // a Latin or Greek letter, perhaps with marks, is right before
}

// Append appends the bare form of the next piece of cased text, which ends
// between characters.
func (s *Stripper) Append(dst, cased []byte) []byte {
	for i := 0; i < len(cased); {
		c := cased[i]
		if c < utf8.RuneSelf {
			s.based = isASCIILetter(c)
			dst = append(dst, c)
			i++
			continue
		}
		r, size := utf8.DecodeRune(cased[i:])
		switch plain := unstroked(r); {
		case s.based && isMark(r):
			// It is on the letter before: left out.
		case plain != 0:
			dst, s.based = append(dst, plain), true
		default:
			dst = append(dst, cased[i:i+size]...)
			s.based = takesMarks(r)
		}
		i += size
	}
	return dst
}

// AppendBare appends the bare form of a whole cased text.
func AppendBare(dst, cased []byte) []byte {
	var s Stripper
	return s.Append(dst, cased)
}

// unstroked returns the letter under the stroke of a Latin letter: strokes are
// no marks that could be decomposed. 0 for any other character.
func unstroked(r rune) byte {
	switch r {
	case 'Đ':
		return 'D'
	case 'Ħ':
		return 'H'
	case 'Ł':
		return 'L'
	case 'Ø':
		return 'O'
	case 'Ŧ':
		return 'T'
	}
	return 0
}

// takesMarks reports whether a mark behind a character, not of ASCII, is an
// accent that people leave out.
func takesMarks(r rune) bool {
	if 0x0400 <= r && r < 0x1D00 || 0x2E80 <= r && r < 0xA700 { // most of what is neither
		return false
	}
	return unicode.In(r, unicode.Latin, unicode.Greek)
}

// isMark reports whether a character is a mark of no script in particular.
func isMark(r rune) bool {
	switch {
	case r < 0x0300:
		return false
	case r <= 0x036F:
		return true
	}
	return 0x1AB0 <= r && r <= 0x1AFF || 0x1DC0 <= r && r <= 0x1DFF || 0x20D0 <= r && r <= 0x20FF || 0xFE20 <= r && r <= 0xFE2F
}

func isASCIILetter(c byte) bool { return 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' }

// IsASCII reports whether all bytes are below 128: then the cased form is the
// bare one.
func IsASCII(p []byte) bool {
	for len(p) >= 8 {
		if (p[0]|p[1]|p[2]|p[3]|p[4]|p[5]|p[6]|p[7])&0x80 != 0 {
			return false
		}
		p = p[8:]
	}
	for _, c := range p {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
