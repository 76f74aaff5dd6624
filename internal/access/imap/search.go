package imap

import (
	"time"

	"tram/internal/mail/imapwire"
	"tram/internal/mailstore"
)

// search = "SEARCH" [SP search-return-opts] [SP "CHARSET" SP astring]
// 1*(SP search-key) (RFC 3501 6.4.4, RFC 4731)
func (s *session) search() (string, error) { return s.searchMessages(false) }

// uidSearch = "UID" SP search
func (s *session) uidSearch() (string, error) { return s.searchMessages(true) }

func (s *session) searchMessages(byUID bool) (string, error) {
	d := s.dec
	var ret searchReturn
	p := s.newKeyParser()
	if !d.ExpectSP() || !ret.parse(d) || !p.charset() {
		return "", p.failure()
	}
	key, ok := p.keys()
	if !ok || !d.ExpectCRLF() {
		return "", p.failure()
	}
	if p.modSeq {
		s.enableCondstore()
	}
	found, err := s.find(key)
	if err != nil {
		return "", err
	}
	r := searchResult{s: s, byUID: byUID, ret: ret, modSeq: p.modSeq}
	if ret.given {
		r.writeExtended(found)
	} else {
		r.writePlain("* SEARCH", found)
	}
	return "Search completed", nil
}

// find evaluates a search key and returns the indexes of the messages that
// match, in ascending order. What flags, numbers and sizes can decide is
// decided from the view; records are read for the rest only.
func (s *session) find(k key) ([]uint32, error) {
	c := candidate{s: s, view: s.sel.view, now: time.Now()}
	var found []uint32
	var open mailstore.UIDSet
	for first, block := range c.view.Blocks(0) {
		for i := range block {
			c.index, c.entry = first+i, block[i]
			switch k.eval(&c) {
			case matched:
				found = append(found, uint32(c.index))
			case unknown:
				open = addUID(open, c.entry.UID)
			}
		}
	}
	if len(open) == 0 {
		return found, nil
	}
	more, err := s.findInRecords(k, &c, open)
	return mergeSorted(found, more), err
}

// findInRecords decides about the messages that the view could not decide.
func (s *session) findInRecords(k key, c *candidate, open mailstore.UIDSet) ([]uint32, error) {
	var found []uint32
	at := newCursor(c.view)
	err := s.mail.Messages(s.ctx, s.sel.account, s.sel.id, open, k.want(), func(m *mailstore.Message) error {
		i, entry, ok := at.seek(m.UID)
		if !ok {
			return nil
		}
		c.index, c.entry = i, entry
		c.begin(m)
		if k.eval(c) == matched {
			found = append(found, uint32(i))
		}
		return c.err
	})
	c.end()
	return found, err
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

// searchReturn is the RETURN list of RFC 4731.
type searchReturn struct {
	given                bool
	min, max, all, count bool
}

// parse reads ["RETURN" SP "(" … ")" SP]. What is not RETURN is left alone.
func (r *searchReturn) parse(d *imapwire.Decoder) bool {
	if !d.Word("RETURN") {
		return d.Err() == nil
	}
	r.given = true
	if !d.ExpectSP() || !d.ExpectList(func() bool {
		var name string
		if !d.ExpectKeyword(&name) {
			return false
		}
		switch name {
		case "MIN":
			r.min = true
		case "MAX":
			r.max = true
		case "ALL":
			r.all = true
		case "COUNT":
			r.count = true
		default:
			return d.Fail("Unknown SEARCH return option")
		}
		return true
	}) {
		return false
	}
	if !r.min && !r.max && !r.count {
		r.all = true // RFC 4731 3.1: () means (ALL)
	}
	return d.ExpectSP()
}

// searchResult writes what a search has found.
type searchResult struct {
	s      *session
	byUID  bool
	ret    searchReturn
	modSeq bool // a MODSEQ key was used
}

// number is what a message is called in the answer.
func (r *searchResult) number(index uint32) uint32 {
	if r.byUID {
		return uint32(r.s.sel.view.At(int(index)).UID)
	}
	return index + 1
}

// writePlain writes the SEARCH or SORT response (RFC 3501 7.2.5, RFC 7162
// 3.1.6).
func (r *searchResult) writePlain(response string, found []uint32) {
	enc := r.s.enc
	enc.Raw(response)
	for _, i := range found {
		enc.Byte(' ')
		enc.Number(uint64(r.number(i)))
	}
	if r.modSeq && len(found) > 0 {
		enc.Raw(" (MODSEQ ")
		enc.Number(uint64(r.highest(found)))
		enc.Byte(')')
	}
	enc.CRLF()
}

// writeExtended writes the ESEARCH response (RFC 4731 3.2).
func (r *searchResult) writeExtended(found []uint32) {
	enc := r.s.enc
	enc.Raw("* ESEARCH (TAG ")
	enc.String(r.s.tag)
	enc.Byte(')')
	if r.byUID {
		enc.Raw(" UID")
	}
	if len(found) > 0 {
		if r.ret.min {
			enc.Raw(" MIN ")
			enc.Number(uint64(r.number(found[0])))
		}
		if r.ret.max {
			enc.Raw(" MAX ")
			enc.Number(uint64(r.number(found[len(found)-1])))
		}
		if r.ret.all {
			enc.Raw(" ALL ")
			enc.Ranges(r.ranges(found))
		}
	}
	if r.ret.count {
		enc.Raw(" COUNT ")
		enc.Number(uint64(len(found)))
	}
	if r.modSeq && len(found) > 0 {
		enc.Raw(" MODSEQ ")
		enc.Number(uint64(r.highest(r.returned(found))))
	}
	enc.CRLF()
}

func (r *searchResult) ranges(found []uint32) []imapwire.Range {
	var ranges []imapwire.Range
	for _, i := range found {
		ranges = imapwire.AddNumber(ranges, r.number(i))
	}
	return ranges
}

// returned is the messages whose MODSEQ counts (RFC 7162 3.1.10): with MIN and
// MAX alone only those.
func (r *searchResult) returned(found []uint32) []uint32 {
	if r.ret.all || r.ret.count {
		return found
	}
	first, last := found[0], found[len(found)-1]
	switch {
	case r.ret.min && r.ret.max:
		return []uint32{first, last}
	case r.ret.max:
		return []uint32{last}
	}
	return []uint32{first}
}

func (r *searchResult) highest(found []uint32) mailstore.ModSeq {
	var highest mailstore.ModSeq
	for _, i := range found {
		highest = max(highest, r.s.sel.view.At(int(i)).ModSeq)
	}
	return highest
}
