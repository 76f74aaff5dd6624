package textindex

import (
	"bytes"
	"slices"

	"tram/internal/mail/fold"
	"tram/internal/storage/kv"
)

// Found is what an index knows of a query, in UIDs. It has messages that are
// expunged meanwhile.
type Found struct {
	UIDs []Range // have all terms
	Open []Range // may have them: they are to be scanned
}

// Search returns the messages that have, in one of the texts of the scope, all
// of the terms; there is at least one. When few messages have some of the terms
// it does not look for the others.
func Search(r kv.Reader, prefix []byte, s *State, terms []fold.Term, scope Scope) (Found, error) {
	var found Found
	terms = rarestFirst(terms)
	for _, seg := range s.Segments {
		docs, err := readDocuments(r, prefix, seg)
		if err != nil {
			return Found{}, err
		}
		l := lookup{r: r, prefix: prefix, seg: seg, blocks: docs.blocks}
		has := newBitset(seg.Docs)
		for _, text := range [...]Scope{Header, Body} {
			if scope&text == 0 {
				continue
			}
			all, err := l.all(terms, text)
			if err != nil {
				return Found{}, err
			}
			has.or(all)
		}
		found.add(&docs, has)
	}
	return found, nil
}

// rarestFirst sorts terms by how many messages may have them: long ones are
// rare.
func rarestFirst(terms []fold.Term) []fold.Term {
	terms = slices.Clone(terms)
	slices.SortStableFunc(terms, func(a, b fold.Term) int { return len(b.Text) - len(a.Text) })
	return terms
}

// add adds what one segment has.
func (f *Found) add(docs *documents, has bitset) {
	ord := uint32(0)
	for _, r := range docs.uids {
		for uid := uint64(r.First); uid <= uint64(r.Last); uid++ {
			if has.has(ord) && !contains(docs.open, uint32(uid)) {
				f.UIDs = addUID(f.UIDs, uint32(uid))
			}
			ord++
		}
	}
	f.Open = append(f.Open, docs.open...)
}

// lookup is a search in one segment.
type lookup struct {
	r      kv.Reader
	prefix []byte
	seg    Segment
	blocks [fields]uint32
	hits   []int
}

// all returns the messages that have all terms in one text.
func (l *lookup) all(terms []fold.Term, text Scope) (bitset, error) {
	var all bitset
	few := max(16, int(l.seg.Docs/256))
	for _, t := range terms {
		has, err := l.term(t, fieldOf(text, t.Marked))
		if err != nil {
			return nil, err
		}
		if all == nil {
			all = has
		} else {
			all.and(has)
		}
		if all.count() <= few {
			break
		}
	}
	return all, nil
}

// term returns the messages that have a term in one field.
func (l *lookup) term(t fold.Term, f field) (bitset, error) {
	has := newBitset(l.seg.Docs)
	pattern := pattern(t)
	it := l.r.Scan(blockKey(nil, l.prefix, keyVocab, l.seg.ID, f, 0), blockKey(nil, l.prefix, keyVocab, l.seg.ID, f+1, 0))
	defer it.Close()
	for n := l.blocks[f]; ; n-- {
		if !it.Next() {
			if n != 0 && it.Err() == nil {
				return nil, ErrCorrupt
			}
			return has, it.Err()
		}
		vocab, ok := vocabulary(it.Value())
		if !ok {
			return nil, ErrCorrupt
		}
		if l.hits = appendHits(l.hits[:0], vocab, pattern); len(l.hits) == 0 {
			continue
		}
		if err := l.collect(has, it.Key(), bytes.Count(vocab, newline)-1); err != nil {
			return nil, err
		}
	}
}

// collect adds the messages of the terms of a block that were hit.
func (l *lookup) collect(has bitset, vocabKey []byte, terms int) error {
	b, err := readBlock(l.r, vocabKey, len(l.prefix), terms)
	if err != nil {
		return err
	}
	at := 0
	for _, hit := range l.hits {
		for ; at < hit; at++ {
			b.next()
		}
		ok := has.add(b.next(), l.seg.Docs)
		if at++; !ok || b.bad {
			return ErrCorrupt
		}
	}
	return nil
}

var newline = []byte{'\n'}

// vocabulary checks a block of terms.
func vocabulary(value []byte) ([]byte, bool) {
	if len(value) < 3 || value[0] != version || value[1] != '\n' || value[len(value)-1] != '\n' {
		return nil, false
	}
	return value[1:], true
}

// pattern is a term as it stands in a vocabulary.
func pattern(t fold.Term) []byte {
	var p []byte
	if t.Left {
		p = append(p, '\n')
	}
	p = append(p, t.Text...)
	if t.Right {
		p = append(p, '\n')
	}
	return p
}

// appendHits appends the numbers of the terms of a vocabulary that have a
// pattern.
func appendHits(hits []int, vocab, pattern []byte) []int {
	term := -1 // the one that begins before rest
	for rest := vocab; ; {
		i := bytes.Index(rest, pattern)
		if i < 0 {
			return hits
		}
		if pattern[0] == '\n' {
			i++
		}
		term += bytes.Count(rest[:i], newline)
		hits = append(hits, term)
		// The newline behind a term is the one before the next.
		rest = rest[i:]
		rest = rest[bytes.IndexByte(rest, '\n'):]
	}
}
