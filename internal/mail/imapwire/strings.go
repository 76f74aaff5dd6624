package imapwire

import "unicode/utf8"

// String reads a quoted string or a literal.
func (d *Decoder) String(ptr *string) bool {
	if c, ok := d.peek(); ok && c == '"' {
		return d.quotedString(ptr)
	}
	return d.atLiteral() && d.literalString(ptr)
}

// ExpectString reads a quoted string or a literal.
func (d *Decoder) ExpectString(ptr *string) bool {
	return d.String(ptr) || d.Fail("Expected a string")
}

// ExpectAString reads an astring: a string, or an atom with "]" allowed.
func (d *Decoder) ExpectAString(ptr *string) bool {
	return d.String(ptr) || d.word(classAString, ptr) || d.Fail("Expected a string or atom")
}

// ExpectNString reads a string or NIL; isNil tells NIL from "".
func (d *Decoder) ExpectNString(ptr *string) (isNil, ok bool) {
	if d.String(ptr) {
		return false, true
	}
	var atom string
	if d.Keyword(&atom) && atom == "NIL" {
		*ptr = ""
		return true, true
	}
	return false, d.Fail("Expected a string or NIL")
}

func (d *Decoder) quotedString(ptr *string) bool {
	if !d.Special('"') || !d.countToken() {
		return false
	}
	var out []byte
	for {
		p, ok := d.span(classQuoted)
		if !ok {
			return false
		}
		out = append(out, p...)
		c, ok := d.peek()
		switch {
		case !ok:
			return false
		case c == '"':
			if d.utf8 && !utf8.Valid(out) { // RFC 6855 3
				return d.Fail("Invalid UTF-8 in a quoted string")
			}
			*ptr = view(out)
			return d.advance(1)
		case c != '\\':
			return d.Fail("Invalid character in a quoted string")
		}
		if c, ok = d.escaped(); !ok {
			return false
		}
		out = append(out, c)
	}
}

// escaped reads a backslash and the quoted-special behind it; nothing else may
// be escaped.
func (d *Decoder) escaped() (byte, bool) {
	if !d.advance(1) {
		return 0, false
	}
	c, ok := d.peek()
	if !ok || (c != '"' && c != '\\') {
		return 0, d.Fail("Invalid escape in a quoted string")
	}
	return c, d.advance(1)
}
