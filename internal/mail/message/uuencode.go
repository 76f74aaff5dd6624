package message

import "bytes"

// uuDecoder undoes uuencoding: lines between "begin 644 name" and "end", each
// with its length in front.
type uuDecoder struct {
	line  []byte
	begun bool
	ended bool
}

const maxUULine = 128 // octets of a line that are looked at; 61 are usual

// append implements bodyDecoder.
func (d *uuDecoder) append(dst, src []byte, final bool) []byte {
	for len(src) > 0 && !d.ended {
		n := bytes.IndexByte(src, '\n') + 1
		whole := n > 0
		if !whole {
			n = len(src)
		}
		d.line = append(d.line, src[:min(n, maxUULine-len(d.line))]...)
		if whole {
			dst = d.decodeLine(dst)
		}
		src = src[n:]
	}
	if final && len(d.line) > 0 && !d.ended {
		dst = d.decodeLine(dst)
	}
	return dst
}

func (d *uuDecoder) decodeLine(dst []byte) []byte {
	line := bytes.TrimRight(d.line, "\r\n")
	d.line = d.line[:0]
	switch {
	case !d.begun:
		d.begun = bytes.HasPrefix(line, []byte("begin "))
		return dst
	case string(line) == "end":
		d.ended = true
		return dst
	case len(line) == 0:
		return dst
	}
	count := int(uuValue(line[0]))
	for line = line[1:]; count > 0; count -= 3 {
		var b [4]byte
		n := copy(b[:], line)
		line = line[n:]
		for i := range b {
			b[i] = uuValue(b[i])
		}
		three := [3]byte{b[0]<<2 | b[1]>>4, b[1]<<4 | b[2]>>2, b[2]<<6 | b[3]}
		dst = append(dst, three[:min(count, 3)]...)
	}
	return dst
}

// uuValue gives the six bits of a character; spaces and backquotes are zero.
func uuValue(c byte) byte {
	if c < ' ' {
		return 0
	}
	return (c - ' ') & 0x3F
}
