package message

import (
	"bytes"
	"io"
)

// maxDowngradeHeader is the size in octets of one header that can be changed.
const maxDowngradeHeader = 256 << 10

// ConversionError says why a message cannot be turned into 7-bit text.
type ConversionError struct {
	Why string // a sentence without a full stop, for the sender
}

func (e *ConversionError) Error() string { return "message: cannot be converted: " + e.Why }

// Why a message cannot be converted.
var (
	errEightBitHeader = &ConversionError{"a header field has characters beyond ASCII"}
	errSigned         = &ConversionError{"it is signed, and a change would make the signature wrong"}
	errMislabelled    = &ConversionError{"a part has 8-bit octets in spite of its transfer encoding"}
	errUnencodable    = &ConversionError{"a part of a type that must not be encoded has 8-bit octets"}
	errLongHeader     = &ConversionError{"a header is too long"}
)

// Downgrade is a message that is about to be converted to 7-bit text (RFC 6152
// 3, RFC 3030 3): for a host that takes neither 8BITMIME nor BINARYMIME. Only
// what has to be is changed:
//
//   - a text with 8-bit octets becomes quoted-printable, another leaf base64;
//   - multiparts and embedded messages are converted inside, however deep, and
//     never encoded themselves (RFC 2045 6.4);
//   - 8-bit octets between parts, which nobody reads, become question marks;
//   - a message without MIME gets a MIME header that says unknown-8bit (RFC 1428).
//
// What is signed (multipart/signed) cannot be converted. A signature over the
// whole message (DKIM) does not hold afterwards: its signer could have sent
// 7-bit text (RFC 6376 5.3).
type Downgrade struct {
	r     io.ReaderAt
	size  int64
	edits []edit
}

// edit replaces the octets [from, to).
type edit struct {
	from, to int64
	how      editKind
	header   []byte // editHeader
}

type editKind uint8

const (
	editHeader editKind = iota
	editQuoted
	editBase64
)

// NewDowngrade reads a message and finds out how it is to be converted. The
// error is a *ConversionError or that of r.
func NewDowngrade(r io.ReaderAt, size int64) (*Downgrade, error) {
	digest, err := Scan(io.NewSectionReader(r, 0, size))
	if err != nil {
		return nil, err
	}
	table, err := Parts(digest.Parts)
	if err != nil {
		return nil, err
	}
	d := &Downgrade{r: r, size: size}
	signed := int64(-1) // where the signed part ends
	isMessage := true   // the next part is a message, not a part of one
	table.Walk(func(_ int, p *Part) bool {
		if p.HeaderStart >= signed {
			signed, err = d.part(p, isMessage)
		}
		isMessage = p.Kind == Embedded
		return err == nil
	})
	return d, err
}

// part plans what becomes of a part. Of a signed one it returns the end: its
// inside is not to be touched.
func (d *Downgrade) part(p *Part, isMessage bool) (signed int64, err error) {
	if p.BodyStart-p.HeaderStart > maxDowngradeHeader {
		return -1, errLongHeader
	}
	header := make([]byte, p.BodyStart-p.HeaderStart)
	if _, err := d.r.ReadAt(header, p.HeaderStart); err != nil && err != io.EOF {
		return -1, err
	}
	if look(header).eightBit {
		return -1, errEightBitHeader
	}
	typ, subtype := typeOf(header)
	inside := octets{}
	if p.Kind == Leaf || typ == "multipart" && subtype == "signed" {
		if inside, err = lookAt(d.r, p.BodyStart, p.BodyEnd); err != nil {
			return -1, err
		}
	}
	switch {
	case p.Kind != Leaf && subtype == "signed" && typ == "multipart":
		if inside.needsEncoding() {
			return -1, errSigned
		}
		return p.BodyEnd, nil
	case p.Kind != Leaf || !inside.needsEncoding():
		d.relabel(p, header)
		return -1, nil
	}
	return -1, d.encode(p, header, inside, typ, subtype, isMessage)
}

// relabel says 7bit where 8bit or binary was said.
func (d *Downgrade) relabel(p *Part, header []byte) {
	value, ok := FieldValue(header, "Content-Transfer-Encoding")
	word := string(bytes.ToLower(bytes.TrimSpace(value)))
	if ok && (word == "8bit" || word == "binary") {
		d.edits = append(d.edits, edit{from: p.HeaderStart, to: p.BodyStart, how: editHeader, header: withEncoding(header, "7bit", false)})
	}
}

// encode plans the encoding of a leaf.
func (d *Downgrade) encode(p *Part, header []byte, inside octets, typ, subtype string, isMessage bool) error {
	switch {
	case p.Encoding != Identity:
		return errMislabelled
	case typ == "multipart", typ == "message" && subtype != "global":
		return errUnencodable // RFC 2045 6.4, RFC 2046 5.2.2
	}
	how, name := editBase64, "base64"
	if p.Text && !inside.odd {
		how, name = editQuoted, "quoted-printable"
	}
	d.edits = append(d.edits,
		edit{from: p.HeaderStart, to: p.BodyStart, how: editHeader, header: withEncoding(header, name, isMessage)},
		edit{from: p.BodyStart, to: p.BodyEnd, how: how})
	return nil
}

// typeOf gives the type that a header says, in lower case.
func typeOf(header []byte) (typ, subtype string) {
	value, _ := FieldValue(header, "Content-Type")
	word, _, _ := bytes.Cut(AppendUnfolded(nil, value), []byte(";"))
	t, s, _ := bytes.Cut(bytes.ToLower(word), []byte("/"))
	return string(bytes.TrimSpace(t)), string(bytes.TrimSpace(s))
}

// withEncoding is a header with another transfer encoding. That of a whole
// message gets the fields that make it MIME, where they are missing.
func withEncoding(header []byte, encoding string, isMessage bool) []byte {
	out := make([]byte, 0, len(header)+128)
	isMIME, hasType := false, false
	for f := range Fields(header) {
		if f.Is("Content-Transfer-Encoding") {
			continue
		}
		isMIME = isMIME || f.Is("MIME-Version")
		hasType = hasType || f.Is("Content-Type")
		out = append(out, f.Line...)
	}
	if n := len(out); n > 0 && out[n-1] != '\n' {
		out = append(out, "\r\n"...)
	}
	if isMessage && !isMIME {
		out = append(out, "MIME-Version: 1.0\r\n"...)
	}
	if isMessage && !hasType {
		out = append(out, "Content-Type: text/plain; charset=unknown-8bit\r\n"...)
	}
	return append(append(append(out, "Content-Transfer-Encoding: "...), encoding...), "\r\n\r\n"...)
}
