package message

import "io"

// maxSafeLine is the longest line that SMTP carries without BINARYMIME, in
// octets without CRLF (RFC 5321 4.5.3.1.6).
const maxSafeLine = 998

// octets is what stands in a text.
type octets struct {
	eightBit bool
	odd      bool // NUL, CR or LF alone, or a line that is too long

	line int
	cr   bool // the last octet
}

func (o octets) needsEncoding() bool { return o.eightBit || o.odd }

func look(p []byte) octets {
	var o octets
	o.add(p)
	return o
}

func (o *octets) add(p []byte) {
	for _, c := range p {
		o.eightBit = o.eightBit || c >= 0x80
		if o.line++; c == '\r' || c == '\n' {
			o.line = 0
		}
		o.odd = o.odd || c == 0 || o.cr != (c == '\n') || o.line > maxSafeLine
		o.cr = c == '\r'
	}
}

// lookAt looks at the octets [from, to).
func lookAt(r io.ReaderAt, from, to int64) (octets, error) {
	var o octets
	buf := make([]byte, min(decodeChunk, to-from))
	for from < to {
		n, err := r.ReadAt(buf[:min(int64(len(buf)), to-from)], from)
		o.add(buf[:n])
		from += int64(n)
		if n == 0 && err != nil {
			return o, err
		}
	}
	o.odd = o.odd || o.cr
	return o, nil
}
