package message

import "iter"

// Field is one header field as it stands in the message. The slices point into
// the header.
type Field struct {
	Name  []byte // without the colon and the blanks before it; empty for a line without a colon
	Value []byte // what follows the colon, folded as it is, without the line end
	Line  []byte // everything, with the line end
}

// Is reports whether the field has this name, without regard to case.
func (f Field) Is(name string) bool { return false }

// Fields goes through the fields of a raw header. It ends at the empty line.
func Fields(header []byte) iter.Seq[Field] { return func(func(Field) bool) {} }

// FieldValue gives the raw value of the first field of this name.
func FieldValue(header []byte, name string) (value []byte, ok bool) { return nil, false }

// AppendUnfolded appends a raw value with its line breaks removed (RFC 5322
// 2.2.3) and the blanks around it trimmed.
func AppendUnfolded(dst, value []byte) []byte { return append(dst, value...) }

// HeaderEnd gives the length of the header that p begins with, with its empty
// line, or -1 when p ends before it.
func HeaderEnd(p []byte) int { return -1 }
