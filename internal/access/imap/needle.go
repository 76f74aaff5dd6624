package imap

import (
	"bytes"

	"tram/internal/mail/fold"
)

// needle is a text that is searched for. Texts are compared by i;unicode-casemap
// (RFC 5051), so that É is found by é; a needle without accents finds letters
// with and without them, one that has some means them (see package fold). Both
// sides are UTF-8.
type needle struct {
	fold.Needle
	text  string // as it came
	ascii bool   // Folded is ASCII
	blank bool   // it has a blank
	word  bool   // it is made of ASCII letters and digits
	rare  int    // index of its least common byte

	squeezed *needle // with one space for each row of blanks; nil without blanks
}

func newNeedle(text string) *needle { return needleOf(text, fold.NewNeedle(text)) }

// needleOf is a needle in a form that was chosen.
func needleOf(text string, form fold.Needle) *needle {
	n := &needle{Needle: form, text: text}
	n.ascii = fold.IsASCII(n.Folded)
	n.blank = bytes.ContainsAny(n.Folded, " \t\r\n")
	n.word = true
	for i, c := range n.Folded {
		n.word = n.word && ('A' <= c && c <= 'Z' || '0' <= c && c <= '9')
		if commonness(c) < commonness(n.Folded[n.rare]) {
			n.rare = i
		}
	}
	if n.blank {
		n.squeezed = n
		if one := squeezeBlanks(bytes.Clone(n.Folded)); !bytes.Equal(one, n.Folded) {
			n.squeezed = needleOf(text, fold.Needle{Folded: one, Marked: n.Marked})
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
func (n *needle) inText(text []byte, room *foldRoom) bool {
	if len(n.Folded) == 0 {
		return true
	}
	if fold.IsASCII(text) {
		return n.ascii && n.inASCII(text)
	}
	form := textForm{room: room}
	room.text = form.append(n, room.text[:0], text)
	return bytes.Contains(room.text, n.Folded)
}

// inASCII looks for an ASCII needle without regard to case. It jumps from one
// occurrence of the rarest byte to the next.
func (n *needle) inASCII(text []byte) bool {
	if len(n.Folded) == 0 {
		return true
	}
	last := len(text) - len(n.Folded)
	if last < 0 {
		return false
	}
	upper := n.Folded[n.rare]
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
		equal, compared := equalFolded(text[at:at+len(n.Folded)], n.Folded)
		if equal {
			return true
		}
		if budget -= compared; budget < 0 {
			// Text and needle are made to be slow: take the way that is linear
			// whatever they are.
			return bytes.Contains(bytes.ToUpper(text[at:]), n.Folded)
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

// foldRoom is memory for texts in other forms, of one goroutine: needles are used
// by several.
type foldRoom struct{ text, cased []byte }

// textForm turns a text that comes in pieces into the form in which a needle is
// looked for.
type textForm struct {
	strip fold.Stripper
	room  *foldRoom
}

// append appends the next piece.
func (f *textForm) append(n *needle, dst, text []byte) []byte {
	if n.Marked {
		return fold.AppendCased(dst, text)
	}
	f.room.cased = fold.AppendCased(f.room.cased[:0], text)
	return f.strip.Append(dst, f.room.cased)
}

// needleStream looks for a needle in a text that comes in chunks.
type needleStream struct {
	needle *needle
	form   textForm // with its room
	buf    []byte   // folded: the end of the last chunk and this one
	found  bool
}

// write takes the next chunk, and returns false when no more is needed. An empty
// chunk separates texts: nothing matches across.
func (s *needleStream) write(chunk []byte) bool {
	if len(chunk) == 0 {
		s.form.strip, s.buf = fold.Stripper{}, s.buf[:0]
		return true
	}
	s.buf = s.form.append(s.needle, s.buf, chunk)
	if bytes.Contains(s.buf, s.needle.Folded) {
		s.found = true
		return false
	}
	if keep := len(s.needle.Folded) - 1; len(s.buf) > keep {
		s.buf = s.buf[:copy(s.buf, s.buf[len(s.buf)-keep:])]
	}
	return true
}
