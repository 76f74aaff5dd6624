package message

import (
	"bytes"
	"strings"
)

// AppendDecoded appends a raw field value as UTF-8: unfolded, the blanks around
// it trimmed, encoded words decoded (RFC 2047), stray bytes above 127 taken as
// UTF-8 or else windows-1252. Encoded words are decoded wherever they stand, also
// where RFC 2047 5 forbids them. The time is linear in the length of value.
func AppendDecoded(dst, value []byte) []byte {
	value = bytes.Trim(value, " \t\r\n")
	if bytes.IndexByte(value, '\n') >= 0 {
		value = appendUnbroken(make([]byte, 0, len(value)), value)
	}
	if !bytes.Contains(value, []byte("=?")) {
		return AppendUTF8(dst, "", value)
	}
	w := wordDecoder{in: value, out: dst}
	w.decode()
	return w.out
}

// DecodeText is AppendDecoded for a string.
func DecodeText(value []byte) string { return string(AppendDecoded(nil, value)) }

// wordDecoder decodes the encoded words of an unfolded value. Words of the same
// charset that follow each other are joined before the charset is undone,
// because many senders cut characters in two.
type wordDecoder struct {
	in, out []byte
	raw     []byte // decoded words that wait for their charset
	charset string // of raw
	noEnd   bool   // no "?=" is left
}

func (w *wordDecoder) decode() {
	plain := 0 // where the text since the last word begins
	for i := 0; ; {
		j := bytes.Index(w.in[i:], []byte("=?"))
		if j < 0 {
			break
		}
		i += j
		word, size := w.word(w.in[i:])
		if size == 0 {
			i += 2
			continue
		}
		between := w.in[plain:i]
		if len(w.raw) == 0 || len(bytes.TrimLeft(between, " \t")) > 0 {
			w.flush()
			w.out = AppendUTF8(w.out, "", between)
		} // RFC 2047 6.2: blanks between encoded words are not shown
		w.take(word)
		i += size
		plain = i
	}
	w.flush()
	w.out = AppendUTF8(w.out, "", w.in[plain:])
}

// encodedWord is =?charset?encoding?text?=.
type encodedWord struct {
	charset  string
	encoding byte // 'q' or 'b'
	text     []byte
}

// word reads the encoded word that p begins with. size is 0 when it is none.
func (w *wordDecoder) word(p []byte) (word encodedWord, size int) {
	const open = len("=?")
	n := bytes.IndexAny(p[open:min(len(p), open+maxCharset*2)], "? ")
	if n <= 0 || p[open+n] != '?' {
		return word, 0
	}
	rest := p[open+n+1:]
	if len(rest) < 2 || rest[1] != '?' || w.noEnd {
		return word, 0
	}
	if word.encoding = lower(rest[0]); word.encoding != 'q' && word.encoding != 'b' {
		return word, 0
	}
	end := bytes.Index(rest[2:], []byte("?="))
	if end < 0 {
		w.noEnd = true
		return word, 0
	}
	// RFC 2231 5: a language may follow the charset.
	word.charset, _, _ = strings.Cut(string(p[open:open+n]), "*")
	word.text = rest[2 : 2+end]
	return word, open + n + 1 + 2 + end + 2
}

// take undoes the transfer encoding of a word.
func (w *wordDecoder) take(word encodedWord) {
	if len(w.raw) > 0 && !strings.EqualFold(w.charset, word.charset) {
		w.flush()
	}
	w.charset = word.charset
	if word.encoding == 'b' {
		var d base64Decoder
		w.raw = d.append(w.raw, word.text, true)
		return
	}
	w.raw = appendQ(w.raw, word.text)
}

// flush appends the words that wait.
func (w *wordDecoder) flush() {
	if len(w.raw) > 0 {
		w.out = AppendUTF8(w.out, w.charset, w.raw)
		w.raw = w.raw[:0]
	}
}

// appendQ undoes the Q encoding (RFC 2047 4.2).
func appendQ(dst, text []byte) []byte {
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '_':
			c = ' '
		case c == '=' && i+2 < len(text):
			if b, ok := unhex(text[i+1], text[i+2]); ok {
				c = b
				i += 2
			}
		}
		dst = append(dst, c)
	}
	return dst
}
