package message

import (
	"bytes"
	"encoding/base64"
	"unicode/utf8"
)

// Internationalized reports whether a header is one of RFC 6532: it has UTF-8
// beyond ASCII, and nothing but UTF-8.
func Internationalized(header []byte) bool { return !isASCII(header) && utf8.Valid(header) }

// AppendSurrogate appends what a client that knows no internationalized mail is
// shown instead of a header that is, by the rules of RFC 6857:
//
//   - the words of texts and names become encoded words;
//   - an address beyond ASCII becomes an empty group that is called after it,
//     for nobody could answer to it: =?UTF-8?B?…?= :;
//   - parameters of MIME fields are encoded by RFC 2231;
//   - fields of which an ASCII form would mean something else, Message-ID for
//     one, are kept as text under the name Downgraded-….
//
// Fields of ASCII keep their bytes. It is linear.
func AppendSurrogate(dst, header []byte) []byte {
	rest := header
	for {
		f, after, ok := nextField(rest)
		if !ok {
			return append(dst, rest...) // the empty line
		}
		if rest = after; isASCII(f.Line) {
			dst = append(dst, f.Line...)
		} else {
			dst = appendSurrogateField(dst, &f)
		}
	}
}

func appendSurrogateField(dst []byte, f *Field) []byte {
	if len(f.Name) == 0 || !isASCII(f.Name) {
		return dst // nobody could read it
	}
	line := surrogateLine{dst: dst}
	switch {
	case isAddressField(f):
		line.begin(f.Name)
		line.addresses(f.Value)
	case f.Is("Content-Type"), f.Is("Content-Disposition"):
		line.begin(f.Name)
		line.params(f.Value)
	case f.Is("Message-ID"), f.Is("Resent-Message-ID"), f.Is("In-Reply-To"), f.Is("References"), f.Is("Return-Path"),
		f.Is("Received"), f.Is("Original-Recipient"), f.Is("Final-Recipient"), f.Is("Content-ID"):
		line.begin(append([]byte("Downgraded-"), f.Name...))
		line.text(f.Value)
	default:
		line.begin(f.Name)
		line.text(f.Value)
	}
	return append(line.dst, "\r\n"...)
}

func isAddressField(f *Field) bool {
	for _, name := range [...]string{"From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Resent-From", "Resent-Sender",
		"Resent-Reply-To", "Resent-To", "Resent-Cc", "Resent-Bcc", "Delivered-To", "Disposition-Notification-To"} {
		if f.Is(name) {
			return true
		}
	}
	return false
}

// surrogateLine writes one field and folds it.
type surrogateLine struct {
	dst   []byte
	start int // of the current line
}

const (
	foldAt = 76 // RFC 2047 2: a line with encoded words
	// wordOctets is how much text one encoded word takes: 60 characters of
	// base64, so that the word stays below 75.
	wordOctets = 45
)

func (l *surrogateLine) begin(name []byte) {
	l.start = len(l.dst)
	l.dst = append(append(l.dst, name...), ':')
}

// word appends a piece behind a blank, on a new line when it does not fit.
func (l *surrogateLine) word(p []byte) {
	if len(l.dst)-l.start+1+len(p) > foldAt && len(l.dst) > l.start {
		l.dst = append(l.dst, "\r\n"...)
		l.start = len(l.dst)
	}
	l.dst = append(append(l.dst, ' '), p...)
}

// encoded appends text as encoded words.
func (l *surrogateLine) encoded(text []byte) {
	for len(text) > 0 {
		n := min(len(text), wordOctets)
		for n < len(text) && n > wordOctets-utf8.UTFMax && !utf8.RuneStart(text[n]) {
			n--
		}
		var word [80]byte
		w := append(word[:0], "=?UTF-8?B?"...)
		w = base64.StdEncoding.AppendEncode(w, text[:n])
		l.word(append(w, "?="...))
		text = text[n:]
	}
}

// text appends the words of an unstructured value. From the first word beyond
// ASCII to the last one it is one run of encoded words: blanks between two of
// them belong to the text.
func (l *surrogateLine) text(value []byte) {
	words := bytes.Fields(AppendUnfolded(nil, value))
	first, last := -1, -1
	for i, w := range words {
		if !isASCII(w) {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	for i, w := range words {
		if i < first || i > last {
			l.word(w)
		} else if i == first {
			l.encoded(bytes.Join(words[first:last+1], []byte{' '}))
		}
	}
}

// addresses appends an address list. What cannot be understood is left out, as
// everywhere else ([ParseAddressList]).
func (l *surrogateLine) addresses(value []byte) {
	between := false // a comma is due before the next one
	grouped := false
	for _, a := range ParseAddressList(value) {
		if grouped = a.Kind == GroupStart || grouped && a.Kind != GroupEnd; a.Kind == GroupEnd {
			l.dst = append(l.dst, ';')
			between = true
			continue
		}
		if between {
			l.dst = append(l.dst, ',')
		}
		between = a.Kind == Mailbox
		l.phrase(AppendDecoded(nil, []byte(a.Name)))
		switch spec := a.Local + "@" + a.Domain; {
		case a.Kind == GroupStart:
			l.dst = append(l.dst, ':')
		case isASCII([]byte(spec)) && a.Name != "":
			l.word([]byte("<" + spec + ">"))
		case isASCII([]byte(spec)):
			l.word([]byte(spec))
		case grouped: // a group cannot hold another: the form of RFC 6858 2.1
			l.encoded([]byte(spec))
			l.word([]byte("<invalid@internationalized-address.invalid>"))
		default: // RFC 6857 3.1.8
			l.encoded([]byte(spec))
			l.dst = append(l.dst, " :;"...)
		}
	}
}

// phrase appends a name, quoted where it is ASCII.
func (l *surrogateLine) phrase(name []byte) {
	if len(name) == 0 {
		return
	}
	if !isASCII(name) {
		l.encoded(name)
		return
	}
	quoted := []byte{'"'}
	for _, c := range name {
		if c == '"' || c == '\\' {
			quoted = append(quoted, '\\')
		}
		if c >= ' ' && c != 0x7f {
			quoted = append(quoted, c)
		}
	}
	l.word(append(quoted, '"'))
}

// params appends the value of a MIME field, its parameters encoded where they
// are beyond ASCII (RFC 2231).
func (l *surrogateLine) params(value []byte) {
	head, _, _ := bytes.Cut(AppendUnfolded(nil, value), []byte{';'})
	if head = bytes.TrimSpace(head); !isASCII(head) {
		head = []byte("attachment")
	}
	l.word(head)
	_, params := ParseDisposition(value)
	if bytes.IndexByte(head, '/') >= 0 {
		t := ParseContentType(value)
		params = t.Params
	}
	for _, p := range params {
		if !isASCII([]byte(p.Name)) {
			continue
		}
		l.dst = append(l.dst, ';')
		l.word(appendParam(nil, p))
	}
}

func appendParam(dst []byte, p Param) []byte {
	dst = append(dst, p.Name...)
	if isASCII([]byte(p.Value)) {
		dst = append(dst, '=', '"')
		for _, c := range []byte(p.Value) {
			if c == '"' || c == '\\' {
				dst = append(dst, '\\')
			}
			dst = append(dst, c)
		}
		return append(dst, '"')
	}
	dst = append(dst, "*=UTF-8''"...)
	for _, c := range []byte(p.Value) {
		if isAttributeChar(c) {
			dst = append(dst, c)
		} else {
			dst = append(dst, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return dst
}

const upperHex = "0123456789ABCDEF"

// isAttributeChar reports whether a byte stands for itself in RFC 2231.
func isAttributeChar(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_'
}
