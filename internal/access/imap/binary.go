package imap

import (
	"bytes"
	"errors"
	"io"

	"tram/internal/mail/imapwire"
	"tram/internal/mail/message"
	"tram/internal/mailstore"
)

// BINARY (RFC 3516, RFC 9051 6.4.5): parts with their transfer encoding undone.
// What is not a leaf has none, and is sent as it is; so is the whole message.

// errUnknownCTE is the answer for a part whose encoding nobody knows how to
// undo.
var errUnknownCTE = no("UNKNOWN-CTE", "Unknown content transfer encoding")

// binaryHeld is up to how many decoded octets are kept between the pass that
// counts them and the one that sends them. Longer parts are decoded twice.
const binaryHeld = 64 << 10

// parseBinary reads section-binary [partial] behind BINARY, BINARY.PEEK or
// BINARY.SIZE.
func (req *fetchRequest) parseBinary(d *imapwire.Decoder, name string) bool {
	item := fetchItem{kind: itemBinary, peek: name != "BINARY"}
	label := "BINARY"
	if name == "BINARY.SIZE" {
		item.kind, label = itemBinarySize, name
	}
	sec := &item.section
	if !sec.parse(d) || sec.what != partWhole || sec.partial && item.kind == itemBinarySize {
		return false
	}
	item.label = sec.label(label)
	return req.addSection(d, item)
}

// openBinary opens the decoded bytes of a section.
func (sec *section) openBinary(m *mailstore.Message, body *lazyBody) (io.Reader, error) {
	encoding := message.Identity
	if len(sec.path) > 0 {
		table, err := message.Parts(m.Parts)
		if err != nil {
			return nil, err
		}
		if p, ok := table.Find(sec.path); ok && p.Kind == message.Leaf {
			encoding = p.Encoding
		}
	}
	if encoding == message.Unknown {
		return nil, errUnknownCTE
	}
	// Little may be sent of much that is decoded: nothing else finds out that the
	// server is to stop.
	if err := body.s.ctx.Err(); err != nil {
		return nil, err
	}
	from, to, err := sec.locate(m)
	if err != nil || from == to {
		return bytes.NewReader(nil), err
	}
	r, err := body.open()
	if err != nil {
		return nil, err
	}
	return message.NewDecoder(io.NewSectionReader(r, from, to-from), encoding), nil
}

// binarySize writes BINARY.SIZE.
func (w *fetchWriter) binarySize(item *fetchItem, m *mailstore.Message, body *lazyBody) error {
	size, known := body.sizes[item.label]
	if !known {
		var err error
		if size, err = item.section.decodedSize(m, body); err != nil {
			return err
		}
		if body.sizes == nil {
			body.sizes = map[string]int64{}
		}
		body.sizes[item.label] = size
	}
	w.enc.Raw(item.label)
	w.enc.Number(uint64(size))
	return nil
}

// decodedSize counts the octets of a section without its encoding; 0 when there
// is no such part.
func (sec *section) decodedSize(m *mailstore.Message, body *lazyBody) (int64, error) {
	r, err := sec.openBinary(m, body)
	if errors.Is(err, errNoPart) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	var seen tally
	_, err = io.Copy(&seen, r)
	return seen.size, err
}

// binary writes BINARY and its bytes: as a literal8 only when there is a NUL
// among them (RFC 3516 4.3).
func (w *fetchWriter) binary(item *fetchItem, m *mailstore.Message, body *lazyBody) error {
	sec := &item.section
	r, err := sec.openBinary(m, body)
	if errors.Is(err, errNoPart) {
		w.enc.Raw(item.label)
		w.enc.Raw("NIL")
		return nil
	}
	if err != nil {
		return err
	}
	seen := tally{held: w.scratch[:0]}
	if _, err := io.Copy(&seen, sec.cut(r)); err != nil {
		return err
	}
	w.enc.Raw(item.label)
	if seen.nul {
		w.enc.Byte('~')
	}
	w.enc.LiteralHeader(seen.size)
	if seen.size <= binaryHeld {
		w.scratch = seen.held
		w.enc.RawBytes(seen.held)
		return nil
	}
	if r, err = sec.openBinary(m, body); err != nil {
		return err
	}
	n, err := io.Copy(rawWriter{w}, sec.cut(r))
	if err == nil && n != seen.size {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// cut gives the partial of decoded bytes.
func (sec *section) cut(r io.Reader) io.Reader {
	if !sec.partial {
		return r
	}
	return io.LimitReader(&skipReader{r: r, left: sec.offset}, sec.count)
}

// skipReader passes over the first bytes of a reader.
type skipReader struct {
	r    io.Reader
	left int64
}

// Read implements io.Reader.
func (s *skipReader) Read(p []byte) (int, error) {
	if s.left > 0 {
		n, err := io.CopyN(io.Discard, s.r, s.left)
		s.left -= n
		if err != nil {
			if errors.Is(err, io.EOF) {
				s.left = 0
			}
			return 0, err
		}
	}
	return s.r.Read(p)
}

// tally counts what is written to it, looks for NULs, and keeps the beginning.
type tally struct {
	size int64
	nul  bool
	held []byte
}

// Write implements io.Writer.
func (t *tally) Write(p []byte) (int, error) {
	t.nul = t.nul || bytes.IndexByte(p, 0) >= 0
	if len(t.held) < binaryHeld+1 {
		t.held = append(t.held, p[:min(len(p), binaryHeld+1-len(t.held))]...)
	}
	t.size += int64(len(p))
	return len(p), nil
}

// rawWriter sends what is written to it.
type rawWriter struct{ w *fetchWriter }

// Write implements io.Writer.
func (r rawWriter) Write(p []byte) (int, error) {
	r.w.enc.RawBytes(p)
	return len(p), r.w.enc.Err()
}
