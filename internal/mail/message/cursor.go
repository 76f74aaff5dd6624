package message

import (
	"bytes"
	"encoding/binary"
)

// cursor reads the records of parts that stand beside each other.
type cursor struct {
	rest     []byte // records not yet read
	pos      int64  // where the next part's gap counts from
	part     Part   // read last
	children []byte // its records
}

// next reads a record. It is false at the end, and where a table is damaged.
func (c *cursor) next() bool {
	if len(c.rest) == 0 {
		return false
	}
	tag := c.rest[0]
	r := record{bytes: c.rest[1:]}
	p := &c.part
	*p = Part{
		Kind:     PartKind(tag & 3),
		Encoding: Encoding(tag >> tagEncoding),
		Text:     tag&tagText != 0,
		Readable: tag&tagReadable != 0,
		Attached: tag&tagAttached != 0,
	}
	p.HeaderStart = c.pos + r.varint()
	p.BodyStart = p.HeaderStart + r.varint()
	c.children = nil
	if p.Kind == Leaf {
		p.BodyEnd = p.BodyStart + r.varint()
		p.Lines = r.varint()
		if p.Readable {
			p.Charset = r.charset()
		}
	} else {
		n := r.container(p)
		c.children = r.take(n)
	}
	if r.bad || p.BodyEnd < p.BodyStart || p.BodyStart < p.HeaderStart || p.HeaderStart < c.pos {
		c.rest = nil
		return false
	}
	c.rest, c.pos = r.bytes, p.BodyEnd
	return true
}

// inside is a cursor before the first child of the part read last.
func (c *cursor) inside() cursor {
	return cursor{rest: c.children, pos: c.part.BodyStart}
}

// descend goes to the first child.
func (c *cursor) descend() bool {
	*c = c.inside()
	return c.next()
}

// child goes to the nth child, counted from 1.
func (c *cursor) child(n int) bool {
	*c = c.inside()
	for ; n > 0; n-- {
		if !c.next() {
			return false
		}
		if n == 1 {
			return true
		}
	}
	return false
}

// record takes numbers off the front of a record.
type record struct {
	bytes []byte
	bad   bool
}

func (r *record) varint() int64 {
	v, n := binary.Uvarint(r.bytes)
	if n <= 0 || v > 1<<48 {
		r.bad = true
		return 0
	}
	r.bytes = r.bytes[n:]
	return int64(v)
}

func (r *record) take(n int64) []byte {
	if n > int64(len(r.bytes)) {
		r.bad = true
		return nil
	}
	var b []byte
	if n > 0 {
		b = r.bytes[:n:n]
	}
	r.bytes = r.bytes[n:]
	return b
}

func (r *record) charset() []byte {
	b := r.take(1)
	switch {
	case b == nil:
		return nil
	case b[0] < commonCharset:
		return r.take(int64(b[0]))
	case int(b[0]-commonCharset) < len(commonCharsets):
		return commonCharsets[b[0]-commonCharset]
	}
	r.bad = true
	return nil
}

// appendCharset appends what charset reads.
func appendCharset(dst, charset []byte) []byte {
	for i, c := range commonCharsets {
		if bytes.Equal(c, charset) {
			return append(dst, commonCharset+byte(i))
		}
	}
	return append(append(dst, byte(len(charset))), charset...)
}

// container reads the numbers of a container into p and gives the size of its
// children's records.
func (r *record) container(p *Part) (children int64) {
	b := r.take(containerSize)
	if b == nil {
		return 0
	}
	p.Lines = int64(binary.LittleEndian.Uint32(b))
	body := uint64(binary.LittleEndian.Uint32(b[4:])) | uint64(binary.LittleEndian.Uint16(b[8:]))<<32
	p.BodyEnd = p.BodyStart + int64(body)
	return int64(binary.LittleEndian.Uint32(b[10:]))
}

// putContainer fills in what container reads.
func putContainer(b []byte, lines, body int64, children int) {
	binary.LittleEndian.PutUint32(b, uint32(min(lines, 1<<32-1)))
	binary.LittleEndian.PutUint32(b[4:], uint32(body))
	binary.LittleEndian.PutUint16(b[8:], uint16(body>>32))
	binary.LittleEndian.PutUint32(b[10:], uint32(children))
}
