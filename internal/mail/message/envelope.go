package message

import "bytes"

// What an ENVELOPE shows in place of an address's missing parts. An address
// with NIL in these places would be a group mark (RFC 3501 7.4.2).
const (
	missingMailbox = "MISSING_MAILBOX"
	missingDomain  = "MISSING_DOMAIN"
	brokenAddress  = "SYNTAX_ERROR"
	invalidRoute   = "INVALID_ROUTE"
)

const emptyEnvelope = "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"

// envelopeWriter makes ENVELOPEs (RFC 3501 7.4.2) out of headers.
type envelopeWriter struct {
	addresses addressParser
	text      []byte // scratch
	textLimit int    // octets of one text, or of From, which may stand there three times
}

// append appends the envelope of a header, at most limit octets. To stay within
// them, long texts are cut and address lists end early.
func (w *envelopeWriter) append(dst []byte, h *header, limit int) []byte {
	w.textLimit = limit / envelopeShare
	end := len(dst) + limit - 3*w.textLimit
	dst = append(dst, '(')
	dst = w.unstructured(dst, h.last(fieldDate), appendUnbroken)
	dst = append(dst, ' ')
	dst = w.unstructured(dst, h.last(fieldSubject), appendCollapsed)
	dst = append(dst, ' ')

	from := len(dst)
	dst = w.list(dst, h, fieldFrom, from+w.textLimit)
	fromEnd := len(dst)
	for _, kind := range [...]fieldKind{fieldSender, fieldReplyTo} {
		dst = append(dst, ' ')
		at := len(dst)
		// RFC 3501 7.4.2: a missing Sender or Reply-To is filled from From.
		if dst = w.list(dst, h, kind, at+w.textLimit); string(dst[at:]) == "NIL" {
			dst = append(dst[:at], dst[from:fromEnd]...)
		}
	}
	for _, kind := range [...]fieldKind{fieldTo, fieldCc, fieldBcc} {
		dst = append(dst, ' ')
		dst = w.list(dst, h, kind, end)
	}
	dst = append(dst, ' ')
	dst = w.unstructured(dst, h.last(fieldInReplyTo), appendUnbroken)
	dst = append(dst, ' ')
	dst = w.unstructured(dst, h.last(fieldMessageID), appendUnbroken)
	return append(dst, ')')
}

// unstructured appends a text field, cleaned by one of the append functions.
func (w *envelopeWriter) unstructured(dst, value []byte, clean func(dst, s []byte) []byte) []byte {
	if value == nil {
		return append(dst, "NIL"...)
	}
	value = bytes.TrimLeft(value, " \t")
	if room := w.textLimit / 3; len(value) > room { // quoting may double it
		value = value[:room]
	}
	w.text = clean(w.text[:0], value)
	return appendString(dst, w.text)
}

// list appends the addresses of all fields of a kind as one list, until dst is
// limit long. Several fields are read as one, so that what one reader checks in
// the first is not what another shows of the second.
func (w *envelopeWriter) list(dst []byte, h *header, kind fieldKind, limit int) []byte {
	start := len(dst)
	count := 0
	for i := range h.fields {
		f := &h.fields[i]
		if f.kind != kind {
			continue
		}
		for w.addresses.start(h.value(f)); count < MaxAddresses && w.addresses.next(); count++ {
			if len(dst) == start {
				dst = append(dst, '(')
			}
			before := len(dst)
			if dst = w.address(dst, &w.addresses.entry); len(dst) >= limit {
				dst, count = dst[:before], MaxAddresses
				break
			}
		}
	}
	if len(dst) <= start+1 {
		return append(dst[:start], "NIL"...)
	}
	return append(dst, ')')
}

// address appends one entry: (name route local domain).
func (w *envelopeWriter) address(dst []byte, e *addressEntry) []byte {
	switch e.kind {
	case GroupStart:
		dst = append(dst, "(NIL NIL "...)
		dst = appendString(dst, e.name)
		return append(dst, " NIL)"...)
	case GroupEnd:
		return append(dst, "(NIL NIL NIL NIL)"...)
	}
	dst = append(dst, '(')
	if e.name == nil {
		dst = append(dst, "NIL "...)
	} else {
		w.text = appendCollapsed(w.text[:0], e.name)
		dst = append(appendString(dst, w.text), ' ')
	}
	if e.badRoute {
		dst = append(dst, `"`+invalidRoute+`" `...)
	} else {
		dst = append(appendNString(dst, e.route), ' ')
	}
	if e.local == nil {
		dst = append(dst, `"`+missingMailbox+`" `...)
	} else {
		dst = append(appendString(dst, e.local), ' ')
	}
	switch {
	case e.broken:
		dst = append(dst, `"`+brokenAddress+`"`...)
	case len(e.domain) == 0:
		dst = append(dst, `"`+missingDomain+`"`...)
	default:
		dst = appendString(dst, e.domain)
	}
	return append(dst, ')')
}
