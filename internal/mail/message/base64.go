package message

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
	for i := 0; i < len(src); {
		if d.count == 0 {
			for len(src)-i >= 4 {
				a, b := base64Values[src[i]], base64Values[src[i+1]]
				c, e := base64Values[src[i+2]], base64Values[src[i+3]]
				if (a | b | c | e) > 63 {
					break
				}
				dst = append(dst, a<<2|b>>4, b<<4|c>>2, c<<6|e)
				i += 4
			}
			if i == len(src) {
				break
			}
		}
		dst = d.step(dst, src[i])
		i++
	}
	if final {
		dst = d.flush(dst)
	}
	return dst
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
