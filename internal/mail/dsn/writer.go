package dsn

import (
	"bufio"
	"encoding/base64"
	"io"
	"mime/quotedprintable"
	"strings"
	"time"
	"unicode/utf8"
)

// writer writes the lines of a report. Everything that strangers chose goes
// through text, atom or identifier.
type writer struct {
	*bufio.Writer
}

func newWriter(w io.Writer) *writer { return &writer{bufio.NewWriter(w)} }

func (w *writer) flush() error { return w.Flush() }

// line writes a line. Errors stay in the bufio.Writer until flush.
func (w *writer) line(parts ...string) {
	for _, s := range parts {
		w.WriteString(s)
	}
	w.WriteString("\r\n")
}

// Widths of lines, in octets (RFC 5322 2.1.1).
const (
	foldAt  = 76
	maxLine = 900
)

// field writes a header field, folded at blanks so that lines stay short. A
// word that is too long for any line is cut.
func (w *writer) field(name, value string) {
	w.WriteString(name)
	w.WriteByte(':')
	column := len(name) + 1
	for word := range strings.SplitSeq(value, " ") {
		if column > 1+len(name) && column+1+len(word) > foldAt {
			w.WriteString("\r\n")
			column = 0
		}
		w.WriteByte(' ')
		for len(word) > maxLine {
			cut := maxLine
			for !utf8.RuneStart(word[cut]) {
				cut--
			}
			w.WriteString(word[:cut])
			w.WriteString("\r\n ")
			word = word[cut:]
		}
		w.WriteString(word)
		column += 1 + len(word)
	}
	w.WriteString("\r\n")
}

// encoded writes text in quoted-printable; its line breaks become CRLF.
func (w *writer) encoded(text []byte) {
	qp := quotedprintable.NewWriter(w)
	_, _ = qp.Write(text) // the bufio.Writer below keeps the error
	_ = qp.Close()
}

// date formats a time as RFC 5322 3.3 wants it.
func date(t time.Time) string { return t.Format("Mon, 2 Jan 2006 15:04:05 -0700") }

// text makes a line of anything: controls and runs of blanks become one space,
// broken UTF-8 U+FFFD, and it is cut to limit octets.
func text(s string, limit int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return r == ' ' || !isPrintable(r)
	}), " ")
	if len(s) > limit {
		for limit > 0 && !utf8.RuneStart(s[limit]) {
			limit--
		}
		s = s[:limit]
	}
	return s
}

// ascii replaces what is not ASCII.
func ascii(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= utf8.RuneSelf {
			return '?'
		}
		return r
	}, s)
}

// atom keeps only letters, digits and a few marks: for boundaries.
func atom(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
			return r
		}
		return -1
	}, s)
	return s[:min(len(s), 60)]
}

// identifier makes a Message-ID's content of anything.
func identifier(s string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r >= 0x7F || strings.ContainsRune("<>()\\\",;:", r) {
			return -1
		}
		return r
	}, text(s, maxAtom))
}

// words encodes a text for an unstructured field if it must be (RFC 2047).
func words(s string) string {
	const chunk = 45 // octets that make an encoded word of 72
	if s == ascii(s) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		n := min(chunk, len(s))
		for n < len(s) && !utf8.RuneStart(s[n]) {
			n--
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString("=?utf-8?B?" + base64.StdEncoding.EncodeToString([]byte(s[:n])) + "?=")
		s = s[n:]
	}
	return b.String()
}
