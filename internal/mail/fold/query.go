package fold

import (
	"bytes"
	"unicode/utf8"
)

// Term is a part of what is searched for, as an index can find it.
type Term struct {
	Text   []byte
	Left   bool // a term of the text begins with it
	Right  bool // a term of the text ends with it; with Left: it is the term
	Marked bool // it is among the cased forms of words with marks
}

// Query is what an index knows to do with a needle. A text that has the needle
// has, for each of Terms, a term that matches it.
type Query struct {
	Terms []Term
	Whole bool // Terms is one term, and a text that has it has the needle
}

// maxQueryTerms is how many terms of a needle are looked up. Any of them give
// candidates; more do not make them much better.
const maxQueryTerms = 16

// Needle is a text to look for.
type Needle struct {
	Folded []byte // in the form in which texts are searched
	Marked bool   // that is the cased form, as for a needle with marks; else the bare form
}

// NewNeedle folds a text to look for.
func NewNeedle(text string) Needle {
	cased := AppendCased(nil, []byte(text))
	n := Needle{Folded: cased}
	if !IsASCII(cased) {
		r, _ := utf8.DecodeRune(cased)
		// A mark at the beginning is on a letter that is not known.
		n.Marked = isMark(r) || !bytes.Equal(AppendBare(nil, cased), cased)
	}
	return n
}

// Exact returns a text to look for in the cased form, whether it has marks or
// not: it does not find what has more of them.
func Exact(text string) Needle { return Needle{Folded: AppendCased(nil, []byte(text)), Marked: true} }

// Bare returns a text to look for without its marks.
func Bare(text string) Needle { return Needle{Folded: AppendBare(nil, AppendCased(nil, []byte(text)))} }

// Words returns the words of a needle, each a needle of its own. Of a row of
// dense characters all make one.
func (n Needle) Words() []Needle {
	var words []Needle
	for a, ok := nextAtom(n.Folded, 0); ok; a, ok = nextAtom(n.Folded, a.end) {
		words = append(words, Needle{Folded: n.Folded[a.start:a.end], Marked: n.Marked})
	}
	return words
}

// Query cuts a needle into terms. Without any, an index cannot help.
func (n Needle) Query() Query {
	var q Query
	for a, ok := nextAtom(n.Folded, 0); ok; a, ok = nextAtom(n.Folded, a.end) {
		whole := a.start == 0 && a.end == len(n.Folded)
		switch {
		case a.dense:
			q.addRow(n.Folded[a.start:a.end], whole)
		default:
			q.addWord(n, a, whole)
		}
	}
	if len(q.Terms) > maxQueryTerms {
		q.Terms = q.Terms[:maxQueryTerms]
	}
	return q
}

// addWord adds the terms of a word of the needle.
func (q *Query) addWord(n Needle, a atom, whole bool) {
	text := n.Folded[a.start:a.end]
	t := Term{Text: text, Left: closedLeft(n.Folded, a.start), Right: closedRight(n.Folded, a.end)}
	if n.Marked {
		if r, _ := utf8.DecodeRune(text); isMark(r) && a.start == 0 {
			return // on a letter that is not known
		}
		t.Marked = !bytes.Equal(AppendBare(nil, text), text)
	}
	switch {
	case len(text) <= MaxPart:
		// The bare term of a word says nothing of the marks that it has.
		q.Whole = whole && t.Marked == n.Marked
		q.Terms = append(q.Terms, t)
	case t.Left && t.Right && len(text) <= MaxTerm:
		q.Terms = append(q.Terms, t)
	default: // the word of the text may be cut into pieces
		head, tail := t, t
		head.Text, head.Right = text[:MaxPart], false
		tail.Text, tail.Left = text[len(text)-MaxPart:], false
		q.Terms = append(q.Terms, head, tail)
	}
}

// addRow adds the pairs of a row of dense characters.
func (q *Query) addRow(row []byte, whole bool) {
	_, size := utf8.DecodeRune(row)
	if size == len(row) {
		q.Terms = append(q.Terms, Term{Text: row})
		q.Whole = whole
		return
	}
	for at := 0; at+size < len(row); {
		_, next := utf8.DecodeRune(row[at+size:])
		pair := row[at : at+size+next]
		q.Terms = append(q.Terms, Term{Text: pair, Left: true, Right: true})
		q.Whole = whole && len(pair) == len(row)
		at, size = at+size, next
	}
}

// closedLeft reports whether the word at start begins there in every text that
// has the needle: something other than a connector is before it, or a connector
// that cannot connect.
func closedLeft(p []byte, start int) bool {
	if start == 0 {
		return false
	}
	return start > 1 || asciiClass(p[0]) != connector
}

// closedRight is closedLeft for the end of a word.
func closedRight(p []byte, end int) bool {
	rest := p[end:]
	return len(rest) > 1 || len(rest) == 1 && asciiClass(rest[0]) != connector
}

// asciiClass is the class of an ASCII character, gap for any other byte.
func asciiClass(c byte) class {
	if c < utf8.RuneSelf {
		return asciiClasses[c]
	}
	return gap
}
