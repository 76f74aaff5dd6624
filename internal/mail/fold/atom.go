package fold

import "unicode/utf8"

// atom is a word, or a row of dense characters, within cased text.
type atom struct {
	start, end int
	dense      bool
}

// nextAtom finds the first atom of p from i on; false when there is none.
func nextAtom(p []byte, i int) (atom, bool) {
	for i < len(p) {
		if b := p[i]; b < utf8.RuneSelf && asciiClasses[b] != letter {
			i++
			continue
		}
		switch c, size := classAt(p, i); c {
		case letter:
			return atom{start: i, end: wordEnd(p, i+size)}, true
		case dense:
			return atom{start: i, end: rowEnd(p, i+size), dense: true}, true
		default:
			i += size
		}
	}
	return atom{}, false
}

// wordEnd returns where the word ends that has a letter right before i.
func wordEnd(p []byte, i int) int {
	for i < len(p) {
		if b := p[i]; b < utf8.RuneSelf && asciiClasses[b] == letter {
			i++
			continue
		}
		c, size := classAt(p, i)
		if c == connector && i+size < len(p) {
			// Connectors are ASCII: one between two letters belongs to the word.
			c, size = classAt(p, i+1)
			size++
		}
		if c != letter {
			break
		}
		i += size
	}
	return i
}

// rowEnd returns where the row of dense characters ends that goes on at i.
func rowEnd(p []byte, i int) int {
	for i < len(p) {
		c, size := classAt(p, i)
		if c != dense {
			break
		}
		i += size
	}
	return i
}

// classAt returns the class and the length of the character at i.
func classAt(p []byte, i int) (class, int) {
	if c := p[i]; c < utf8.RuneSelf {
		return asciiClasses[c], 1
	}
	if c := p[i]; c&0xe0 == 0xc0 && i+1 < len(p) { // most letters, and their marks
		if r := rune(c&0x1f)<<6 | rune(p[i+1]&0x3f); r < tableEnd {
			return lowClasses[r], 2
		}
	}
	r, size := utf8.DecodeRune(p[i:])
	return classOf(r), size
}
