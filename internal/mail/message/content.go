package message

// content is what a part's header says about its body.
type content struct {
	kind     PartKind
	digest   bool // multipart/digest: parts are messages unless they say otherwise
	text     bool // text/*: its lines are counted
	readable bool // text/* or message/*: a search looks into it
	attached bool
	encoding Encoding

	charset     []byte // lower case; valid until the next header
	boundary    []byte // likewise
	hasBoundary bool   // an empty boundary is one too
}

// surroundings are what a part's place says about it.
type surroundings struct {
	inMultipart bool // it is MIME, said or not
	inDigest    bool // it is a message unless it says otherwise
	canNest     bool // parts of parts are still within the limits
}

// contentReader reads the Content-* fields of a header.
type contentReader struct {
	params    paramParser
	envelopes envelopeWriter
	log       structureLog
	text      []byte // scratch: one element

	boundaryText [MaxBoundary]byte
	charsetText  [maxCharset]byte
}

// read gives the content and writes its elements to the log.
func (r *contentReader) read(h *header, at surroundings, room int) content {
	r.log.beginPart()
	value := h.first(fieldContentType)
	if value == nil && !at.inMultipart && h.first(fieldMIMEVersion) == nil {
		return r.plain(h, room) // RFC 2045 4: not MIME, so Content-* means nothing
	}
	c := r.contentType(value, at, room)
	r.rest(h, &c, room)
	return c
}

// plain is text/plain without any say.
func (r *contentReader) plain(h *header, room int) content {
	r.envelope(h, room)
	return content{text: true, readable: true}
}

// contentType reads Content-Type; value is nil when there is none.
func (r *contentReader) contentType(value []byte, at surroundings, room int) content {
	if value == nil {
		return r.missingType(at, room)
	}
	p := &r.params
	p.start(value, strict)
	typ, subtype, ok := p.contentType()
	if ok {
		p.readAll()
	}
	c := classifyType(typ, subtype)
	if c.kind == Multipart {
		c.boundary, c.hasBoundary = r.boundary()
	}
	opaque := !at.canNest && (c.kind == Embedded || c.kind == Multipart && c.hasBoundary) ||
		c.kind == Leaf && equalFold(typ, "multipart")
	if opaque {
		c = content{}
	}
	if c.readable {
		c.charset = r.charset()
	}
	r.typeElement(c, opaque, typ, subtype, room)
	r.paramsElement(elementParams, c.text, room)
	return c
}

func (r *contentReader) missingType(at surroundings, room int) content {
	r.params.start(nil, strict)
	switch {
	case !at.inDigest:
		return content{text: true, readable: true}
	case at.canNest:
		return content{kind: Embedded}
	}
	r.log.add(elementType, []byte(opaqueType), room)
	return content{}
}

func classifyType(typ, subtype []byte) content {
	switch {
	case equalFold(typ, "text"):
		return content{text: true, readable: true}
	case len(subtype) == 0:
		return content{}
	case equalFold(typ, "multipart"):
		return content{kind: Multipart, digest: equalFold(subtype, "digest")}
	case equalFold(typ, "message") && equalFold(subtype, "rfc822"):
		return content{kind: Embedded}
	}
	return content{readable: equalFold(typ, "message")}
}

// typeElement writes the type: the subtype alone of a multipart, nothing of a
// message.
func (r *contentReader) typeElement(c content, opaque bool, typ, subtype []byte, room int) {
	r.text = r.text[:0]
	switch {
	case opaque || len(typ)+len(subtype) > maxPiece:
		r.text = append(r.text, opaqueType...)
	case c.kind == Embedded:
		return
	case c.kind == Multipart:
		r.text = appendString(r.text, subtype)
	default:
		r.text = appendString(r.text, typ)
		r.text = append(r.text, ' ')
		r.text = appendString(r.text, subtype)
	}
	r.log.add(elementType, r.text, room)
}

// paramsElement writes the parameters that the parser holds. The charset of a
// text is always shown (RFC 3501 7.4.2 leaves the default to the server).
func (r *contentReader) paramsElement(e element, text bool, room int) {
	r.text = r.appendParams(r.text[:0], text)
	if len(r.text) > 0 {
		r.log.add(e, r.text, room)
	}
}

// appendParams appends "(name value ...)", or nothing. Parameters beyond
// maxPiece octets are left out.
func (r *contentReader) appendParams(dst []byte, text bool) []byte {
	start := len(dst)
	hasCharset := false
	for _, p := range r.params.list {
		if len(dst)-start+len(p.name)+2*len(p.value) > maxPiece {
			continue
		}
		hasCharset = hasCharset || equalFold(p.name, "charset")
		dst = append(dst, ' ')
		dst = appendString(dst, p.name)
		dst = append(dst, ' ')
		dst = appendString(dst, p.value)
	}
	if text && !hasCharset {
		dst = append(dst, ` "charset" "us-ascii"`...)
	}
	if len(dst) > start {
		dst[start] = '('
		dst = append(dst, ')')
	}
	return dst
}

// rest writes the elements after the parameters, in their order, and reads the
// encoding and the disposition.
func (r *contentReader) rest(h *header, c *content, room int) {
	if c.kind != Multipart {
		r.unstructured(elementID, h.first(fieldContentID), room)
		r.unstructured(elementDescription, h.first(fieldDescription), room)
		r.encoding(h, c, room)
		r.unstructured(elementMD5, h.first(fieldMD5), room)
	}
	r.disposition(h, c, room)
	r.language(h, room)
	r.unstructured(elementLocation, h.first(fieldLocation), room)
	r.envelope(h, room)
}
