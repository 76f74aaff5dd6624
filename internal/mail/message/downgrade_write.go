package message

import (
	"bytes"
	"encoding/base64"
	"io"
)

// WriteTo writes the converted message and returns its size in octets. It can
// be called again.
func (d *Downgrade) WriteTo(w io.Writer) (int64, error) {
	out := &countingWriter{w: w}
	at := int64(0)
	for i := range d.edits {
		e := &d.edits[i]
		if err := d.copyBetween(out, at, e.from); err != nil {
			return out.n, err
		}
		if err := d.apply(out, e); err != nil {
			return out.n, err
		}
		at = e.to
	}
	return out.n, d.copyBetween(out, at, d.size)
}

func (d *Downgrade) apply(w io.Writer, e *edit) error {
	body := io.NewSectionReader(d.r, e.from, e.to-e.from)
	switch e.how {
	case editHeader:
		_, err := w.Write(e.header)
		return err
	case editQuoted:
		q := &quotedWriter{w: w}
		if _, err := io.Copy(q, body); err != nil {
			return err
		}
		return q.Close()
	}
	lines := &lineFolder{w: w}
	b := base64.NewEncoder(base64.StdEncoding, lines)
	if _, err := io.Copy(b, body); err != nil {
		return err
	}
	return b.Close()
}

// copyBetween copies what stays as it is. Octets beyond ASCII are left only in
// the text between parts.
func (d *Downgrade) copyBetween(w io.Writer, from, to int64) error {
	if from >= to {
		return nil
	}
	_, err := io.Copy(maskWriter{w}, io.NewSectionReader(d.r, from, to-from))
	return err
}

// maskWriter writes question marks for octets beyond ASCII.
type maskWriter struct{ w io.Writer }

func (m maskWriter) Write(p []byte) (int, error) {
	for done := 0; done < len(p); {
		rest := p[done:]
		i := bytes.IndexFunc(rest, func(r rune) bool { return r >= 0x80 })
		if i < 0 {
			i = len(rest)
		}
		if _, err := m.w.Write(rest[:i]); err != nil {
			return done, err
		}
		done += i
		if done == len(p) {
			break
		}
		if _, err := m.w.Write([]byte("?")); err != nil {
			return done, err
		}
		done++
	}
	return len(p), nil
}

// base64Line is the length of a line of base64 (RFC 2045 6.8).
const base64Line = 76

// lineFolder breaks base64 into lines. The last one is not ended: the line
// break behind a part belongs to its boundary.
type lineFolder struct {
	w   io.Writer
	col int
}

func (f *lineFolder) Write(p []byte) (int, error) {
	for done := 0; done < len(p); {
		if f.col == base64Line {
			if _, err := f.w.Write([]byte("\r\n")); err != nil {
				return done, err
			}
			f.col = 0
		}
		n := min(base64Line-f.col, len(p)-done)
		if _, err := f.w.Write(p[done : done+n]); err != nil {
			return done, err
		}
		done += n
		f.col += n
	}
	return len(p), nil
}

type countingWriter struct {
	w io.Writer
	n int64
}

func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
