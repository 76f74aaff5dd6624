package imap

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"strings"

	"tram/internal/mail/message"
)

// What comes as literal8 (RFC 3516 4.4) is stored as it is, unless there are
// NULs in it, or line ends that a text cannot have: FETCH BODY[] could not give
// that back. Then the bodies with such bytes become base64, as in Dovecot; all
// others stay as they are, which keeps their signatures whole.

// errBinary refuses a message with NULs where no transfer encoding could hide
// them.
var errBinary = no("UNKNOWN-CTE", "NUL outside of the body of a part without transfer encoding")

// encode replaces a parcel by one without NULs. The first one stays behind as
// a body that no message names, which the store reclaims.
func (in *intake) encode(p *parcel, digest *message.Digest) (*parcel, *message.Digest, error) {
	table, err := message.Parts(digest.Parts)
	if err != nil {
		return nil, nil, err
	}
	in.open = in.open[:len(in.open)-1]
	id, err := p.w.Commit(in.s.ctx)
	if err != nil {
		return nil, nil, err
	}
	raw, err := in.s.srv.blobs.Open(in.s.ctx, id)
	if err != nil {
		return nil, nil, err
	}
	defer raw.Close()
	out, err := in.newParcel()
	if err != nil {
		return nil, nil, err
	}
	e := binaryEncoder{in: in, raw: raw, out: out, size: digest.Size}
	table.Walk(func(_ int, part *message.Part) bool {
		if part.Kind == message.Leaf && part.Encoding == message.Identity {
			err = e.leaf(part)
		}
		return err == nil
	})
	if err == nil {
		err = e.text(e.size)
	}
	if err != nil {
		return nil, nil, err
	}
	if out.nul {
		return nil, nil, errBinary
	}
	return out, out.scan.Close(), nil
}

// binaryEncoder copies a message and encodes bodies on the way.
type binaryEncoder struct {
	in   *intake
	raw  io.ReaderAt
	out  *parcel
	size int64
	pos  int64 // copied up to here
}

// text copies what is not encoded, up to an offset.
func (e *binaryEncoder) text(end int64) error {
	section := io.NewSectionReader(e.raw, e.pos, end-e.pos)
	e.pos = end
	return e.in.copy(&e.out.lines, io.TeeReader(section, nulFinder{e.out}))
}

// nulFinder looks for NULs that stay.
type nulFinder struct{ p *parcel }

// Write implements io.Writer.
func (f nulFinder) Write(b []byte) (int, error) {
	f.p.nul = f.p.nul || bytes.IndexByte(b, 0) >= 0
	return len(b), nil
}

// leaf encodes the body of a part if it has to be.
func (e *binaryEncoder) leaf(p *message.Part) error {
	var found parcel // what the body has
	found.lines.w = io.Discard
	body := io.NewSectionReader(e.raw, p.BodyStart, p.BodyEnd-p.BodyStart)
	if err := e.in.copy(&found, body); err != nil {
		return err
	}
	header := make([]byte, min(p.BodyStart-p.HeaderStart, maxHeaderRead))
	if _, err := e.raw.ReadAt(header, p.HeaderStart); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if !found.nul && !(found.bareLF && isBinary(header)) || int64(len(header)) < p.BodyStart-p.HeaderStart {
		return nil
	}
	if err := e.text(p.HeaderStart); err != nil {
		return err
	}
	if _, err := e.out.lines.Write(encodedHeader(header)); err != nil {
		return err
	}
	if _, err := body.Seek(0, io.SeekStart); err != nil {
		return err
	}
	e.pos = p.BodyEnd
	wrapped := &base64Lines{w: &e.out.lines}
	enc := base64.NewEncoder(base64.StdEncoding, wrapped)
	if err := e.in.copy(enc, body); err != nil {
		return err
	}
	if err := enc.Close(); err != nil || e.pos < e.size {
		return err
	}
	_, err := e.out.lines.Write([]byte("\r\n"))
	return err
}

// isBinary reports whether a header declares binary content.
func isBinary(header []byte) bool {
	value, ok := message.FieldValue(header, "Content-Transfer-Encoding")
	return ok && strings.EqualFold(strings.TrimSpace(string(value)), "binary")
}

// encodedHeader is a header that declares base64.
func encodedHeader(header []byte) []byte {
	var out []byte
	size := 0
	for f := range message.Fields(header) {
		size += len(f.Line)
		if !f.Is("Content-Transfer-Encoding") {
			out = append(out, f.Line...)
		}
	}
	out = append(out, "Content-Transfer-Encoding: base64\r\n"...)
	return append(out, header[size:]...)
}

// base64Line is the length of a line of base64 (RFC 2045 6.8).
const base64Line = 76

// base64Lines breaks base64 into lines.
type base64Lines struct {
	w    io.Writer
	used int
}

// Write implements io.Writer.
func (l *base64Lines) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		if l.used == base64Line {
			if _, err := l.w.Write([]byte("\r\n")); err != nil {
				return 0, err
			}
			l.used = 0
		}
		k := min(len(p), base64Line-l.used)
		if _, err := l.w.Write(p[:k]); err != nil {
			return 0, err
		}
		l.used += k
		p = p[k:]
	}
	return n, nil
}
