package imapwire

import (
	"bytes"
	"math"
)

// Classes of bytes (RFC 3501 9).
const (
	classAtom     uint16 = 1 << iota // ATOM-CHAR
	classAString                     // ASTRING-CHAR; bytes above 127 too, as others take them
	classTag                         // ASTRING-CHAR without "+"
	classList                        // list-char: ATOM-CHAR, wildcards and "]"
	classDigit                       //
	classQuoted                      // inside of a quoted string, without the two that need "\"
	classKeyword                     // names of commands and items
	classSequence                    // what a sequence-set is made of
	classLine                        // anything but the line's end and NUL
)

var classes = makeClasses()

func makeClasses() (t [256]uint16) {
	for c := 0x21; c < 0x7f; c++ {
		switch c {
		case '(', ')', '{', '"', '\\':
		case '%', '*':
			t[c] |= classList
		case ']':
			t[c] |= classAString | classTag | classList
		case '+':
			t[c] |= classAtom | classAString | classList
		default:
			t[c] |= classAtom | classAString | classTag | classList
		}
	}
	for c := 0x80; c <= 0xff; c++ {
		t[c] |= classAString | classList | classQuoted
	}
	for c := 1; c < 0x80; c++ {
		if c != '"' && c != '\\' && c != '\r' && c != '\n' {
			t[c] |= classQuoted
		}
	}
	for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-=/" {
		t[c] |= classKeyword
	}
	for c := 1; c < 256; c++ {
		if c != '\r' && c != '\n' {
			t[c] |= classLine
		}
	}
	for _, c := range "0123456789" {
		t[c] |= classDigit
	}
	for _, c := range "0123456789:,*$" {
		t[c] |= classSequence
	}
	return t
}

// Special reads one given byte.
func (d *Decoder) Special(b byte) bool {
	c, ok := d.peek()
	if !ok || c != b {
		return false
	}
	return d.advance(1)
}

// ExpectSpecial reads one given byte.
func (d *Decoder) ExpectSpecial(b byte) bool {
	return d.Special(b) || d.Fail("Expected '"+string(rune(b))+"'")
}

// SP reads a space. Several are taken as one, as other servers do.
func (d *Decoder) SP() bool {
	if !d.Special(' ') {
		return false
	}
	for d.Special(' ') {
	}
	return d.err == nil
}

// ExpectSP reads a space.
func (d *Decoder) ExpectSP() bool { return d.SP() || d.Fail("Missing argument") }

// CRLF reads the end of the command. A lone LF is taken too.
func (d *Decoder) CRLF() bool {
	if d.ended {
		return d.err == nil
	}
	if d.Special('\r') {
		if c, ok := d.peek(); !ok || c != '\n' {
			return d.Fail("CR without LF")
		}
	}
	if c, ok := d.peek(); !ok || c != '\n' {
		return false
	}
	d.r++
	d.ended = true
	return true
}

// ExpectCRLF reads the end of the command, and a blank before it.
func (d *Decoder) ExpectCRLF() bool {
	d.SP()
	return d.CRLF() || d.Fail("Junk after the command")
}

// AtEnd reports whether the end of the command comes next.
func (d *Decoder) AtEnd() bool {
	if d.ended {
		return true
	}
	c, ok := d.peek()
	return ok && (c == '\r' || c == '\n')
}

// word reads a run of a class as a token.
func (d *Decoder) word(class uint16, ptr *string) bool {
	p, ok := d.span(class)
	if !ok || len(p) == 0 || !d.countToken() {
		return false
	}
	*ptr = string(p)
	return true
}

// Atom reads an atom.
func (d *Decoder) Atom(ptr *string) bool { return d.word(classAtom, ptr) }

// ExpectAtom reads an atom.
func (d *Decoder) ExpectAtom(ptr *string) bool { return d.Atom(ptr) || d.Fail("Expected an atom") }

// ExpectTag reads the tag of a command. One that goes on with a byte that no tag
// has is not a shorter tag: ptr stays as it is.
func (d *Decoder) ExpectTag(ptr *string) bool {
	var tag string
	if !d.word(classTag, &tag) || !d.AtSpecial(' ') && !d.AtEnd() {
		return d.Fail("Invalid tag")
	}
	*ptr = tag
	return true
}

