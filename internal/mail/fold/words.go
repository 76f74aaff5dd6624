package fold

import (
	"bytes"
	"unicode/utf8"
)

const (
	// MaxTerm is the length of the longest term, in bytes.
	MaxTerm = 64
	// pieceStep is the distance of the pieces of a longer word. Whatever is not
	// longer than MaxPart lies within one piece.
	pieceStep = MaxTerm / 2
	// MaxPart is the length up to which a part of a word is part of a term.
	MaxPart = MaxTerm - pieceStep + 1
	// MaxWord is the length of a word, in bytes, that is too much for an index.
	MaxWord = 4 << 10
)

// Words cuts text into terms. Set Term, write the text in chunks that end
// between characters, and call Break where a piece of text ends.
type Words struct {
	// Term takes a term in bare form, or (marked) the cased form of a word that
	// has marks; the slice is valid until it returns. A term may come many times.
	Term func(term []byte, marked bool)
	// TooLong says that a word was longer than MaxWord: the terms do not tell
	// all of the text.
	TooLong bool

	buf    []byte // cased: the unfinished word, then the chunk
	paired bool   // buf begins with a dense character that is in a pair already
	bare   []byte
}

// Write takes the next chunk of UTF-8 text.
func (w *Words) Write(chunk []byte) {
	if !w.paired && IsASCII(chunk) {
		w.writeASCII(chunk)
		return
	}
	w.buf = AppendCased(w.buf, chunk)
	w.cut(false)
}

// asciiLetters has the cased form of letters and digits, 1 for connectors, and
// 0 for everything else.
var asciiLetters = func() (t [256]byte) {
	for c, class := range asciiClasses {
		switch class {
		case letter:
			t[c] = AppendCased(nil, []byte{byte(c)})[0]
		case connector:
			t[c] = 1
		}
	}
	return t
}()

// writeASCII is Write for most of the mail there is.
func (w *Words) writeASCII(chunk []byte) {
	word := w.buf // the connector at its end, if any, has nothing behind it yet
	for _, c := range chunk {
		switch u := asciiLetters[c]; {
		case u > 1:
			word = append(word, u)
		case len(word) == 0:
		case u == 1 && !endsConnected(word):
			word = append(word, c)
		default:
			if endsConnected(word) {
				word = word[:len(word)-1]
			}
			w.word(word)
			word = word[:0]
		}
	}
	w.keep(word)
}

// endsConnected reports whether a word has a connector at its end.
func endsConnected(word []byte) bool { return asciiLetters[word[len(word)-1]] == 1 }

// Break ends a piece of text: nothing goes on behind it.
func (w *Words) Break() { w.cut(true) }

// cut gives the terms of the buffer, and keeps what may go on in the next chunk.
func (w *Words) cut(final bool) {
	p, rest := w.buf, w.buf[:0]
	for a, ok := nextAtom(p, 0); ok; a, ok = nextAtom(p, a.end) {
		open := !final && unfinished(p, a)
		switch {
		case a.dense:
			last := w.pairs(p[a.start:a.end])
			if w.paired = open; open {
				rest = p[a.start+last:]
			}
		case open:
			rest = p[a.start:]
		default:
			w.word(p[a.start:a.end])
		}
	}
	w.keep(rest)
}

// keep leaves the unfinished end of the buffer for the next chunk.
func (w *Words) keep(rest []byte) {
	if len(rest) > MaxWord {
		w.TooLong, rest = true, nil
	}
	w.buf = append(w.buf[:0], rest...)
}

// unfinished reports whether an atom may go on behind p.
func unfinished(p []byte, a atom) bool {
	if rest := p[a.end:]; len(rest) == 1 && !a.dense {
		return asciiClasses[rest[0]&0x7f] == connector
	}
	return a.end == len(p)
}

// word gives the terms of a word.
func (w *Words) word(word []byte) {
	if IsASCII(word) {
		w.pieces(word, false)
		return
	}
	w.bare = AppendBare(w.bare[:0], word)
	w.pieces(w.bare, false)
	if !bytes.Equal(w.bare, word) {
		w.pieces(word, true)
	}
}

// pieces gives a word, cut when it is long.
func (w *Words) pieces(word []byte, marked bool) {
	for len(word) > MaxTerm {
		w.Term(word[:MaxTerm], marked)
		word = word[pieceStep:]
	}
	w.Term(word, marked)
}

// pairs gives each two neighbours of a row of dense characters, and returns
// where the last one begins.
func (w *Words) pairs(row []byte) (last int) {
	_, size := utf8.DecodeRune(row)
	if size == len(row) {
		if !w.paired {
			w.Term(row, false)
		}
		return 0
	}
	for last+size < len(row) {
		_, next := utf8.DecodeRune(row[last+size:])
		w.Term(row[last:last+size+next], false)
		last, size = last+size, next
	}
	return last
}
