package imap

import (
	"bytes"
	"io"

	"tram/internal/mail/imapwire"
	"tram/internal/mail/message"
	"tram/internal/storage/blob"
)

// parcel is one message on its way to the disk and through the scanner.
type parcel struct {
	in    *intake
	w     blob.Writer
	scan  *message.Scanner
	lines lineEnds // in front of both
	size  int64    // octets that the client gave

	// Of what came as literal8, which is not touched on the way:
	nul    bool // it has a NUL
	bareLF bool // it has an LF without CR
	last   byte
}

func (in *intake) newParcel() (*parcel, error) {
	w, err := in.s.srv.blobs.Create(in.s.ctx)
	if err != nil {
		return nil, err
	}
	in.open = append(in.open, w)
	p := &parcel{in: in, w: w, scan: message.NewScanner()}
	p.lines.w = io.MultiWriter(w, p.scan)
	return p, nil
}

// literal reads a message that comes in one piece.
func (p *parcel) literal() error {
	lit, ok := p.in.s.dec.ExpectLiteral()
	switch {
	case !ok:
		return p.in.s.dec.Err()
	case lit.Size == 0:
		return errEmpty
	}
	return p.add(lit)
}

// errNotUTF8 refuses the data of an extension that is not on (RFC 6855 4).
var errNotUTF8 = no("CANNOT", "UTF8 is for clients that enabled UTF8=ACCEPT or IMAP4rev2")

// utf8 reads SP "(" literal8 ")": a message, or a piece of one, whose header may
// be UTF-8 (RFC 6855 4). Others may have such headers too, so nothing else is
// different.
func (p *parcel) utf8(literal func() error) error {
	d := p.in.s.dec
	if !p.in.s.speaksUTF8() {
		return errNotUTF8
	}
	if !d.ExpectSP() || !d.ExpectSpecial('(') {
		return d.Err()
	}
	if err := literal(); err != nil {
		return err
	}
	if !d.ExpectSpecial(')') {
		return d.Err()
	}
	return nil
}

// add appends a literal to the message.
func (p *parcel) add(lit *imapwire.Literal) error {
	if err := p.in.accept(lit, p.size); err != nil {
		return err
	}
	p.size += lit.Size
	if lit.Binary {
		return p.in.copy(p, lit)
	}
	return p.in.copy(&p.lines, lit)
}

// Write takes bytes as they are.
func (p *parcel) Write(b []byte) (int, error) {
	p.nul = p.nul || bytes.IndexByte(b, 0) >= 0
	for i := 0; i < len(b) && !p.bareLF; i++ {
		lf := bytes.IndexByte(b[i:], '\n')
		if lf < 0 {
			break
		}
		i += lf
		before := p.last
		if i > 0 {
			before = b[i-1]
		}
		p.bareLF = before != '\r'
	}
	if len(b) > 0 {
		p.last = b[len(b)-1]
	}
	return p.lines.w.Write(b)
}

// binary reports whether the message has what only a literal8 can bring.
func (p *parcel) binary() bool { return p.nul || p.bareLF }
