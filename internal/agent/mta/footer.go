package mta

import (
	"bytes"
	"crypto/rand"
	"mime/quotedprintable"
	"strings"

	"tram/internal/mail/message"
)

// A footer is put under mail that the accounts of a domain submit. It never
// changes a byte of what the user wrote:
//
//   - Under plain text that can hold it (7bit, 8bit or quoted-printable, in a
//     character set with room for it) it is written at the end.
//   - Other text, multipart/mixed, multipart/alternative and multipart/related
//     become the first part of a new multipart/mixed, and the footer its
//     second.
//   - Everything else goes without: signed and encrypted mail, reports,
//     attachments without text, mail with a DKIM signature, and what is
//     declared twice or cannot be read.

// wrapping is what is put around the body of a message.
type wrapping struct{ header, before, after []byte }

// addFooter says how a message with this header gets the footer. The header
// ends in its empty line. ok is false when it goes without.
func addFooter(header []byte, footer string) (w wrapping, ok bool) {
	c, ok := readContent(header)
	footer = crlf(footer)
	switch {
	case !ok || footer == "":
		return w, false
	case c.holds(footer):
		return wrapping{header: header, after: c.encode("\r\n" + footer)}, true
	case c.wraps():
		return c.wrap(header, footer), true
	}
	return w, false
}

// shape is what a header says about its body.
type shape struct {
	kind     message.ContentType
	encoding string
	mime     bool // there is a MIME-Version
}

// contentFields describe the body, and go with it when it becomes a part.
var contentFields = message.NewFieldSet("Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "Content-ID",
	"Content-Description", "Content-Language", "Content-Location", "Content-Base", "Content-Features", "Content-MD5", "Content-Duration")

func readContent(header []byte) (s shape, ok bool) {
	types, encodings := 0, 0
	s.kind = message.ParseContentType(nil)
	for f := range message.Fields(header) {
		switch {
		case f.Is("DKIM-Signature"), f.Is("ARC-Seal"):
			return s, false
		case f.Is("Content-Type"):
			types++
			s.kind = message.ParseContentType(f.Value)
		case f.Is("Content-Transfer-Encoding"):
			encodings++
			s.encoding = strings.ToLower(string(message.AppendUnfolded(nil, f.Value)))
		case f.Is("MIME-Version"):
			s.mime = true
		}
	}
	return s, types <= 1 && encodings <= 1 && s.encoding != "binary"
}

// holds reports whether the body is text under which the footer can be written.
func (s *shape) holds(footer string) bool {
	if s.kind.Type != "text" || s.kind.Subtype != "plain" {
		return false
	}
	charset := strings.ToLower(s.kind.Param("charset"))
	ascii := !hasEightBit([]byte(footer))
	switch s.encoding {
	case "", "7bit":
		return ascii && isSuperset(charset)
	case "8bit", "quoted-printable":
		return ascii && isSuperset(charset) || charset == "utf-8"
	}
	return false
}

// isSuperset reports whether ASCII text means itself in a character set.
func isSuperset(charset string) bool {
	for _, prefix := range [...]string{"us-ascii", "utf-8", "iso-8859-", "windows-125", "koi8-", "viscii"} {
		if strings.HasPrefix(charset, prefix) {
			return true
		}
	}
	return charset == ""
}

// wraps reports whether the body may become a part of another.
func (s *shape) wraps() bool {
	switch s.kind.Type {
	case "text":
		return true
	case "multipart":
		return s.kind.Subtype == "mixed" || s.kind.Subtype == "alternative" || s.kind.Subtype == "related"
	}
	return false
}

// encode writes the footer in the encoding of the body.
func (s *shape) encode(footer string) []byte {
	if s.encoding != "quoted-printable" {
		return []byte(footer)
	}
	return quotedPrintable(footer)
}

func quotedPrintable(text string) []byte {
	var b bytes.Buffer
	w := quotedprintable.NewWriter(&b)
	_, _ = w.Write([]byte(text)) // never fails on a buffer
	_ = w.Close()
	return b.Bytes()
}

// wrap makes the body the first part of a multipart/mixed.
func (s *shape) wrap(header []byte, footer string) wrapping {
	boundary := "=_" + rand.Text() // "=_" stands in no quoted-printable or base64 (RFC 2045 6.7)
	outer := contentFields.AppendNot(nil, header)
	outer = outer[:len(outer)-len("\r\n")]
	if !s.mime {
		outer = append(outer, "MIME-Version: 1.0\r\n"...)
	}
	outer = append(outer, "Content-Type: multipart/mixed; boundary=\""+boundary+"\"\r\n\r\n"...)

	before := append([]byte("--"+boundary+"\r\n"), contentFields.Append(nil, header)...)

	encoding := "7bit"
	text := []byte(footer)
	if hasEightBit(text) {
		encoding, text = "quoted-printable", quotedPrintable(footer)
	}
	after := []byte("\r\n--" + boundary + "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Disposition: inline\r\n" +
		"Content-Transfer-Encoding: " + encoding + "\r\n\r\n")
	after = append(append(after, text...), "\r\n--"+boundary+"--\r\n"...)
	return wrapping{outer, before, after}
}

// crlf is a text of an administrator as lines of a message.
func crlf(text string) string {
	text = strings.TrimRight(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	if text == "" {
		return ""
	}
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r", ""), "\n", "\r\n") + "\r\n"
}
