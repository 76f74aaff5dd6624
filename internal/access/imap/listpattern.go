package imap

import (
	"strings"

	"golang.org/x/text/unicode/norm"

	"tram/internal/mailstore"
)

// patterns are the compiled patterns of a LIST.
type patterns []*pattern

// maxPattern is longer than every mailbox name.
const maxPattern = mailstore.MaxNameBytes + 64

// everything are the patterns that match all names.
var everything = patterns{newPattern("*")}

// compilePatterns puts the reference in front of each pattern, decodes it and
// gives it the form that names have: who wrote a name in another one must find
// it (RFC 9051 5.1). What is not modified UTF-7, or longer than any name,
// matches nothing.
func (s *session) compilePatterns(reference string, list []string) patterns {
	var out patterns
	for _, text := range list {
		text, ok := s.dec.DecodeMailbox(reference + text)
		if text = norm.NFC.String(joinWildcards(text)); ok && len(text) <= maxPattern {
			out = append(out, newPattern(text))
		}
	}
	return out
}

// joinWildcards makes one wildcard of several in a row, which means the same.
func joinWildcards(text string) string {
	out := make([]byte, 0, len(text))
	for i := range len(text) {
		c, last := text[i], len(out)-1
		switch {
		case last < 0 || !isWildcard(c) || !isWildcard(out[last]):
			out = append(out, c)
		case c == '*':
			out[last] = c
		}
	}
	return string(out)
}

func isWildcard(c byte) bool { return c == '*' || c == '%' }

// reach reports whether a pattern can match the level that a prefix names, or
// something below it.
func (p patterns) reach(prefix string) bool {
	for _, one := range p {
		if strings.HasPrefix(one.fixed, prefix) || strings.HasPrefix(prefix, one.fixed) {
			return true
		}
	}
	return false
}

func (p patterns) match(name string) bool {
	for _, one := range p {
		if one.match(name) {
			return true
		}
	}
	return false
}

// placeWords is how many words have a bit for each place in a pattern.
const placeWords = (maxPattern + 64) / 64

// places is a set of places in a pattern, the one behind its end among them.
type places [placeWords]uint64

func (p *places) add(place int)      { p[place/64] |= 1 << (place % 64) }
func (p *places) has(place int) bool { return p[place/64]>>(place%64)&1 != 0 }

// pattern matches names: "*" stands for anything and "%" for anything within
// one level. It keeps the set of places that can have been reached, a bit for
// each, and takes a few steps for a letter of the name whatever the pattern is:
// one that is made to be slow is hardly slower than others.
type pattern struct {
	fixed string // what stands before the first wildcard
	rest  int    // the length of what stands behind it, in which places are

	words  int         // of a set of places that are used
	stars  places      // of "*"
	wild   places      // of "*" and "%"
	letter [256]uint16 // index in of, for each byte
	of     []places    // of a letter; the first set is empty
}

// newPattern compiles a pattern whose wildcards were joined.
func newPattern(text string) *pattern {
	p := &pattern{fixed: text, of: make([]places, 1)}
	first := strings.IndexAny(text, "*%")
	if first < 0 {
		return p
	}
	rest := text[first:]
	p.fixed, p.rest, p.words = text[:first], len(rest), len(rest)/64+1
	for i := range len(rest) {
		c := rest[i]
		if isWildcard(c) {
			p.wild.add(i)
			if c == '*' {
				p.stars.add(i)
			}
			continue
		}
		if p.letter[c] == 0 {
			p.letter[c] = uint16(len(p.of))
			p.of = append(p.of, places{})
		}
		p.of[p.letter[c]].add(i)
	}
	return p
}

func (p *pattern) match(name string) bool {
	name, ok := strings.CutPrefix(name, p.fixed)
	switch {
	case !ok:
		return false
	case p.rest == 0:
		return name == ""
	case p.rest == 1 && p.stars[0] == 1:
		return true
	}
	here := places{0b11} // before the first wildcard, and behind it: it can stand for nothing
	for i := range len(name) {
		if !p.step(&here, name[i]) {
			return false
		}
	}
	return here.has(p.rest)
}

// step goes on by one letter of the name, and reports whether that is possible.
func (p *pattern) step(here *places, c byte) bool {
	stays := &p.wild
	if c == '/' {
		stays = &p.stars
	}
	moves := &p.of[p.letter[c]]
	var carry, skipped, alive uint64
	for w := range p.words {
		next := here[w]&stays[w] | here[w]&moves[w]<<1 | carry
		carry = here[w] & moves[w] >> 63
		// A wildcard can stand for nothing. Behind it stands none.
		skips := next & p.wild[w]
		here[w] = next | skips<<1 | skipped
		skipped = skips >> 63
		alive |= here[w]
	}
	return alive != 0
}
