package message

import "io"

// quotedLine is the length of a line of quoted-printable, without CRLF (RFC
// 2045 6.7).
const quotedLine = 76

// quotedWriter writes text as quoted-printable. Its lines end in CR LF; the
// last one may have no end. A line that it breaks never goes on with a "-",
// for that could read as a boundary.
type quotedWriter struct {
	w     io.Writer
	buf   []byte
	col   int
	soft  bool // the line goes on one that was broken
	blank byte // a blank that may be the last of its line, or 0
}

const hexDigits = "0123456789ABCDEF"

// Write implements io.Writer.
func (q *quotedWriter) Write(p []byte) (int, error) {
	q.buf = q.buf[:0]
	for _, c := range p {
		q.add(c)
	}
	if _, err := q.w.Write(q.buf); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Close ends the text. It does not close the writer below.
func (q *quotedWriter) Close() error {
	q.buf = q.buf[:0]
	q.endBlank(true)
	_, err := q.w.Write(q.buf)
	return err
}

func (q *quotedWriter) add(c byte) {
	switch {
	case c == '\r':
		q.endBlank(true)
	case c == '\n':
		q.buf = append(q.buf, "\r\n"...)
		q.col, q.soft = 0, false
	case isBlank(c):
		q.endBlank(false)
		q.blank = c
	default:
		q.endBlank(false)
		q.put(c, c < ' ' || c >= 0x7f || c == '=')
	}
}

// endBlank writes the blank that was held back. At the end of a line it must
// be encoded, or it gets lost on the way.
func (q *quotedWriter) endBlank(last bool) {
	if q.blank != 0 {
		q.put(q.blank, last)
		q.blank = 0
	}
}

func (q *quotedWriter) put(c byte, encoded bool) {
	width := 1
	if encoded {
		width = 3
	}
	if q.col+width > quotedLine-1 { // room for "="
		q.buf = append(q.buf, "=\r\n"...)
		q.col, q.soft = 0, true
	}
	if encoded || q.col == 0 && q.soft && c == '-' {
		q.buf = append(q.buf, '=', hexDigits[c>>4], hexDigits[c&15])
		q.col += 3
		return
	}
	q.buf = append(q.buf, c)
	q.col++
}
