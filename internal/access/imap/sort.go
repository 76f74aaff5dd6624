package imap

import (
	"cmp"
	"slices"

	"tram/internal/mailstore"
)

// sortKeys are the sort criteria of RFC 5256 3 that are read from records. SIZE
// is in the view.
var sortKeys = map[string]keyKind{
	"ARRIVAL": keyArrival,
	"CC":      keyCc,
	"DATE":    keyDate,
	"FROM":    keyFrom,
	"SUBJECT": keySubject,
	"TO":      keyTo,
}

// maxCriteria limits the sort criteria; there are seven keys.
const maxCriteria = 20

// criterion is one of the sort criteria.
type criterion struct {
	reverse bool
	size    bool
	kind    keyKind // unless size
}

// sort = "SORT" [SP search-return-opts] SP sort-criteria SP charset
// 1*(SP search-key) (RFC 5256)
func (s *session) sort() (string, error) { return s.sortMessages(false) }

// uidSort = "UID" SP sort
func (s *session) uidSort() (string, error) { return s.sortMessages(true) }

func (s *session) sortMessages(byUID bool) (string, error) {
	d := s.dec
	p := s.newKeyParser()
	if !d.ExpectSP() {
		return "", d.Err()
	}
	criteria, ok := s.sortCriteria()
	if !ok || !d.ExpectSP() || !p.charsetName() || !d.ExpectSP() {
		return "", p.failure()
	}
	prog, ok := p.program()
	if !ok || !d.ExpectCRLF() {
		return "", p.failure()
	}
	if prog.modSeq {
		s.enableCondstore()
	}
	in := s.sel.target()
	f, err := s.find(prog, prog.bind(in), in)
	if err != nil {
		return "", err
	}
	found := f.indexes
	if err := s.sortFound(found, criteria); err != nil {
		return "", err
	}
	r := searchResult{s: s, in: in, byUID: byUID, prog: prog}
	r.writePlain("* SORT", found)
	return "Sort completed", nil
}

// sortCriteria reads "(" ["REVERSE" SP] sort-key … ")".
func (s *session) sortCriteria() ([]criterion, bool) {
	d := s.dec
	var list []criterion
	reverse := false
	ok := d.ExpectList(func() bool {
		var name string
		if !d.ExpectKeyword(&name) {
			return false
		}
		if name == "REVERSE" {
			reverse = true
			return true
		}
		kind, known := sortKeys[name]
		if !known && name != "SIZE" {
			return d.Fail("Unknown sort key")
		}
		list = append(list, criterion{reverse: reverse, size: name == "SIZE", kind: kind})
		reverse = false
		return len(list) <= maxCriteria || d.Fail("Too many sort keys")
	})
	switch {
	case !ok:
	case reverse:
		ok = d.Fail("Sort list ends with REVERSE")
	case len(list) == 0:
		ok = d.Fail("Empty sort program")
	}
	return list, ok
}

// sortFound brings messages, given by index in ascending order, into the order
// of the criteria; those that are equal stay in the order of the mailbox.
func (s *session) sortFound(found []uint32, criteria []criterion) error {
	if len(found) < 2 {
		return nil
	}
	var kinds []keyKind
	for _, c := range criteria {
		if !c.size {
			kinds = append(kinds, c.kind)
		}
	}
	columns, err := s.columns(kinds...)
	if err != nil {
		return err
	}
	rows := make([]uint32, len(found)) // positions in found
	for i := range rows {
		rows[i] = uint32(i)
	}
	compare := make([]func(a, b uint32) int, len(criteria))
	for i, c := range criteria {
		compare[i] = s.comparison(c, columns[c.kind], found)
	}
	slices.SortFunc(rows, func(a, b uint32) int {
		for _, c := range compare {
			if order := c(a, b); order != 0 {
				return order
			}
		}
		return cmp.Compare(a, b)
	})
	for i, r := range rows {
		rows[i] = found[r]
	}
	copy(found, rows)
	return nil
}

// comparison compares rows of found by one criterion. The keys are laid out in
// the order of the rows first: they are compared many times.
func (s *session) comparison(c criterion, col *column, found []uint32) func(a, b uint32) int {
	sign := 1
	if c.reverse {
		sign = -1
	}
	switch {
	case c.size:
		sizes := sizesOf(s.sel.view, found)
		return func(a, b uint32) int { return sign * cmp.Compare(sizes[a], sizes[b]) }
	case c.kind == keyArrival, c.kind == keyDate:
		numbers := pick(col.numbers, positions(col, s.sel.view, found))
		return func(a, b uint32) int { return sign * cmp.Compare(numbers[a], numbers[b]) }
	}
	strings := pick(col.strings, positions(col, s.sel.view, found))
	return func(a, b uint32) int { return sign * cmp.Compare(strings[a], strings[b]) }
}

func sizesOf(v *mailstore.View, found []uint32) []uint32 {
	out := make([]uint32, len(found))
	for i, index := range found {
		out[i] = v.At(int(index)).Size
	}
	return out
}

// pick takes the values at positions; the zero value for -1.
func pick[T any](values []T, positions []int32) []T {
	out := make([]T, len(positions))
	for i, p := range positions {
		if p >= 0 {
			out[i] = values[p]
		}
	}
	return out
}
