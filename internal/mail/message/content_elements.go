package message

import "bytes"

// The elements of a BODYSTRUCTURE that stand behind the parameters.

// unstructured writes a field as it is, without its line breaks.
func (r *contentReader) unstructured(e element, value []byte, room int) {
	if value == nil {
		return
	}
	value = bytes.TrimLeft(value, " \t")
	if len(value) > maxPiece/2 {
		value = value[:maxPiece/2]
	}
	r.params.buf = appendUnbroken(r.params.buf[:0], value)
	r.text = appendString(r.text[:0], r.params.buf)
	r.log.add(e, r.text, room)
}

// Of the fields below, the first that makes sense counts.

// encoding reads Content-Transfer-Encoding, which must be one word.
func (r *contentReader) encoding(h *header, c *content, room int) {
	for value := range h.all(fieldEncoding) {
		r.params.start(value, strict)
		word, st := r.params.lex.token(r.params.buf)
		if st == more && r.params.lex.at(';') {
			c.encoding = encodingOf(word) // parameters are not allowed, but what is meant is clear
		}
		if st == ended && len(word) > 0 && len(word) <= maxPiece/2 {
			c.encoding = encodingOf(word)
			r.text = appendString(r.text[:0], word)
			r.log.add(elementEncoding, r.text, room)
			return
		}
	}
}

// disposition reads Content-Disposition and writes (type params). One that has
// parameters is preferred.
func (r *contentReader) disposition(h *header, c *content, room int) {
	r.text = r.text[:0]
	for value := range h.all(fieldDisposition) {
		p := &r.params
		p.start(value, strict)
		word, st := p.lex.token(p.buf)
		p.buf = word
		if st == broken || len(word) > maxPiece/2 {
			continue
		}
		c.attached = equalFold(word, "attachment")
		p.readAll()
		r.text = append(r.text[:0], '(')
		r.text = append(appendString(r.text, word), ' ')
		if len(p.list) > 0 {
			break
		}
	}
	if len(r.text) == 0 {
		return
	}
	before := len(r.text)
	if r.text = r.appendParams(r.text, false); len(r.text) == before {
		r.text = append(r.text, "NIL"...)
	}
	r.text = append(r.text, ')')
	r.log.add(elementDisposition, r.text, room)
}

// language reads the tags of Content-Language (RFC 3282).
func (r *contentReader) language(h *header, room int) {
	r.text = r.text[:0]
	for value := range h.all(fieldLanguage) {
		r.params.start(value, strict)
		r.languageTags()
		if len(r.text) > 0 {
			r.text[0] = '('
			r.log.add(elementLanguage, append(r.text, ')'), room)
			return
		}
	}
}

// languageTags appends the tags of the value being read, each behind a space.
func (r *contentReader) languageTags() {
	lex := &r.params.lex
	for len(r.text) < maxPiece/2 {
		tag, st := lex.atom(r.params.buf[:0])
		r.params.buf = tag
		if st == broken && len(tag) == 0 || len(tag) > maxPiece/2 {
			return
		}
		r.text = append(r.text, ' ')
		r.text = appendString(r.text, tag)
		if !lex.at(',') {
			return
		}
		lex.i++
		lex.blanks()
	}
}

// envelope writes the envelope of an embedded message beside the elements of
// its own root part. That of the message itself is kept elsewhere.
func (r *contentReader) envelope(h *header, room int) {
	if h.role == messageHeader {
		r.text = r.envelopes.append(r.text[:0], h, maxInnerEnvelope)
		r.log.add(elementEnvelope, r.text, room)
	}
}

// boundary gives the boundary parameter, cut to MaxBoundary octets.
func (r *contentReader) boundary() (boundary []byte, ok bool) {
	for _, param := range r.params.list {
		if equalFold(param.name, "boundary") {
			n := copy(r.boundaryText[:], param.value)
			return r.boundaryText[:n], true
		}
	}
	return nil, false
}

// charset gives the charset parameter in lower case, or nothing when it is
// missing or too long to be one.
func (r *contentReader) charset() []byte {
	for _, param := range r.params.list {
		value := param.value
		switch {
		case equalFold(param.name, "charset*"):
			value = value[bytes.LastIndexByte(value, '\'')+1:]
		case !equalFold(param.name, "charset"):
			continue
		}
		if len(value) > maxCharset {
			return nil
		}
		for i, c := range value {
			r.charsetText[i] = lower(c)
		}
		return r.charsetText[:len(value)]
	}
	return nil
}
