package dsn

import (
	"bytes"
	"io"

	"tram/internal/mail/message"
)

// returned is what is known of the message before it is returned.
type returned struct {
	source   *io.SectionReader
	whole    bool // all of it is returned, not its header alone
	eightBit bool
}

// examine looks through the message to return. Nothing can be encoded inside a
// message/rfc822 (RFC 2046 5.2.1), so one that cannot stand there as it is, or
// is too large, is returned by its header alone. So is one that did not fail
// (RFC 3461 4.3).
func examine(original *io.SectionReader, r *Report) (returned, error) {
	if original == nil || !r.Full || r.verdict() != Failed || original.Size() > MaxFull {
		return returned{source: original}, nil
	}
	buf := make([]byte, 32<<10)
	ret := returned{source: original, whole: true}
	line := 0
	for off := int64(0); off < original.Size(); {
		n, err := original.ReadAt(buf, off)
		if n == 0 && err != nil {
			return ret, err
		}
		for _, c := range buf[:n] {
			ret.eightBit = ret.eightBit || c >= 0x80
			line++
			if c == '\n' {
				line = 0
			}
			if line > 1000 || c == 0 {
				ret.whole = false
			}
		}
		off += int64(n)
	}
	return ret, nil
}

// original writes the part with the message.
func (w *writer) original(r *Report, ret returned) error {
	if ret.source == nil {
		return nil
	}
	w.line("--", r.Boundary)
	if ret.whole {
		w.line("Content-Type: ", pick(r.UTF8, "message/global", "message/rfc822"))
		w.line("Content-Description: Your message")
		if ret.eightBit {
			w.line("Content-Transfer-Encoding: 8bit")
		}
		w.line()
		return w.copyWhole(ret.source)
	}
	head, err := readHeader(ret.source)
	if err != nil {
		return err
	}
	w.line("Content-Type: ", pick(r.UTF8, "message/global-headers", "text/rfc822-headers; charset=utf-8"))
	w.line("Content-Description: Header of your message")
	w.returnedHeader(head)
	return nil
}

func pick(utf8 bool, global, plain string) string {
	if utf8 {
		return global
	}
	return plain
}

// copyWhole copies the message with line ends made whole: a bare CR or LF must
// not leave this host.
func (w *writer) copyWhole(source *io.SectionReader) error {
	buf := make([]byte, 32<<10)
	last := byte(0)
	for off := int64(0); off < source.Size(); {
		n, err := source.ReadAt(buf, off)
		if n == 0 && err != nil {
			return err
		}
		for _, c := range buf[:n] {
			if last == '\r' && c != '\n' || c == '\n' && last != '\r' {
				w.WriteString(pickBreak(last))
			}
			w.WriteByte(c)
			last = c
		}
		off += int64(n)
	}
	if last == '\r' {
		w.WriteByte('\n')
	}
	w.line()
	return nil
}

// pickBreak is what is missing between last and the next byte.
func pickBreak(last byte) string {
	if last == '\r' {
		return "\n"
	}
	return "\r"
}

// readHeader reads the header without its empty line, whole lines of at most
// MaxHeaders octets.
func readHeader(source *io.SectionReader) ([]byte, error) {
	head := make([]byte, min(source.Size(), MaxHeaders))
	if n, err := source.ReadAt(head, 0); n < len(head) {
		return nil, err
	}
	if end := message.HeaderEnd(head); end >= 0 {
		head = head[:end]
	} else if i := bytes.LastIndexByte(head, '\n'); i >= 0 {
		head = head[:i+1]
	}
	return bytes.TrimRight(head, "\r\n"), nil
}

// returnedHeader writes the header as it is if that can be sent, so that also
// programs that look for lines in a report find them; else encoded.
func (w *writer) returnedHeader(head []byte) {
	if !sendable(head) {
		w.line("Content-Transfer-Encoding: quoted-printable")
		w.line()
		w.encoded(head)
		w.line()
		w.line()
		return
	}
	w.line()
	for line := range bytes.Lines(head) {
		w.Write(bytes.TrimRight(line, "\r\n"))
		w.line()
	}
	w.line()
}

// sendable reports whether all lines are short, ASCII and without NUL or CR
// inside.
func sendable(head []byte) bool {
	for line := range bytes.Lines(head) {
		line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
		if len(line) > maxLine || bytes.ContainsFunc(line, func(c rune) bool { return c >= 0x80 || c == '\r' || c == 0 }) {
			return false
		}
	}
	return true
}
