package message

import (
	"bytes"
	"iter"
)

// fieldKind names the fields that the scanner reads.
type fieldKind uint8

const (
	fieldOther fieldKind = iota

	fieldDate
	fieldSubject
	fieldFrom
	fieldSender
	fieldReplyTo
	fieldTo
	fieldCc
	fieldBcc
	fieldInReplyTo
	fieldMessageID

	fieldMIMEVersion
	fieldContentType
	fieldEncoding
	fieldDisposition
	fieldContentID
	fieldDescription
	fieldMD5
	fieldLanguage
	fieldLocation
)

// namedKind is a field name in lower case and its kind.
type namedKind struct {
	name string
	kind fieldKind
}

// kindsByLength finds the kind of a field name.
var kindsByLength = [26][]namedKind{
	2:  {{"to", fieldTo}, {"cc", fieldCc}},
	3:  {{"bcc", fieldBcc}},
	4:  {{"date", fieldDate}, {"from", fieldFrom}},
	6:  {{"sender", fieldSender}},
	7:  {{"subject", fieldSubject}},
	8:  {{"reply-to", fieldReplyTo}},
	10: {{"message-id", fieldMessageID}, {"content-id", fieldContentID}},
	11: {{"in-reply-to", fieldInReplyTo}, {"content-md5", fieldMD5}},
	12: {{"content-type", fieldContentType}, {"mime-version", fieldMIMEVersion}},
	16: {{"content-language", fieldLanguage}, {"content-location", fieldLocation}},
	19: {{"content-disposition", fieldDisposition}, {"content-description", fieldDescription}},
	25: {{"content-transfer-encoding", fieldEncoding}},
}

func kindOf(name []byte) fieldKind {
	if len(name) < len(kindsByLength) {
		for _, k := range kindsByLength[len(name)] {
			if equalFold(name, k.name) {
				return k.kind
			}
		}
	}
	return fieldOther
}

// headerRole says which fields of a header matter.
type headerRole uint8

const (
	partHeader    headerRole = iota // of a part: Content-*
	messageHeader                   // of an embedded message: also its envelope
	topHeader                       // of the message: also the cached fields
)

// wants reports whether a field's lines are to be kept.
func (r headerRole) wants(kind fieldKind, name []byte) bool {
	switch {
	case kind >= fieldMIMEVersion:
		return true
	case kind != fieldOther:
		return r >= messageHeader
	}
	return r == topHeader && CachedFields.Has(name)
}

// header gathers the lines of the fields that matter from one header, at most
// [MaxHeader] octets of them.
type header struct {
	role   headerRole
	raw    []byte
	fields []fieldRef
	keep   bool // the field being read is wanted
	cut    bool // a wanted line did not fit
}

// fieldRef is a field in header.raw.
type fieldRef struct {
	kind              fieldKind
	cut               bool // its end did not fit
	line, value, next int  // beginning of the line, of the value, of the next field
}

func (h *header) reset(role headerRole) {
	h.role = role
	h.raw, h.fields = h.raw[:0], h.fields[:0]
	h.keep, h.cut = false, false
}

// begin starts a field with the first bytes of its line.
func (h *header) begin(head []byte) {
	h.keep = false
	colon := bytes.IndexByte(head, ':')
	if colon < 0 {
		return
	}
	name := bytes.TrimRight(head[:colon], " \t")
	kind := kindOf(name)
	if !h.role.wants(kind, name) {
		return
	}
	if len(h.fields) == maxHeaderFields || len(h.raw)+len(head) > MaxHeader {
		h.cut = true
		return
	}
	h.keep = true
	at := len(h.raw)
	h.fields = append(h.fields, fieldRef{kind: kind, line: at, value: at + colon + 1, next: at})
	h.more(head)
}

// more adds bytes to the field begun last, if it is wanted.
func (h *header) more(p []byte) {
	if !h.keep {
		return
	}
	f := &h.fields[len(h.fields)-1]
	if room := MaxHeader - len(h.raw); len(p) > room {
		p = p[:room]
		h.cut, f.cut = true, true
		h.keep = false
	}
	h.raw = append(reserve(h.raw, len(p)), p...)
	f.next = len(h.raw)
}

// value gives a field's raw value without the last line break. Of one that was
// cut short the end up to the last comma is left out, so that no half address
// is shown.
func (h *header) value(f *fieldRef) []byte {
	v := trimLineBreak(h.raw[f.value:f.next])
	if f.cut {
		v = v[:bytes.LastIndexByte(v, ',')+1]
	}
	return v
}

// first gives the value of the first field of a kind, nil when there is none.
func (h *header) first(kind fieldKind) []byte {
	for i := range h.fields {
		if h.fields[i].kind == kind {
			return h.value(&h.fields[i])
		}
	}
	return nil
}

// all goes through the values of a kind.
func (h *header) all(kind fieldKind) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for i := range h.fields {
			if h.fields[i].kind == kind && !yield(h.value(&h.fields[i])) {
				return
			}
		}
	}
}

// last gives the value of the last field of a kind, nil when there is none.
func (h *header) last(kind fieldKind) []byte {
	for i := len(h.fields) - 1; i >= 0; i-- {
		if h.fields[i].kind == kind {
			return h.value(&h.fields[i])
		}
	}
	return nil
}

// cachedLines gives what Digest.Header holds, or nil when the lines are not all
// there and the message itself must be read.
func (h *header) cachedLines(end []byte) []byte {
	if h.cut {
		return nil
	}
	lines := make([]byte, 0, len(h.raw)+len(end))
	for i := range h.fields {
		f := &h.fields[i]
		name := bytes.TrimRight(h.raw[f.line:f.value-1], " \t")
		if f.kind == fieldOther || CachedFields.Has(name) {
			lines = append(lines, h.raw[f.line:f.next]...)
		}
	}
	lines = append(lines, end...)
	if len(lines) > MaxCachedHeader {
		return nil
	}
	return lines
}
