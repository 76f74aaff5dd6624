package fold

import (
	"unicode"
	"unicode/utf8"
)

// class is what a character of cased text is for an index.
type class uint8

const (
	gap       class = iota // blanks, punctuation, controls
	letter                 // part of a word
	connector              // part of a word when letters stand on both sides
	dense                  // of a script without blanks between words, or a symbol
)

// asciiClasses is the class of each ASCII character.
var asciiClasses = func() (t [utf8.RuneSelf]class) {
	for c := range t {
		switch {
		case isASCIILetter(byte(c)), '0' <= c && c <= '9':
			t[c] = letter
		case c == '.', c == '-', c == '_', c == '@', c == '\'':
			t[c] = connector
		}
	}
	return t
}()

// denseRanges are the scripts that write words without blanks, by their blocks:
// marks and vowel signs belong to them, which have the script "inherited".
var denseRanges = [...][2]rune{
	{0x0E00, 0x0FFF},   // Thai, Lao, Tibetan
	{0x1000, 0x109F},   // Myanmar
	{0x1780, 0x17FF},   // Khmer
	{0x19E0, 0x19FF},   // Khmer symbols
	{0x2E80, 0x2FFF},   // radicals
	{0x3005, 0x3007},   // iteration mark, closing mark, zero
	{0x3021, 0x31FF},   // numerals, Hiragana, Katakana, Bopomofo
	{0x3200, 0x9FFF},   // enclosed letters, Han
	{0xA000, 0xA4CF},   // Yi
	{0xA9E0, 0xA9FF},   // Myanmar
	{0xAA60, 0xAA7F},   // Myanmar
	{0xF900, 0xFAFF},   // Han
	{0x1B000, 0x1B2FF}, // Kana
	{0x20000, 0x3FFFF}, // Han
}

// classOf returns the class of a character.
func classOf(r rune) class {
	if int(r) < len(lowClasses) {
		return lowClasses[r]
	}
	return computeClass(r)
}

// lowClasses are the classes that lie ready: the letters and marks of cased text
// in most scripts that have case.
var lowClasses = func() (t [tableEnd]class) {
	copy(t[:], asciiClasses[:])
	for r := rune(utf8.RuneSelf); r < tableEnd; r++ {
		t[r] = computeClass(r)
	}
	return t
}()

// computeClass returns the class of a character that is not ASCII.
func computeClass(r rune) class {
	for _, d := range denseRanges {
		if r < d[0] {
			break
		}
		if r <= d[1] {
			return dense
		}
	}
	switch {
	case unicode.IsLetter(r), unicode.IsMark(r), unicode.IsNumber(r):
		return letter
	case unicode.IsSymbol(r) && r != utf8.RuneError:
		return dense
	}
	return gap
}
