package message

import (
	"bytes"
	"io"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// AppendFolded appends UTF-8 text in the form in which IMAP compares it: title
// case, decomposed (i;unicode-casemap, RFC 5051). Search keys and sort keys that
// are equal in this form are equal.
func AppendFolded(dst, text []byte) []byte {
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			if c >= 'a' && c <= 'z' {
				c -= 'a' - 'A'
			}
			dst = append(dst, c)
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		var title [utf8.UTFMax]byte
		n := utf8.EncodeRune(title[:], unicode.ToTitle(r))
		if d := norm.NFKD.Properties(title[:n]).Decomposition(); d != nil {
			dst = append(dst, d...)
		} else {
			dst = append(dst, title[:n]...)
		}
		i += size
	}
	return dst
}

// Search looks for one string in many texts, without regard to case. It may be
// used by one goroutine at a time.
type Search struct {
	key    []byte // folded
	window []byte // folded text: the end of the last chunk, then the next one
}

// NewSearch prepares a search for key, UTF-8. The empty key is in every text.
func NewSearch(key string) *Search {
	return &Search{key: AppendFolded(nil, []byte(key))}
}

// In reports whether the key is in text, UTF-8.
func (s *Search) In(text []byte) bool {
	s.window = AppendFolded(s.window[:0], text)
	return bytes.Contains(s.window, s.key)
}

// InText reports whether the key is anywhere in a message: SEARCH TEXT.
func (s *Search) InText(r io.ReaderAt, t PartTable) (bool, error) {
	return s.in(r, t, headersToo)
}

// InBody reports whether the key is in the body of a message: SEARCH BODY.
func (s *Search) InBody(r io.ReaderAt, t PartTable) (bool, error) {
	return s.in(r, t, bodiesOnly)
}

func (s *Search) in(r io.ReaderAt, t PartTable, scope textScope) (bool, error) {
	if len(s.key) == 0 {
		return true, nil
	}
	found := false
	s.window = s.window[:0]
	err := walkText(r, t, scope, func(_ bool, chunk []byte) bool {
		found = s.feed(chunk)
		return !found
	})
	return found, err
}

// feed takes the next chunk of a text; an empty one ends a piece of it.
func (s *Search) feed(chunk []byte) bool {
	if len(chunk) == 0 {
		s.window = s.window[:0]
		return false
	}
	keep := min(len(s.window), len(s.key)-1)
	s.window = append(s.window[:0], s.window[len(s.window)-keep:]...)
	s.window = AppendFolded(s.window, chunk)
	return bytes.Contains(s.window, s.key)
}
