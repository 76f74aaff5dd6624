package message

import "strconv"

// appendStructure makes a BODYSTRUCTURE (RFC 3501 7.4.2) of the records of the
// parts and the log of their elements.
func appendStructure(dst, records, log []byte) []byte {
	r := renderer{out: dst, log: log}
	c := cursor{rest: records}
	c.next()
	r.part(&c, r.next())
	return r.out
}

type renderer struct {
	out []byte
	log []byte
}

// next reads the elements of the next part.
func (r *renderer) next() (e partElements) {
	e, r.log = readElements(r.log)
	return e
}

// part appends the part under the cursor. It recurses at most MaxDepth deep.
func (r *renderer) part(c *cursor, e partElements) {
	r.out = append(r.out, '(')
	switch c.part.Kind {
	case Multipart:
		r.multipart(c, &e)
	case Embedded:
		r.message(c, &e)
	default:
		r.leaf(&c.part, &e)
	}
	r.out = append(r.out, ')')
}

func (r *renderer) multipart(c *cursor, e *partElements) {
	children := c.inside()
	empty := true
	for children.next() {
		r.part(&children, r.next())
		empty = false
	}
	if empty {
		// There is no form for a multipart of nothing: show one empty part.
		r.out = append(r.out, emptyMultipart...)
	}
	r.element(e, elementType, `"mixed"`)
	r.element(e, elementParams, "NIL")
	r.disposition(e)
}

func (r *renderer) message(c *cursor, e *partElements) {
	r.out = append(r.out, `"message" "rfc822"`...)
	r.fields(e, "NIL")
	r.number(c.part.BodyEnd - c.part.BodyStart)
	children := c.inside()
	children.next()
	inner := r.next()
	r.element(&inner, elementEnvelope, emptyEnvelope)
	r.out = append(r.out, ' ')
	r.part(&children, inner)
	r.number(c.part.Lines)
	r.element(e, elementMD5, "NIL")
	r.disposition(e)
}

func (r *renderer) leaf(p *Part, e *partElements) {
	typ, params := opaqueType, "NIL"
	if p.Text {
		typ, params = defaultType, defaultParams
	}
	if e[elementType] != nil {
		r.out = append(r.out, e[elementType]...)
	} else {
		r.out = append(r.out, typ...)
	}
	r.fields(e, params)
	r.number(p.BodyEnd - p.BodyStart)
	if p.Text {
		r.number(p.Lines)
	}
	r.element(e, elementMD5, "NIL")
	r.disposition(e)
}

// fields appends the elements between the type and the size.
func (r *renderer) fields(e *partElements, params string) {
	r.element(e, elementParams, params)
	r.element(e, elementID, "NIL")
	r.element(e, elementDescription, "NIL")
	r.element(e, elementEncoding, defaultEncoding)
}

// disposition appends the elements that end every part.
func (r *renderer) disposition(e *partElements) {
	r.element(e, elementDisposition, "NIL")
	r.element(e, elementLanguage, "NIL")
	r.element(e, elementLocation, "NIL")
}

func (r *renderer) element(e *partElements, which element, missing string) {
	r.out = append(r.out, ' ')
	if e[which] != nil {
		r.out = append(r.out, e[which]...)
		return
	}
	r.out = append(r.out, missing...)
}

func (r *renderer) number(n int64) {
	r.out = append(r.out, ' ')
	r.out = strconv.AppendInt(r.out, n, 10)
}
