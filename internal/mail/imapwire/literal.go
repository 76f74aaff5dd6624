package imapwire

import (
	"bytes"
	"errors"
	"io"
	"math"
	"slices"
)

// maxLiteralSize stands for every size that is too large to be told apart.
const maxLiteralSize = math.MaxInt64 / 16

// errNUL is the reply to a NUL where RFC 3501 9 allows CHAR8 only.
var errNUL = syntaxError("NUL is not allowed in a literal")

// Literal is a string that is streamed, since it may be a whole message. The
// reader accepts it with Accept and reads it to the end, or leaves it to
// [Decoder.Discard].
type Literal struct {
	Size    int64
	NonSync bool // {n+}: the client sends it without waiting (RFC 7888)
	Binary  bool // ~{n}: literal8, NULs allowed (RFC 3516)

	d        *Decoder
	left     int64
	open     bool
	accepted bool
}

// ExpectLiteral reads the announcement of a literal. Whatever its size, nothing
// is read or allocated yet.
func (d *Decoder) ExpectLiteral() (*Literal, bool) {
	if !d.literalHeader() {
		return nil, d.Fail("Expected a literal")
	}
	return &d.literal, true
}

// atLiteral reports whether a literal comes next: { or ~{. A lone tilde begins
// an atom.
func (d *Decoder) atLiteral() bool {
	c, ok := d.peek()
	if !ok || c != '~' {
		return ok && c == '{'
	}
	for d.w-d.r < 2 {
		if !d.fill() {
			return false
		}
	}
	return d.buf[d.r+1] == '{'
}

// literalHeader reads {n}, {n+} or ~{n} and the line end after it.
func (d *Decoder) literalHeader() bool {
	if !d.atLiteral() || !d.countToken() {
		return false
	}
	l := Literal{d: d, Binary: d.Special('~')}
	if !d.ExpectSpecial('{') {
		return false
	}
	digits, ok := d.span(classDigit)
	if !ok || len(digits) == 0 {
		return d.Fail("Invalid literal size")
	}
	if n, ok := parseNumber(digits, maxLiteralSize); ok {
		l.Size = int64(n)
	} else {
		l.Size = maxLiteralSize
	}
	l.NonSync = d.Special('+')
	if !d.ExpectSpecial('}') || !d.CRLF() {
		return d.Fail("Invalid literal")
	}
	l.left, l.open = l.Size, true
	d.literal = l
	return true
}

// Accept lets the client send the literal.
func (l *Literal) Accept() error {
	if l.accepted {
		return nil
	}
	l.accepted = true
	l.d.ended = false
	if l.NonSync {
		return nil
	}
	if err := l.d.src.Continue(); err != nil {
		l.d.err = err
		return err
	}
	return nil
}

// Left is the number of bytes not yet read.
func (l *Literal) Left() int64 { return l.left }

// Read implements io.Reader. Large reads bypass the decoder's buffer.
func (l *Literal) Read(p []byte) (int, error) {
	d := l.d
	if l.left == 0 {
		l.open = false
		return 0, io.EOF
	}
	if d.err != nil {
		return 0, d.err
	}
	p = p[:min(int64(len(p)), l.left)]
	var n int
	if d.r == d.w && len(p) >= len(d.buf) {
		var err error
		if n, err = d.src.Read(p); n == 0 {
			d.err = connError(err)
			return 0, d.err
		}
	} else {
		if d.r == d.w && !d.fill() {
			d.err = connError(d.err)
			return 0, d.err
		}
		n = copy(p, d.buf[d.r:d.w])
		d.r += n
	}
	l.left -= int64(n)
	if !l.Binary && bytes.IndexByte(p[:n], 0) >= 0 {
		d.err = errNUL
		return 0, errNUL
	}
	if l.left == 0 {
		l.open = false
	}
	return n, nil
}

// connError is what ended the connection in the middle of a literal.
func connError(err error) error {
	switch {
	case err == nil:
		return io.ErrNoProgress
	case errors.Is(err, io.EOF):
		return io.ErrUnexpectedEOF
	}
	return err
}

// literalString reads a literal into memory, within the budgets.
func (d *Decoder) literalString(ptr *string) bool {
	if !d.literalHeader() {
		return false
	}
	l := &d.literal
	if l.Size > d.limits.Literal || l.Size > d.limits.Literals-d.literals {
		d.err = &Error{Kind: TooBig, Text: "Literal too large"}
		return false
	}
	d.literals += l.Size
	if l.Accept() != nil {
		return false
	}
	// Memory grows with what has arrived, not with what was announced.
	var out []byte
	for l.left > 0 {
		out = slices.Grow(out, int(min(l.left, max(512, int64(len(out))))))
		n, err := l.Read(out[len(out):cap(out)])
		if err != nil {
			return false
		}
		out = out[:len(out)+n]
	}
	l.open = false
	*ptr = view(out)
	return true
}
