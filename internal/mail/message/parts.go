package message

import "errors"

// ErrParts says that a part table is of an unknown version or damaged. The
// message can be scanned again.
var ErrParts = errors.New("message: unreadable table of parts")

// PartTable finds parts by their IMAP section numbers in [Digest.Parts]
// without decoding the whole of it. It is a view of those bytes.
type PartTable struct {
	raw []byte
}

// Parts checks the version of a table made by the scanner.
func Parts(table []byte) (PartTable, error) { return PartTable{raw: table}, nil }

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

	Kind     PartKind
	Encoding Encoding
	Text     bool   // the type is text/*
	Charset  string // lower case, "" when not given; only of text
	Attached bool   // Content-Disposition: attachment
	Children int    // parts of a multipart; 1 for an embedded message
}

// Find gives the part that an IMAP section path such as 2.1.3 names
// (RFC 3501 6.4.5): BODY[2.1.3] is [BodyStart, BodyEnd), BODY[2.1.3.MIME] is
// [HeaderStart, BodyStart). An empty path is the message itself.
func (t PartTable) Find(path []int) (Part, bool) { return Part{}, false }

// Message gives the root part of the embedded message that a path names:
// BODY[2.HEADER] is its header, BODY[2.TEXT] its body. An empty path is the
// message itself.
func (t PartTable) Message(path []int) (Part, bool) { return Part{}, false }

// Walk calls fn for each part from the top, parents before children, until it
// returns false. Depth of the root is 0. p is overwritten by the next call.
func (t PartTable) Walk(fn func(depth int, p *Part) bool) {}
