package message

import (
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Limits of a preview (RFC 8970 3.3 allows 256 characters at most and asks for
// 200). The others bound what one message may cost.
const (
	MaxPreview = 200 // characters

	maxPreviewParts  = 20        // parts that are looked at
	maxPreviewHeader = 16 << 10  // octets of a part's header
	maxPreviewSource = 128 << 10 // octets of text, with its markup
)

// Preview gives the beginning of what a message says, as a list of messages
// shows it: at most MaxPreview characters of UTF-8 on one line, from the first
// text/plain part that has any, else from the first text/html part, without
// markup, quoted lines and signature. It is empty when there is nothing to
// show, as of encrypted mail. The error is r's.
func Preview(r io.ReaderAt, t PartTable) (string, error) {
	plain, rich, err := previewParts(r, t)
	if err != nil {
		return "", err
	}
	for i := range plain {
		text, err := previewSource(r, &plain[i])
		if err != nil {
			return "", err
		}
		if p := previewPlain(text); p != "" {
			return p, nil
		}
	}
	for i := range rich {
		text, err := previewSource(r, &rich[i])
		if err != nil {
			return "", err
		}
		if p := previewHTML(text); p != "" {
			return p, nil
		}
	}
	return "", nil
}

// previewParts finds the parts that the message itself says something in: not
// attachments, and not what embedded messages say.
func previewParts(r io.ReaderAt, t PartTable) (plain, rich []Part, err error) {
	embedded := -1 // depth of the embedded message that the walk is in
	left := maxPreviewParts
	t.Walk(func(depth int, p *Part) bool {
		if embedded >= 0 && depth > embedded {
			return true
		}
		embedded = -1
		if p.Kind == Embedded {
			embedded = depth
		}
		if p.Kind != Leaf || !p.Text || p.Attached || p.Encoding == Unknown {
			return true
		}
		var subtype string
		if subtype, err = textSubtype(r, p); err != nil {
			return false
		}
		switch subtype {
		case "plain":
			plain = append(plain, *p)
		case "html":
			rich = append(rich, *p)
		}
		left--
		return left > 0
	})
	return plain, rich, err
}

// textSubtype reads the header of a part whose type is text.
func textSubtype(r io.ReaderAt, p *Part) (string, error) {
	header := make([]byte, min(p.BodyStart-p.HeaderStart, maxPreviewHeader))
	if err := readFull(r, header, p.HeaderStart); err != nil {
		return "", err
	}
	value, ok := FieldValue(header, "Content-Type")
	if !ok {
		return "plain", nil
	}
	ct := ParseContentType(value)
	return strings.ToLower(ct.Subtype), nil
}

// previewSource reads the beginning of a part's text.
func previewSource(r io.ReaderAt, p *Part) (string, error) {
	raw, err := OpenPart(r, *p)
	if err != nil {
		return "", nil //nolint:nilerr // an encoding that nobody knows has nothing to show
	}
	source := &errorKeeper{r: raw}
	var text strings.Builder
	// What a charset cannot make sense of ends the text; the reader's own
	// errors are not to be taken for an end.
	_, _ = io.Copy(&text, io.LimitReader(NewCharsetReader(source, string(p.Charset)), maxPreviewSource))
	return text.String(), source.err
}

// previewPlain leaves out quoted lines and what follows the signature mark
// (RFC 3676 4.3), unless that is all there is.
func previewPlain(text string) string {
	if strings.HasPrefix(strings.TrimSpace(text), "-----BEGIN PGP MESSAGE-----") {
		return ""
	}
	var own, quoted previewLine
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case line == "-- " || line == "--":
			return cmpPreview(own, quoted)
		case strings.HasPrefix(line, ">"):
			quoted.add(strings.TrimLeft(line, "> "))
		default:
			own.add(line)
		}
		quoted.add(" ")
		if own.add(" "); own.full() {
			break
		}
	}
	return cmpPreview(own, quoted)
}

func cmpPreview(own, quoted previewLine) string {
	if p := own.String(); p != "" {
		return p
	}
	return quoted.String()
}

// previewHTML leaves out the tags, and what nobody sees.
func previewHTML(text string) string {
	z := html.NewTokenizer(strings.NewReader(text))
	var line previewLine
	for !line.full() {
		switch z.Next() {
		case html.ErrorToken:
			return line.String()
		case html.TextToken:
			line.add(html.UnescapeString(string(z.Raw())))
		case html.StartTagToken:
			name, _ := z.TagName()
			if a := atom.Lookup(name); hiddenElement(a) && !skipElement(z, a) {
				return line.String()
			}
			line.tag(name)
		case html.EndTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			line.tag(name)
		}
	}
	return line.String()
}

func hiddenElement(a atom.Atom) bool {
	switch a {
	case atom.Script, atom.Style, atom.Title, atom.Template, atom.Noscript, atom.Svg, atom.Object, atom.Select:
		return true
	}
	return false
}

// skipElement passes over everything up to the end of an element.
func skipElement(z *html.Tokenizer, a atom.Atom) bool {
	for {
		switch z.Next() {
		case html.ErrorToken:
			return false
		case html.EndTagToken:
			if name, _ := z.TagName(); atom.Lookup(name) == a {
				return true
			}
		}
	}
}

// previewLine collects text with its blanks made single.
type previewLine struct {
	text  strings.Builder
	runes int
	blank bool // one stands before the next character
}

func (l *previewLine) full() bool { return l.runes >= MaxPreview }

// tag separates words where a tag does: inline ones stand inside of words.
func (l *previewLine) tag(name []byte) {
	switch atom.Lookup(name) {
	case atom.A, atom.B, atom.Em, atom.Font, atom.I, atom.Small, atom.Span, atom.Strong, atom.U, atom.Sub, atom.Sup, atom.Wbr:
	default:
		l.add(" ")
	}
}

func (l *previewLine) add(s string) {
	for i := 0; i < len(s) && !l.full(); {
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		switch {
		case unicode.IsSpace(r):
			l.blank = l.runes > 0
			continue
		case r == utf8.RuneError && size <= 1, unicode.IsControl(r), invisible(r):
			continue
		}
		if l.blank {
			l.blank = false
			l.text.WriteByte(' ')
			if l.runes++; l.full() {
				return
			}
		}
		l.text.WriteRune(r)
		l.runes++
	}
}

func (l *previewLine) String() string { return strings.TrimRight(l.text.String(), " ") }

// invisible reports characters that newsletters fill their first lines with so
// that a preview shows nothing else.
func invisible(r rune) bool {
	switch r {
	case 0x00AD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180E, 0x2060, 0x2800, 0x3164, 0xFEFF, 0xFFA0:
		return true
	}
	return r >= 0x200B && r <= 0x200F || r >= 0x202A && r <= 0x202E || r >= 0x2061 && r <= 0x206F
}
