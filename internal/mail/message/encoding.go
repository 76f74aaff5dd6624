package message

import (
	"errors"
	"io"
)

// Encoding is a Content-Transfer-Encoding (RFC 2045 6).
type Encoding uint8

// The transfer encodings.
const (
	Identity        Encoding = iota // 7bit, 8bit, binary or none given
	QuotedPrintable                 //
	Base64                          //
	UUEncode                        // x-uuencode and its spellings
	Unknown                         // anything else: RFC 3516 answers UNKNOWN-CTE
)

// ErrUnknownEncoding is what reading a part gives when its transfer encoding
// is not one that can be undone.
var ErrUnknownEncoding = errors.New("message: unknown transfer encoding")

// encodingOf gives the encoding that a word names.
func encodingOf(word []byte) Encoding {
	switch {
	case equalFold(word, "7bit"), equalFold(word, "8bit"), equalFold(word, "binary"):
		return Identity
	case equalFold(word, "base64"):
		return Base64
	case equalFold(word, "quoted-printable"):
		return QuotedPrintable
	case equalFold(word, "x-uuencode"), equalFold(word, "x-uue"), equalFold(word, "uuencode"):
		return UUEncode
	}
	return Unknown
}

// NewDecoder undoes a transfer encoding. It is lenient: what is not base64 is
// skipped, a broken escape stays as it is, and no input is an error. Unknown
// encodings are passed through.
func NewDecoder(r io.Reader, e Encoding) io.Reader {
	if d := newBodyDecoder(e); d != nil {
		return &decodingReader{r: r, decoder: d}
	}
	return r
}

// newBodyDecoder gives the decoder of an encoding, nil when there is nothing to
// undo.
func newBodyDecoder(e Encoding) bodyDecoder {
	switch e {
	case Base64:
		return &base64Decoder{}
	case QuotedPrintable:
		return &quotedPrintableDecoder{}
	case UUEncode:
		return &uuDecoder{}
	}
	return nil
}

// OpenPart reads the body of a part with its transfer encoding undone, as
// FETCH BINARY wants it (RFC 3516).
func OpenPart(r io.ReaderAt, p Part) (io.Reader, error) {
	if p.Encoding == Unknown {
		return nil, ErrUnknownEncoding
	}
	return NewDecoder(io.NewSectionReader(r, p.BodyStart, p.BodyEnd-p.BodyStart), p.Encoding), nil
}

// bodyDecoder undoes an encoding piece by piece.
type bodyDecoder interface {
	// append appends what src decodes to. No more follows a final piece.
	append(dst, src []byte, final bool) []byte
}

// decodingReader reads through a bodyDecoder.
type decodingReader struct {
	r       io.Reader
	decoder bodyDecoder
	in      []byte
	out     []byte // decoded, not yet read
	buf     []byte // what out is a part of
	err     error
}

const decodeChunk = 8 << 10 // octets that are read at once

// Read implements io.Reader.
func (d *decodingReader) Read(p []byte) (int, error) {
	for len(d.out) == 0 {
		if d.err != nil {
			return 0, d.err
		}
		if d.in == nil {
			d.in = make([]byte, decodeChunk)
		}
		var n int
		n, d.err = d.r.Read(d.in)
		d.buf = d.decoder.append(d.buf[:0], d.in[:n], d.err == io.EOF)
		d.out = d.buf
	}
	n := copy(p, d.out)
	d.out = d.out[n:]
	return n, nil
}
