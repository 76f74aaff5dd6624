package imap

import (
	"tram/internal/mail/fold"
	"tram/internal/mailstore"
)

// Scores of a FUZZY match (RFC 6203 4).
const (
	scoreExact = 100 // as it was typed, but for the case of letters
	scoreBare  = 80  // with other accents
	scoreWords = 50  // all of its words, somewhere
)

// fuzzyKey is a string inside FUZZY: it also finds texts with other accents, and
// those that have its words in other places.
type fuzzyKey struct {
	forms []fuzzyForm // each finds all that the one before finds
}

// fuzzyForm is one way to match.
type fuzzyForm struct {
	key
	score int
}

// newFuzzyKey makes the key of what would be find(n) outside FUZZY.
func newFuzzyKey(n *needle, find func(*needle) key) key {
	bare := fold.Bare(n.text)
	forms := []fuzzyForm{
		{find(needleOf(n.text, fold.Exact(n.text))), scoreExact},
		{find(needleOf(n.text, bare)), scoreBare},
	}
	if words := bare.Words(); 1 < len(words) && len(words) <= maxFuzzyWords {
		var all []key
		for _, w := range words {
			all = append(all, find(needleOf(string(w.Folded), w)))
		}
		forms = append(forms, fuzzyForm{and(all), scoreWords})
	}
	return &fuzzyKey{forms}
}

// maxFuzzyWords is how many words are looked for one by one: each may have to
// read the message.
const maxFuzzyWords = 16

func (k *fuzzyKey) want() (w mailstore.Want) {
	for _, f := range k.forms {
		w |= f.want()
	}
	return w
}

func (k *fuzzyKey) cost() int { return costBody }

func (k *fuzzyKey) eval(c *candidate) verdict {
	if v := k.forms[len(k.forms)-1].eval(c); v == mismatch {
		return v // the widest form
	}
	for _, f := range k.forms {
		switch f.eval(c) {
		case matched:
			c.rank(f.score)
			return matched
		case unknown:
			return unknown
		}
	}
	return mismatch
}

// rank notes how well a message matches: by its best fuzzy key.
func (c *candidate) rank(score int) {
	if c.scores == nil {
		c.scores = map[uint32]int{}
	}
	index := uint32(c.index)
	c.scores[index] = max(c.scores[index], score)
}
