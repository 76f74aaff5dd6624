package message

import "slices"

// base64Decoder undoes base64 in pieces of any size. Bytes outside the alphabet
// are passed over (RFC 2045 6.8); padding ends a group but not the data, for
// some programs encode line by line.
type base64Decoder struct {
	bits  uint32
	count int // sextets in bits
}

const notBase64 = 255

var base64Values = base64Table()

func base64Table() (t [256]byte) {
	for i := range t {
		t[i] = notBase64
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	for i, c := range []byte(alphabet) {
		t[c] = byte(i)
	}
	return t
}

func base64Value(c byte) byte { return base64Values[c] }

// append implements bodyDecoder.
func (d *base64Decoder) append(dst, src []byte, final bool) []byte {
	dst = slices.Grow(dst, len(src)/4*3+3)
	for i := 0; i < len(src); i++ {
		if d.count == 0 {
			var n int
			dst, n = appendQuads(dst, src[i:])
			if i += n; i == len(src) {
				break
			}
		}
		dst = d.step(dst, src[i])
	}
	if final {
		dst = d.flush(dst)
	}
	return dst
}

// appendQuads decodes whole groups of four as long as there are any, and says
// how many bytes they were. dst has room for them.
func appendQuads(dst, src []byte) (_ []byte, used int) {
	n := len(dst)
	out := dst[:cap(dst)]
	for len(src)-used >= 4 && n+3 <= len(out) {
		q := src[used : used+4 : used+4]
		a, b, c, e := base64Values[q[0]], base64Values[q[1]], base64Values[q[2]], base64Values[q[3]]
		if (a | b | c | e) > 63 {
			break
		}
		out[n], out[n+1], out[n+2] = a<<2|b>>4, b<<4|c>>2, c<<6|e
		n += 3
		used += 4
	}
	return out[:n], used
}

// step takes one byte.
func (d *base64Decoder) step(dst []byte, c byte) []byte {
	v := base64Values[c]
	switch {
	case c == '=':
		return d.flush(dst)
	case v == notBase64:
		return dst
	}
	d.bits = d.bits<<6 | uint32(v)
	if d.count++; d.count == 4 {
		dst = append(dst, byte(d.bits>>16), byte(d.bits>>8), byte(d.bits))
		d.bits, d.count = 0, 0
	}
	return dst
}

// flush gives the whole bytes of an unfinished group.
func (d *base64Decoder) flush(dst []byte) []byte {
	switch d.count {
	case 2:
		dst = append(dst, byte(d.bits>>4))
	case 3:
		dst = append(dst, byte(d.bits>>10), byte(d.bits>>2))
	}
	d.bits, d.count = 0, 0
	return dst
}
