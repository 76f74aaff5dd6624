package imap

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// needle is a text that is searched for, compared by i;unicode-casemap (RFC
// 5051): characters are turned to title case and decomposed, so that É is found
// by é, but not by e. Both sides are UTF-8.
type needle struct {
	folded []byte
	ascii  bool // folded is ASCII
	blank  bool // it has a blank
	word   bool // it is made of ASCII letters and digits
	rare   int  // index of its least common byte

	scratch []byte
}

func newNeedle(text string) *needle {
	n := &needle{folded: appendFolded(nil, []byte(text))}
	n.ascii = isASCII(n.folded)
	n.blank = bytes.ContainsAny(n.folded, " \t")
	n.word = true
	for i, c := range n.folded {
		n.word = n.word && ('A' <= c && c <= 'Z' || '0' <= c && c <= '9')
		if commonness(c) < commonness(n.folded[n.rare]) {
			n.rare = i
		}
	}
	return n
}

// letterOrder is the letters of mail from the most to the least common.
const letterOrder = "ETAOINSRHLDCUMPFGYBWVKXJQZ"

// commonness is how often a byte stands in mail, roughly.
func commonness(c byte) int {
	if i := bytes.IndexByte([]byte(letterOrder), c); i >= 0 {
		return 40 - i
	}
	switch {
	case c == ' ', c == '-', c == '=':
		return 50
	case '0' <= c && c <= '9', c == '.', c == '/', c == ':', c == '<', c == '>':
		return 30
	}
	return 10
}

// inText looks for the needle in a text.
func (n *needle) inText(text []byte) bool {
	if len(n.folded) == 0 {
		return true
	}
	if isASCII(text) {
		return n.ascii && n.inASCII(text)
	}
	n.scratch = appendFolded(n.scratch[:0], text)
	return bytes.Contains(n.scratch, n.folded)
}

// inASCII looks for an ASCII needle without regard to case. It jumps from one
// occurrence of the rarest byte to the next.
func (n *needle) inASCII(text []byte) bool {
	if len(n.folded) == 0 {
		return true
	}
	last := len(text) - len(n.folded)
	if last < 0 {
		return false
	}
	upper := n.folded[n.rare]
	lower := upper
	if 'A' <= upper && upper <= 'Z' {
		lower += 'a' - 'A'
	}
	// window is where the rare byte can stand.
	window := text[n.rare : n.rare+last+1]
	budget := 4 * len(text) // bytes that may be compared in vain
	nextUpper, nextLower := -1, -1
	if upper == lower {
		nextLower = len(window)
	}
	for at := 0; at < len(window); {
		nextUpper = nextFrom(window, at, nextUpper, upper)
		nextLower = nextFrom(window, at, nextLower, lower)
		at = min(nextUpper, nextLower)
		if at == len(window) {
			return false
		}
		equal, compared := equalFolded(text[at:at+len(n.folded)], n.folded)
		if equal {
			return true
		}
		if budget -= compared; budget < 0 {
			// Text and needle are made to be slow: take the way that is linear
			// whatever they are.
			return bytes.Contains(bytes.ToUpper(text[at:]), n.folded)
		}
		at++
	}
	return false
}

// nextFrom is the index of the next c in p from at on, when known is behind it;
// len(p) when there is none.
func nextFrom(p []byte, at, known int, c byte) int {
	if known >= at {
		return known
	}
	if i := bytes.IndexByte(p[at:], c); i >= 0 {
		return at + i
	}
	return len(p)
}

// equalFolded compares text with folded text, and says how far it got.
func equalFolded(text, folded []byte) (equal bool, compared int) {
	for i, c := range text {
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		if c != folded[i] {
			return false, i + 1
		}
	}
	return true, len(text)
}

// appendFolded appends text in title case and decomposed.
func appendFolded(dst, text []byte) []byte {
	for len(text) > 0 {
		c := text[0]
		if c < utf8.RuneSelf {
			if 'a' <= c && c <= 'z' {
				c -= 'a' - 'A'
			}
			dst = append(dst, c)
			text = text[1:]
			continue
		}
		r, size := utf8.DecodeRune(text)
		text = text[size:]
		var buf [utf8.UTFMax]byte
		one := utf8.AppendRune(buf[:0], unicode.ToTitle(r))
		if parts := norm.NFKD.Properties(one).Decomposition(); parts != nil {
			dst = append(dst, parts...)
		} else {
			dst = append(dst, one...)
		}
	}
	return dst
}

func isASCII(p []byte) bool {
	for len(p) >= 8 {
		if (p[0]|p[1]|p[2]|p[3]|p[4]|p[5]|p[6]|p[7])&0x80 != 0 {
			return false
		}
		p = p[8:]
	}
	for _, c := range p {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// needleStream looks for a needle in a text that comes in chunks.
type needleStream struct {
	needle *needle
	buf    []byte // folded: the end of the last chunk and this one
	found  bool
}

// write takes the next chunk, and returns false when no more is needed. An empty
// chunk separates texts: nothing matches across.
func (s *needleStream) write(chunk []byte) bool {
	if len(chunk) == 0 {
		s.buf = s.buf[:0]
		return true
	}
	s.buf = appendFolded(s.buf, chunk)
	if bytes.Contains(s.buf, s.needle.folded) {
		s.found = true
		return false
	}
	if keep := len(s.needle.folded) - 1; len(s.buf) > keep {
		s.buf = s.buf[:copy(s.buf, s.buf[len(s.buf)-keep:])]
	}
	return true
}
