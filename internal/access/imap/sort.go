package imap

// sortKeys are the sort criteria of RFC 5256 3 and RFC 5957 4 that are read
// from records. SIZE is in the view, RELEVANCY comes with what was found.
var sortKeys = map[string]criterion{
	"ARRIVAL":     {by: byArrival, kind: keyDates},
	"DATE":        {by: byDate, kind: keyDates},
	"SIZE":        {by: bySize},
	"RELEVANCY":   {by: byRelevancy},
	"CC":          {by: byText, kind: keyCc},
	"FROM":        {by: byText, kind: keyFrom},
	"SUBJECT":     {by: byText, kind: keySubject},
	"TO":          {by: byText, kind: keyTo},
	"DISPLAYFROM": {by: byText, kind: keyDisplayFrom},
	"DISPLAYTO":   {by: byText, kind: keyDisplayTo},
}

// maxCriteria limits the sort criteria; there are ten keys.
const maxCriteria = 20

// sort = "SORT" [SP search-return-opts] SP sort-criteria SP charset
// 1*(SP search-key) (RFC 5256, RFC 5267 3)
func (s *session) sort() (string, error) { return s.sortMessages(false) }

// uidSort = "UID" SP sort
func (s *session) uidSort() (string, error) { return s.sortMessages(true) }

func (s *session) sortMessages(byUID bool) (string, error) {
	d := s.dec
	var ret searchReturn
	if !d.ExpectSP() || !ret.parse(d) {
		return "", d.Err()
	}
	text, err := s.runSort(s.newKeyParser(), &ret, byUID)
	s.forgetSaved(&ret, err)
	return text, err
}

func (s *session) runSort(p *keyParser, ret *searchReturn, byUID bool) (string, error) {
	criteria, ok := s.sortCriteria()
	if !ok || !s.dec.ExpectSP() || !p.charsetName() || !s.dec.ExpectSP() {
		return "", p.failure()
	}
	prog, ok := p.program()
	if !ok || !s.dec.ExpectCRLF() {
		return "", p.failure()
	}
	if has(criteria, byRelevancy) && !prog.fuzzy { // RFC 6203 6
		return "", bad("RELEVANCY needs a FUZZY search key")
	}
	if err := s.checkReturn(ret, prog); err != nil {
		return "", err
	}
	if prog.modSeq {
		s.enableCondstore()
	}
	in := s.sel.target()
	set := prog.bind(in)
	if err := s.checkSearched(prog, set, in); err != nil {
		return "", err
	}
	found, err := s.find(prog, set, in)
	if err != nil {
		return "", err
	}
	order, err := s.sortFound(in, found, criteria)
	if err != nil {
		return "", err
	}
	if err := s.save(ret, in.view, order); err != nil {
		return "", err
	}
	r := searchResult{s: s, in: in, byUID: byUID, sorted: true, ret: *ret, prog: prog, scores: found.scores}
	if ret.given {
		r.writeExtended(order)
	} else {
		r.writePlain("* SORT", order)
	}
	if ret.update {
		return s.keepInformed(&searchContext{tag: s.tag, byUID: byUID, prog: prog, set: set, news: ret.news, criteria: criteria}, order)
	}
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
		if name == "REVERSE" && !reverse {
			reverse = true
			return true
		}
		c, known := sortKeys[name]
		if !known {
			return d.Fail("Unknown sort key")
		}
		c.reverse = reverse
		list = append(list, c)
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
