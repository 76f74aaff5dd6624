package message

import (
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// NewCharsetReader converts r from a charset to UTF-8. No input is an error:
// what cannot be converted becomes U+FFFD. Of an unknown charset the ASCII
// bytes are kept. Where none is declared (or US-ASCII, which many programs
// declare without thought), bytes above 127 are UTF-8 if they look like it, else
// what they look most like: windows-1252, or 1258, a Cyrillic or Greek alphabet,
// or one of the Far East.
func NewCharsetReader(r io.Reader, charset string) io.Reader {
	return transform.NewReader(r, decoderOf(charset))
}

// AppendUTF8 is NewCharsetReader for bytes in memory.
func AppendUTF8(dst []byte, charset string, p []byte) []byte {
	if isASCII(p) && asciiCompatible(charset) {
		return append(dst, p...)
	}
	if utf8.Valid(p) && (isUTF8(charset) || isUndeclared(charset)) {
		return append(dst, p...)
	}
	out, _, err := transform.Bytes(decoderOf(charset), p)
	if err != nil {
		out = []byte(strings.ToValidUTF8(string(p), "\uFFFD"))
	}
	return append(dst, out...)
}

func isASCII(p []byte) bool {
	for _, c := range p {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func isUTF8(charset string) bool {
	return strings.EqualFold(charset, "utf-8") || strings.EqualFold(charset, "utf8")
}

func isUndeclared(charset string) bool {
	return charset == "" || strings.EqualFold(charset, "us-ascii") || strings.EqualFold(charset, "ascii")
}

// asciiCompatible reports whether ASCII bytes mean themselves in a charset. It
// errs on the side of false.
func asciiCompatible(charset string) bool {
	if isUndeclared(charset) || isUTF8(charset) {
		return true
	}
	c := strings.ToLower(charset)
	return strings.HasPrefix(c, "iso-8859-") || strings.HasPrefix(c, "windows-125") || strings.HasPrefix(c, "koi8-")
}

// decoderOf finds the decoder of a charset by any of its names.
func decoderOf(charset string) transform.Transformer {
	name := charsetName(charset)
	if isUndeclared(name) {
		return &guess{}
	}
	if d := ownDecoder(name); d != nil {
		return d
	}
	if e, err := htmlindex.Get(name); err == nil && e != encoding.Replacement {
		return e.NewDecoder()
	}
	if e, err := ianaindex.MIME.Encoding(name); err == nil && e != nil {
		return e.NewDecoder()
	}
	if e, err := ianaindex.IANA.Encoding(name); err == nil && e != nil {
		return e.NewDecoder()
	}
	return asciiOnly{}
}

// ownDecoder knows the charsets that the tables of browsers lack, or read in
// another way than mail does.
func ownDecoder(name string) transform.Transformer {
	switch name {
	case "utf-16":
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder()
	case "utf-32", "ucs-4":
		return utf32.UTF32(utf32.BigEndian, utf32.UseBOM).NewDecoder()
	case "utf-32be":
		return utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM).NewDecoder()
	case "utf-32le":
		return utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM).NewDecoder()
	case "utf-7", "unicode-1-1-utf-7", "x-unicode-2-0-utf-7":
		return &utf7{}
	case "iso-2022-kr", "csiso2022kr":
		return newISO2022KR()
	case "iso-2022-cn", "iso-2022-cn-ext":
		return newISO2022CN()
	case "cp858", "ibm858", "ibm00858":
		return charmap.CodePage858.NewDecoder()
	case "viscii", "viscii1.1-1", "csviscii":
		return &tableDecoder{table: &viscii}
	case "tcvn", "tcvn-5712", "tcvn5712-1", "tcvn5712-1:1993", "x-viet-tcvn", "x-viet-tcvn5712":
		return transform.Chain(&tableDecoder{table: &tcvn}, norm.NFC)
	case "windows-1258", "cp1258", "x-cp1258":
		// Tones are marks of their own there; put them on their letters.
		e, _ := htmlindex.Get("windows-1258")
		return transform.Chain(e.NewDecoder(), norm.NFC)
	}
	return nil
}