// Keyword reads the name of a command or item, in upper case.
func (d *Decoder) Keyword(ptr *string) bool {
	p, ok := d.span(classKeyword)
	if !ok || len(p) == 0 || !d.countToken() {
		return false
	}
	*ptr = upper(p)
	return true
}

// ExpectKeyword reads the name of a command or item, in upper case.
func (d *Decoder) ExpectKeyword(ptr *string) bool {
	return d.Keyword(ptr) || d.Fail("Expected a keyword")
}

func upper(p []byte) string {
	out := make([]byte, len(p))
	for i, c := range p {
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		out[i] = c
	}
	return view(out)
}

// Number64 reads an unsigned number up to 2^63-1.
func (d *Decoder) Number64(ptr *uint64) bool {
	p, ok := d.span(classDigit)
	if !ok || len(p) == 0 || !d.countToken() {
		return false
	}
	n, ok := parseNumber(p, math.MaxInt64)
	if !ok {
		return d.Fail("Number too large")
	}
	*ptr = n
	return true
}

// ExpectNumber64 reads an unsigned number up to 2^63-1.
func (d *Decoder) ExpectNumber64(ptr *uint64) bool {
	return d.Number64(ptr) || d.Fail("Expected a number")
}

// ExpectNumber reads an unsigned number of 32 bits.
func (d *Decoder) ExpectNumber(ptr *uint32) bool {
	var n uint64
	if !d.ExpectNumber64(&n) {
		return false
	}
	if n > math.MaxUint32 {
		return d.Fail("Number too large")
	}
	*ptr = uint32(n)
	return true
}

func parseNumber(p []byte, most uint64) (uint64, bool) {
	var n uint64
	for _, c := range p {
		v := uint64(c - '0')
		if n > (most-v)/10 {
			return 0, false
		}
		n = n*10 + v
	}
	return n, true
}

// List reads a parenthesized list: element is called for each, with the blank
// between two read already. False when no list begins here.
func (d *Decoder) List(element func() bool) bool {
	if !d.Special('(') {
		return false
	}
	d.depth++
	if d.depth > d.limits.Depth {
		return d.Fail("Too many nested parentheses")
	}
	d.SP()
	for d.err == nil && !d.Special(')') {
		if !element() {
			return d.Fail("Invalid list")
		}
		if !d.SP() {
			if !d.ExpectSpecial(')') {
				return false
			}
			break
		}
	}
	d.depth--
	return d.err == nil
}

// ExpectList reads a parenthesized list.
func (d *Decoder) ExpectList(element func() bool) bool {
	return d.List(element) || d.Fail("Expected a list")
}

// Line reads the rest of the line, without its end: what a client says in a
// SASL exchange, and DONE.
func (d *Decoder) Line(ptr *string) bool {
	p, ok := d.span(classLine)
	if !ok {
		return false
	}
	*ptr = string(p)
	return d.ExpectCRLF()
}

// AtSpecial reports whether a given byte comes next.
func (d *Decoder) AtSpecial(b byte) bool {
	c, ok := d.peek()
	return ok && c == b
}

// AtDigit reports whether a digit comes next.
func (d *Decoder) AtDigit() bool {
	c, ok := d.peek()
	return ok && classes[c]&classDigit != 0
}

// Word reads a given word, in capital letters, and the blank behind it is left.
// When something else comes next, nothing is read.
func (d *Decoder) Word(word string) bool {
	for d.w-d.r <= len(word) {
		if d.err != nil || d.ended || d.lineInBuffer() || !d.fill() {
			return false
		}
	}
	p := d.buf[d.r : d.r+len(word)]
	for i, c := range p {
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		if c != word[i] {
			return false
		}
	}
	if classes[d.buf[d.r+len(word)]]&classKeyword != 0 {
		return false
	}
	return d.countToken() && d.advance(len(word))
}

// lineInBuffer reports whether the rest of the line has been read, so that
// waiting for more of it would be in vain.
func (d *Decoder) lineInBuffer() bool { return bytes.IndexByte(d.buf[d.r:d.w], '\n') >= 0 }
