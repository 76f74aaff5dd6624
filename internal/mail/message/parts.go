package message

import "errors"

// The table of parts, version 1. Numbers are unsigned varints unless said.
//
//	table:     byte 1, then the record of the root part
//	record:    byte tag, gap, header, then by its kind
//	leaf:      body, lines; if readable: charset
//	charset:   byte n; n < 128: n bytes, in lower case; else common charset n-128
//	container: uint32 lines, uint48 body, uint32 children, the records of its
//	           parts in that many bytes (little-endian)
//
// gap counts the octets between the end of the part before (of the first one:
// the beginning of the parent's body) and the beginning of this one; header
// and body are lengths. The numbers of a container have a fixed width because
// they are filled in when it ends.
//
//	tag: bits 0-1 kind, 2 text, 3 readable, 4 attached, 5-7 encoding
const (
	partsVersion = 1

	tagText     = 1 << 2
	tagReadable = 1 << 3
	tagAttached = 1 << 4
	tagEncoding = 5 // shift

	containerSize = 4 + 6 + 4
)

// commonCharsets have a number in the table. New ones may be added at the end.
var commonCharsets = [...][]byte{
	[]byte("utf-8"), []byte("us-ascii"), []byte("iso-8859-1"), []byte("windows-1252"),
	[]byte("iso-8859-15"), []byte("iso-8859-2"), []byte("windows-1251"), []byte("koi8-r"),
	[]byte("gb2312"), []byte("gbk"), []byte("big5"), []byte("shift_jis"), []byte("iso-2022-jp"),
	[]byte("euc-kr"), []byte("windows-1258"),
}

// commonCharset is the first number of commonCharsets.
const commonCharset = 128

// ErrParts says that a part table is of an unknown version or damaged. The
// message can be scanned again.
var ErrParts = errors.New("message: unreadable table of parts")

// PartKind says what a part is made of.
type PartKind uint8

// The kinds of parts.
const (
	Leaf      PartKind = iota // bytes under a transfer encoding
	Multipart                 // parts
	Embedded                  // message/rfc822: one message
)

// Part is one MIME part: where it lies in the message and how to decode it.
// The header is [HeaderStart, BodyStart), with the empty line; the body is
// [BodyStart, BodyEnd), without the line break that belongs to a boundary.
type Part struct {
	HeaderStart, BodyStart, BodyEnd int64
	Lines                           int64 // line feeds in the body

	Kind     PartKind
	Encoding Encoding
	Text     bool   // the type is text/*
	Readable bool   // the type is text/* or message/*: people may search in it
	Attached bool   // Content-Disposition: attachment
	Charset  []byte // lower case, nil when not given; only of readable parts. It points into the table.
}

// PartTable finds parts by their IMAP section numbers in [Digest.Parts]
// without decoding the whole of it. It is a view of those bytes.
type PartTable struct {
	records []byte
}

// Parts checks the version of a table made by the scanner.
func Parts(table []byte) (PartTable, error) {
	if len(table) < 2 || table[0] != partsVersion {
		return PartTable{}, ErrParts
	}
	return PartTable{records: table[1:]}, nil
}

// Find gives the part that an IMAP section path such as 2.1.3 names
// (RFC 3501 6.4.5): BODY[2.1.3] is [BodyStart, BodyEnd), BODY[2.1.3.MIME] is
// [HeaderStart, BodyStart). An empty path is the message itself.
func (t PartTable) Find(path []int) (Part, bool) {
	c, ok := t.cursorAt(path)
	return c.part, ok
}

// Message gives the root part of the embedded message that a path names:
// BODY[2.HEADER] is its header, BODY[2.TEXT] its body. An empty path is the
// message itself.
func (t PartTable) Message(path []int) (Part, bool) {
	c, ok := t.cursorAt(path)
	if len(path) > 0 && ok {
		ok = c.part.Kind == Embedded && c.descend()
	}
	return c.part, ok
}

// Walk calls fn for each part from the top, parents before children, until it
// returns false. The depth of the root is 0.
func (t PartTable) Walk(fn func(depth int, p *Part) bool) {
	walk(cursor{rest: t.records}, 0, fn)
}

func walk(c cursor, depth int, fn func(depth int, p *Part) bool) bool {
	for c.next() {
		if !fn(depth, &c.part) {
			return false
		}
		if c.part.Kind != Leaf && depth < MaxDepth && !walk(c.inside(), depth+1, fn) {
			return false
		}
	}
	return true
}

// emptyText is the part of a multipart that has none: its structure says so
// too, as the grammar wants a part (RFC 3501 9, body-type-mpart).
func emptyText(at int64) Part {
	return Part{HeaderStart: at, BodyStart: at, BodyEnd: at, Text: true, Readable: true}
}

// cursorAt follows a path. Parts are numbered within a multipart; a message
// that is not a multipart has itself as part 1.
func (t PartTable) cursorAt(path []int) (c cursor, ok bool) {
	c = cursor{rest: t.records}
	if !c.next() {
		return c, false
	}
	isMessage := true
	for i, n := range path {
		if i > 0 && c.part.Kind == Embedded {
			if !c.descend() {
				return c, false
			}
			isMessage = true
		}
		switch {
		case c.part.Kind == Multipart:
			whole := c.part
			if !c.child(n) {
				c.part = emptyText(whole.BodyEnd)
				return c, n == 1 && i == len(path)-1
			}
		case !isMessage || n != 1:
			return c, false
		}
		isMessage = false
	}
	return c, true
}
