package imap

import (
	"slices"
	"time"

	"tram/internal/mailstore"
)

// search = "SEARCH" [SP search-return-opts] SP search-program
// (RFC 3501 6.4.4, RFC 4731, RFC 9051 6.4.4)
func (s *session) search() (string, error) { return s.searchMessages(false) }

// uidSearch = "UID" SP search
func (s *session) uidSearch() (string, error) { return s.searchMessages(true) }

func (s *session) searchMessages(byUID bool) (string, error) {
	d := s.dec
	var ret searchReturn
	p := s.newKeyParser()
	if !d.ExpectSP() || !ret.parse(d) {
		return "", p.failure()
	}
	text, err := s.runSearch(p, &ret, byUID)
	s.forgetSaved(&ret, err)
	return text, err
}

func (s *session) runSearch(p *keyParser, ret *searchReturn, byUID bool) (string, error) {
	if !p.charset() {
		return "", p.failure()
	}
	prog, ok := p.program()
	if !ok || !s.dec.ExpectCRLF() {
		return "", p.failure()
	}
	if err := s.checkReturn(ret, prog); err != nil {
		return "", err
	}
	if prog.modSeq {
		s.enableCondstore()
	}
	in := s.sel.target()
	set := prog.bind(in)
	among, cut := s.searched(prog, set, in)
	found, err := s.findAmong(prog, set, in, among)
	if err != nil {
		return "", err
	}
	if err := s.save(ret, in.view, found.indexes); err != nil {
		return "", err
	}
	r := searchResult{s: s, in: in, byUID: byUID, ret: *ret, prog: prog, scores: found.scores}
	if ret.given || s.on(enabledRev2) {
		r.writeExtended(found.indexes)
	} else {
		if cut != "" { // in the order in which they count (RFC 9738 3.1)
			slices.Reverse(found.indexes)
		}
		r.writePlain("* SEARCH", found.indexes)
	}
	if ret.update {
		text, err := s.keepInformed(&searchContext{tag: s.tag, byUID: byUID, prog: prog, set: set, news: ret.news}, found.indexes)
		return s.partly(cut, text), err
	}
	return s.partly(cut, "Search completed"), nil
}

// checkReturn refuses what does not go together.
func (s *session) checkReturn(ret *searchReturn, prog *program) error {
	switch {
	case ret.relevancy && !prog.fuzzy: // RFC 6203 4
		return bad("RELEVANCY needs a FUZZY search key")
	case ret.update && s.sel.contexts.has(s.tag): // RFC 5267 4.3
		return bad("Tag reuse")
	}
	return nil
}

// foundMessages is what a search has found: indexes in the view, in ascending
// order.
type foundMessages struct {
	indexes []uint32
	scores  map[uint32]int // by index, 1 to 100, for FUZZY (RFC 6203 4); nil without
}

// find evaluates a program in a mailbox. What flags, numbers, sizes and
// remembered dates can decide is decided from memory; records are read for the
// rest only, and bodies for what the index of words leaves.
func (s *session) find(prog *program, set *bound, in *target) (*foundMessages, error) {
	return s.findAmong(prog, set, in, mailstore.AllUIDs())
}

// findAmong is find among some messages only.
func (s *session) findAmong(prog *program, set *bound, in *target, among mailstore.UIDSet) (*foundMessages, error) {
	c := candidate{s: s, in: in, now: time.Now(), set: set}
	f := finder{prog: prog, c: &c, found: new(foundMessages)}
	if prog.dates {
		var err error
		if c.dates, err = s.knownDates(in); err != nil {
			return nil, err
		}
	}
	defer func() { f.found.scores = c.scores }()
	f.walk(intersect(among, prog.within(set)))
	if len(f.open) == 0 {
		return f.found, nil
	}
	if err := f.rememberDates(); err != nil || len(f.open) == 0 {
		return f.found, err
	}
	more, err := s.findInRecords(prog.key, &c, f.open)
	f.found.indexes = mergeSorted(f.found.indexes, more)
	return f.found, err
}

// finder is the part of a search that reads no records.
type finder struct {
	prog  *program
	c     *candidate
	found *foundMessages
	open  mailstore.UIDSet // messages that records have to decide about
}

// walk judges the messages of a set from the view.
func (f *finder) walk(among mailstore.UIDSet) {
	c, key, view := f.c, f.prog.key, f.c.in.view
	row := 0
	for _, r := range among {
		for first, block := range view.Blocks(view.Search(r.First)) {
			for i := range block {
				if block[i].UID > r.Last {
					break
				}
				c.index, c.entry = first+i, block[i]
				if c.dates != nil {
					row = c.seekDates(row)
				}
				switch key.eval(c) {
				case matched:
					f.found.indexes = append(f.found.indexes, uint32(c.index))
				case unknown:
					f.open = addUID(f.open, c.entry.UID)
				}
			}
			if block[len(block)-1].UID >= r.Last {
				break
			}
		}
	}
}

// mergeSorted joins two ascending lists.
func mergeSorted(a, b []uint32) []uint32 {
	if len(a) == 0 {
		return b
	}
	if len(b) == 0 {
		return a
	}
	out := make([]uint32, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if a[0] < b[0] {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
}
