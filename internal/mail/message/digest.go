package message

import (
	"io"
	"time"
)

// Digest is what the server keeps of a message beside its bytes. It is
// computed once, at arrival, in one streaming pass, so that no FETCH has to
// read a body again to answer ENVELOPE or BODYSTRUCTURE.
type Digest struct {
	Size       int64 // octets of the whole message
	HeaderSize int64 // octets of the top header, with the empty line that ends it

	Envelope      []byte // IMAP ENVELOPE, "(...)", RFC 3501 7.4.2, ready to send
	BodyStructure []byte // extended BODYSTRUCTURE, "(...)", ready to send; see [AppendBody] for BODY

	Parts  []byte // table of part offsets, decoded by [Parts]
	Header []byte // raw lines of the [CachedFields], or nil: read the message itself

	SentDate time.Time // Date:, with the zone it was written in; zero when unusable
}

// Scan digests everything that r gives. The error is r's.
func Scan(r io.Reader) (*Digest, error) {
	s := NewScanner()
	if _, err := io.Copy(s, r); err != nil {
		return nil, err
	}
	return s.Close(), nil
}
