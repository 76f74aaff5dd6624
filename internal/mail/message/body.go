package message

// AppendBody appends the non-extensible BODY form (RFC 3501 7.4.2) of a
// BODYSTRUCTURE that the scanner made: the same without what stands behind the
// basic fields of each part.
func AppendBody(dst, bodyStructure []byte) []byte {
	c := wireCopier{in: bodyStructure, out: dst}
	c.part(0)
	return c.out
}

// wireCopier copies values of IMAP syntax from in to out, or passes over them.
type wireCopier struct {
	in, out []byte
	i       int
}

// part copies "(...)" without its extension fields.
func (c *wireCopier) part(depth int) {
	if !c.at('(') || depth > MaxDepth {
		c.copy()
		return
	}
	c.i++
	c.out = append(c.out, '(')
	if c.at('(') {
		c.multipart(depth)
	} else {
		c.single(depth)
	}
	for c.i < len(c.in) && !c.at(')') {
		c.skip() // extension fields
	}
	c.i++
	c.out = append(c.out, ')')
}

// multipart copies the parts and the subtype.
func (c *wireCopier) multipart(depth int) {
	for c.at('(') {
		c.part(depth + 1)
	}
	c.copy()
}

// single copies type, subtype, parameters, id, description, encoding and size,
// and what a text or a message has besides.
func (c *wireCopier) single(depth int) {
	start := c.i
	c.copy()
	typ := c.in[start:c.i]
	start = c.i
	c.copy()
	subtype := c.in[start:c.i]
	for range 5 {
		c.copy()
	}
	switch {
	case equalFold(typ, `"text"`):
		c.copy() // lines
	case equalFold(typ, `"message"`) && equalFold(subtype, ` "rfc822"`):
		if c.i+1 < len(c.in) && c.in[c.i+1] == '(' {
			c.copy() // envelope
			c.space()
			c.part(depth + 1)
			c.copy() // lines
		}
	}
}

func (c *wireCopier) at(b byte) bool { return c.i < len(c.in) && c.in[c.i] == b }

// space copies a space.
func (c *wireCopier) space() {
	if c.at(' ') {
		c.i++
		c.out = append(c.out, ' ')
	}
}

// copy copies a value and the space before it.
func (c *wireCopier) copy() {
	start := c.i
	c.skip()
	c.out = append(c.out, c.in[start:c.i]...)
}

// skip passes over a value and the space before it.
func (c *wireCopier) skip() {
	if c.at(' ') {
		c.i++
	}
	depth := 0
	for c.i < len(c.in) {
		switch c.in[c.i] {
		case '(':
			depth++
			c.i++
		case ')':
			if depth == 0 {
				return
			}
			depth--
			c.i++
		case '"':
			c.skipQuoted()
		case '{':
			c.skipLiteral()
		default:
			c.skipAtom()
		}
		if depth == 0 {
			return
		}
	}
}

func (c *wireCopier) skipQuoted() {
	for c.i++; c.i < len(c.in); c.i++ {
		switch c.in[c.i] {
		case '\\':
			c.i++
		case '"':
			c.i++
			return
		}
	}
	c.i = len(c.in)
}

func (c *wireCopier) skipLiteral() {
	n := 0
	for c.i++; c.i < len(c.in) && isDigit(c.in[c.i]) && n < len(c.in); c.i++ {
		n = n*10 + int(c.in[c.i]-'0')
	}
	c.i = min(c.i+len("}\r\n")+n, len(c.in))
}

// skipAtom passes over an atom, or the space between the values of a list.
func (c *wireCopier) skipAtom() {
	for c.i++; c.i < len(c.in); c.i++ {
		switch c.in[c.i] {
		case ' ', '(', ')', '"', '{':
			return
		}
	}
}
