package message

import "bytes"

// quotedPrintableDecoder undoes quoted-printable (RFC 2045 6.7) in pieces of any
// size. A malformed escape stays as it is; blanks at the end of a line were
// added on the way and go.
type quotedPrintableDecoder struct {
	pending []byte // an escape or blanks whose end has not come
}

// append implements bodyDecoder.
func (d *quotedPrintableDecoder) append(dst, src []byte, final bool) []byte {
	if len(d.pending) > 0 {
		src = append(d.pending, src...)
		d.pending = nil
	}
	for len(src) > 0 {
		i := bytes.IndexAny(src, "= \t")
		if i < 0 {
			return append(dst, src...)
		}
		dst = append(dst, src[:i]...)
		src = src[i:]
		var used int
		if src[0] == '=' {
			dst, used = d.escape(dst, src, final)
		} else {
			dst, used = d.blanks(dst, src, final)
		}
		if used == 0 {
			d.pending = bytes.Clone(src)
			return dst
		}
		src = src[used:]
	}
	return dst
}

// escape takes "=" and what belongs to it. used is 0 when more is needed.
func (d *quotedPrintableDecoder) escape(dst, src []byte, final bool) (_ []byte, used int) {
	end := 1 // "=" and blanks before a line break: a soft break
	for end < len(src) && end < maxBlanks && isBlank(src[end]) {
		end++
	}
	switch {
	case end < len(src) && src[end] == '\n':
		return dst, end + 1
	case end+1 < len(src) && src[end] == '\r' && src[end+1] == '\n':
		return dst, end + 2
	case len(src) > 2:
		if c, ok := unhex(src[1], src[2]); ok {
			return append(dst, c), 3
		}
	}
	if !final && (end == len(src) || end+1 == len(src) && (src[end] == '\r' || end == 1)) {
		return dst, 0
	}
	return append(dst, '='), 1
}

// blanks takes a run of blanks, which counts unless a line ends behind it.
func (d *quotedPrintableDecoder) blanks(dst, src []byte, final bool) (_ []byte, used int) {
	end := 0
	for end < len(src) && end < maxBlanks && isBlank(src[end]) {
		end++
	}
	switch {
	case end == maxBlanks:
	case end == len(src):
		if !final {
			return dst, 0
		}
		return dst, end
	case src[end] == '\n':
		return dst, end
	case src[end] == '\r':
		if end+1 == len(src) && !final {
			return dst, 0
		}
		if end+1 < len(src) && src[end+1] == '\n' {
			return dst, end
		}
	}
	return append(dst, src[:end]...), end
}

// maxBlanks is how many blanks are held back at most, in octets. RFC 2045 lets
// no line have more than 76.
const maxBlanks = 128
