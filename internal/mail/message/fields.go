package message

import (
	"bytes"
	"iter"
)

// Field is one header field as it stands in the message. The slices point into
// the header.
type Field struct {
	Name  []byte // without the colon and the blanks before it; empty for a line without a colon
	Value []byte // what follows the colon, folded as it is, without the last line break
	Line  []byte // everything, with the last line break
}

// Is reports whether the field has this name, without regard to case.
func (f *Field) Is(name string) bool { return equalFold(f.Name, name) }

// Fields goes through the fields of a raw header and ends at the empty line.
func Fields(header []byte) iter.Seq[Field] {
	return func(yield func(Field) bool) {
		for {
			f, rest, ok := nextField(header)
			if !ok || !yield(f) {
				return
			}
			header = rest
		}
	}
}

// FieldValue gives the raw value of the first field of this name.
func FieldValue(header []byte, name string) (value []byte, ok bool) {
	for f := range Fields(header) {
		if f.Is(name) {
			return f.Value, true
		}
	}
	return nil, false
}

// nextField cuts the first field off a header. rest begins at the next one; at
// the empty line or the end there is none.
func nextField(header []byte) (f Field, rest []byte, ok bool) {
	if len(header) == 0 || emptyLine(header) > 0 {
		return Field{}, header, false
	}
	end := fieldEnd(header)
	f.Line = header[:end]
	first := f.Line
	if i := bytes.IndexByte(first, '\n'); i >= 0 {
		first = first[:i]
	}
	start := 0
	if colon := bytes.IndexByte(first, ':'); colon >= 0 {
		f.Name = bytes.TrimRight(first[:colon], " \t")
		start = colon + 1
	}
	f.Value = trimLineBreak(f.Line[start:])
	return f, header[end:], true
}

// fieldEnd gives the length of the field that header begins with: its first
// line and those that go on with a blank (RFC 5322 2.2.3).
func fieldEnd(header []byte) int {
	end := 0
	for {
		i := bytes.IndexByte(header[end:], '\n')
		if i < 0 {
			return len(header)
		}
		end += i + 1
		if end == len(header) || !isBlank(header[end]) {
			return end
		}
	}
}

// emptyLine gives the length of the empty line that p begins with, or 0.
func emptyLine(p []byte) int {
	switch {
	case len(p) > 0 && p[0] == '\n':
		return 1
	case len(p) > 1 && p[0] == '\r' && p[1] == '\n':
		return 2
	}
	return 0
}

func trimLineBreak(p []byte) []byte {
	if n := len(p); n > 0 && p[n-1] == '\n' {
		p = p[:n-1]
		if n > 1 && p[n-2] == '\r' {
			p = p[:n-2]
		}
	}
	return p
}

// HeaderEnd gives the length of the header that p begins with, with its empty
// line, or -1 when p ends before it.
func HeaderEnd(p []byte) int {
	for i := 0; i < len(p); {
		if n := emptyLine(p[i:]); n > 0 {
			return i + n
		}
		j := bytes.IndexByte(p[i:], '\n')
		if j < 0 {
			return -1
		}
		i += j + 1
	}
	return -1
}

// HeaderEndFrom finds the end of the empty line behind a header that is read
// piece by piece, given that there was none in the first bytes, from in number;
// -1 when it is not there yet. Lines end in CR LF.
func HeaderEndFrom(p []byte, from int) int {
	if bytes.HasPrefix(p, []byte("\r\n")) {
		return 2
	}
	from = max(from-3, 0)
	if i := bytes.Index(p[from:], []byte("\r\n\r\n")); i >= 0 {
		return from + i + 4
	}
	return -1
}

// AppendUnfolded appends a raw value with its line breaks removed (RFC 5322
// 2.2.3) and the blanks around it trimmed.
func AppendUnfolded(dst, value []byte) []byte {
	return appendUnbroken(dst, bytes.Trim(value, " \t\r\n"))
}

// equalFold compares an ASCII name without regard to case.
func equalFold(a []byte, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] && lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}
