package imap

import (
	"strings"

	"tram/internal/mailstore"
)

// patterns are the compiled patterns of a LIST.
type patterns []string

// maxPattern is longer than every mailbox name.
const maxPattern = mailstore.MaxNameBytes + 64

// compilePatterns puts the reference in front of each pattern and decodes it.
// What is not modified UTF-7, or longer than any name, matches nothing.
func (s *session) compilePatterns(reference string, list []string) patterns {
	var out patterns
	for _, p := range list {
		p, ok := s.dec.DecodeMailbox(reference + p)
		if ok && len(p) <= maxPattern {
			out = append(out, p)
		}
	}
	return out
}

// reach reports whether a pattern can match the level that a prefix names, or
// something below it.
func (p patterns) reach(prefix string) bool {
	for _, pattern := range p {
		fixed := pattern[:strings.IndexAny(pattern+"*", "*%")]
		if strings.HasPrefix(fixed, prefix) || strings.HasPrefix(prefix, fixed) {
			return true
		}
	}
	return false
}

func (p patterns) match(name string) bool {
	for _, pattern := range p {
		if matchPattern(pattern, name) {
			return true
		}
	}
	return false
}

// matchPattern matches a name against a pattern in which "*" stands for
// anything and "%" for anything within one level. It keeps the set of places
// in the pattern that can have been reached, so that no pattern takes more than
// length times length steps.
func matchPattern(pattern, name string) bool {
	if pattern == "*" || pattern == name {
		return true
	}
	reached := make([]bool, len(pattern)+1)
	next := make([]bool, len(pattern)+1)
	reached[0] = true
	skipWildcards(pattern, reached)
	for i := range len(name) {
		clear(next)
		alive := false
		for j, here := range reached[:len(pattern)] {
			if !here {
				continue
			}
			switch c := pattern[j]; {
			case c == '*', c == '%' && name[i] != '/':
				next[j] = true
			case c == name[i] && c != '%':
				next[j+1] = true
			default:
				continue
			}
			alive = true
		}
		if !alive {
			return false
		}
		skipWildcards(pattern, next)
		reached, next = next, reached
	}
	return reached[len(pattern)]
}

// skipWildcards lets wildcards stand for nothing.
func skipWildcards(pattern string, reached []bool) {
	for j := range len(pattern) {
		if reached[j] && (pattern[j] == '*' || pattern[j] == '%') {
			reached[j+1] = true
		}
	}
}
