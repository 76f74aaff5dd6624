package imap

import "tram/internal/mail/imapwire"

// searchReturn is the RETURN list of SEARCH, SORT and ESEARCH.
type searchReturn struct {
	given                bool
	min, max, all, count bool          // RFC 4731 3.1
	partial              *partialRange // RFC 9394 3.1
	save                 bool          // RFC 5182
	update               bool          // RFC 5267 4.3
	news                 *fetchRequest // what UPDATE sends of new messages (RFC 5465 7); nil: nothing
	context              bool          // RFC 5267 4.2: a hint, for which there is no use here
	relevancy            bool          // RFC 6203 4
}

// parse reads ["RETURN" SP "(" … ")" SP]. What is not RETURN is left alone.
func (r *searchReturn) parse(d *imapwire.Decoder) bool {
	if !d.Word("RETURN") {
		r.all = true // what IMAP4rev2 answers (RFC 9051 6.4.4)
		return d.Err() == nil
	}
	r.given = true
	var last string
	if !d.ExpectSP() || !d.ExpectList(func() bool { return r.option(d, &last) }) || !d.ExpectSP() {
		return false
	}
	if r.partial != nil && r.all { // RFC 9394 3.1
		return d.Fail("PARTIAL and ALL exclude each other")
	}
	if *r == (searchReturn{given: true, context: r.context}) {
		r.all = true // RFC 4731 3.1: () means (ALL)
	}
	return true
}

// option reads one search-return-opt. last is the name of the one before.
func (r *searchReturn) option(d *imapwire.Decoder, last *string) bool {
	// RFC 5465 8 has no blank between UPDATE and its items, and 7 has one.
	if *last == "UPDATE" && d.AtSpecial('(') {
		*last = ""
		return r.parseNews(d)
	}
	var name string
	if !d.ExpectKeyword(&name) {
		return false
	}
	*last = name
	switch name {
	case "MIN":
		r.min = true
	case "MAX":
		r.max = true
	case "ALL":
		r.all = true
	case "COUNT":
		r.count = true
	case "SAVE":
		r.save = true
	case "UPDATE":
		r.update = true
		return !d.AtSpecial('(') || r.parseNews(d)
	case "CONTEXT":
		r.context = true
	case "RELEVANCY":
		r.relevancy = true
	case "PARTIAL":
		if r.partial != nil {
			return d.Fail("PARTIAL can be given once")
		}
		r.partial = new(partialRange)
		return d.ExpectSP() && r.partial.parse(d)
	default:
		return d.Fail("Unknown SEARCH return option")
	}
	return true
}

// parseNews reads "(" fetch-att *(SP fetch-att) ")".
func (r *searchReturn) parseNews(d *imapwire.Decoder) bool {
	r.news = new(fetchRequest)
	return r.news.parseItems(d)
}

// silent reports that nothing is asked for but to save the result: then no
// ESEARCH response is sent (RFC 5182 1).
func (r *searchReturn) silent() bool {
	return r.save && !r.min && !r.max && !r.all && !r.count && r.partial == nil && !r.relevancy
}
