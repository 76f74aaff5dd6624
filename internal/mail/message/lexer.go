package message

import "bytes"

// progress is how reading one element of a structured field ended.
type progress uint8

const (
	more   progress = iota // there is something after the element
	ended                  // the value ends after the element
	broken                 // the element is malformed
)

// lexer reads the elements of structured header fields (RFC 5322 3.2) from a
// raw, folded value. Every method starts at the cursor, never moves it back and
// skips the comments and blanks that follow its element, so that whoever calls
// them in turn is linear. Elements are appended to a buffer with their quoting
// removed.
type lexer struct {
	p []byte
	i int

	wantComment bool
	comment     []byte // text of the comment met last, if wantComment
}

// Classes of characters.
const (
	atextChar = 1 << iota // RFC 5322 atext, and every byte above 127 (RFC 6532)
	tokenChar             // may stand in a MIME token (RFC 2045 5.1), dot included
)

var charClass = classify()

func classify() (t [256]uint8) {
	for c := range 256 {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		switch {
		case letter || c >= 0x80 || bytes.IndexByte([]byte("!#$%&'*+-^_`{|}~"), byte(c)) >= 0:
			t[c] = atextChar | tokenChar
		case c == '/' || c == '=' || c == '?':
			t[c] = atextChar
		case c == '.':
			t[c] = tokenChar
		}
	}
	return t
}

func isAtext(c byte) bool { return charClass[c]&atextChar != 0 }

// at reports whether c is next.
func (l *lexer) at(c byte) bool { return l.i < len(l.p) && l.p[l.i] == c }

// rest says whether anything is left.
func (l *lexer) rest() progress {
	if l.i < len(l.p) {
		return more
	}
	return ended
}

// blanks skips blanks, line breaks and comments.
func (l *lexer) blanks() progress {
	for l.i < len(l.p) {
		switch l.p[l.i] {
		case ' ', '\t', '\r', '\n':
			l.i++
		case '(':
			if !l.skipComment() {
				return broken
			}
		default:
			return more
		}
	}
	return ended
}

// skipComment skips a comment, which may hold others. One without an end
// swallows the whole value and counts as none.
func (l *lexer) skipComment() bool {
	l.comment = l.comment[:0]
	depth := 0
	for ; l.i < len(l.p); l.i++ {
		c := l.p[l.i]
		switch c {
		case '(':
			if depth++; depth == 1 {
				continue
			}
		case ')':
			if depth--; depth == 0 {
				l.i++
				return true
			}
		case '\\':
			if l.escapes() {
				l.i++
				c = l.p[l.i]
			}
		}
		if l.wantComment {
			l.comment = appendContent(l.comment, c)
		}
	}
	l.comment = l.comment[:0]
	return false
}

// escapes reports whether the backslash at the cursor quotes the next byte. It
// cannot quote a line break or a NUL and then stands for itself.
func (l *lexer) escapes() bool {
	if l.i+1 >= len(l.p) {
		return false
	}
	c := l.p[l.i+1]
	return c != '\r' && c != '\n' && c != 0
}

// appendContent appends one byte of a quoted string or comment: folding is
// removed, a NUL is shown as what it is.
func appendContent(dst []byte, c byte) []byte {
	switch c {
	case 0:
		return append(dst, "\uFFFD"...)
	case '\n':
		return bytes.TrimSuffix(dst, []byte{'\r'})
	}
	return append(dst, c)
}

// run appends the bytes of a class, possibly none.
func (l *lexer) run(dst []byte, class uint8) ([]byte, progress) {
	start := l.i
	for l.i < len(l.p) && charClass[l.p[l.i]]&class != 0 {
		l.i++
	}
	return append(dst, l.p[start:l.i]...), l.blanks()
}

// atom appends at least one atext.
func (l *lexer) atom(dst []byte) ([]byte, progress) {
	if l.i >= len(l.p) || !isAtext(l.p[l.i]) {
		return dst, broken
	}
	return l.run(dst, atextChar)
}

// token appends a MIME token, possibly an empty one.
func (l *lexer) token(dst []byte) ([]byte, progress) { return l.run(dst, tokenChar) }

// dotAtom appends atoms joined by dots, with blanks allowed around the dots
// (RFC 5322 4.4 obs-domain).
func (l *lexer) dotAtom(dst []byte) ([]byte, progress) {
	for {
		var st progress
		if dst, st = l.atom(dst); st != more || !l.at('.') {
			return dst, st
		}
		dst = append(dst, '.')
		l.i++
		if l.blanks() != more {
			return dst, broken
		}
	}
}

// quoted appends the content of the quoted string at the cursor.
func (l *lexer) quoted(dst []byte) ([]byte, progress) {
	start := len(dst)
	for l.i++; l.i < len(l.p); l.i++ {
		c := l.p[l.i]
		switch c {
		case '"':
			l.i++
			return dst, l.blanks()
		case '\\':
			if l.i+1 >= len(l.p) {
				l.i++
				return dst[:start], broken
			}
			if l.escapes() {
				l.i++
				dst = append(dst, l.p[l.i])
				continue
			}
		}
		dst = appendContent(dst, c)
	}
	return dst[:start], broken
}

// phrase appends words joined by single spaces (RFC 5322 3.2.5), dots allowed.
func (l *lexer) phrase(dst []byte) ([]byte, progress) {
	if l.i >= len(l.p) {
		return dst, ended
	}
	if l.at('.') {
		return dst, broken
	}
	for {
		var st progress
		if l.at('"') {
			dst, st = l.quoted(dst)
		} else {
			dst, st = l.run(dst, atextChar|tokenChar)
		}
		if st != more {
			return dst, st
		}
		if c := l.p[l.i]; c != '"' && c != '.' && !isAtext(c) {
			return dst, more
		}
		dst = append(dst, ' ')
	}
}

// domain appends the domain after the "@" at the cursor.
func (l *lexer) domain(dst []byte) ([]byte, progress) {
	l.i++
	if l.blanks() != more {
		return dst, broken
	}
	if l.at('[') {
		return l.domainLiteral(dst)
	}
	return l.dotAtom(dst)
}

// domainLiteral appends "[...]" with its brackets and backslashes.
func (l *lexer) domainLiteral(dst []byte) ([]byte, progress) {
	dst = append(dst, '[')
	for l.i++; l.i < len(l.p); l.i++ {
		c := l.p[l.i]
		switch c {
		case '[':
			return dst, broken
		case ']':
			l.i++
			return append(dst, ']'), l.blanks()
		case '\\':
			if l.escapes() {
				dst = append(dst, c)
				l.i++
				c = l.p[l.i]
			}
		}
		dst = appendContent(dst, c)
	}
	return dst, broken
}
