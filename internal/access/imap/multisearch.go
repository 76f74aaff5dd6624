package imap

import (
	"errors"

	"tram/internal/mailstore"
)

// esearch = "ESEARCH" [SP esearch-source-opts] [SP search-return-opts]
// SP search-program (RFC 7377): a search in mailboxes that need not be
// selected. It is always about UIDs, and a mailbox without a match is not
// mentioned.
func (s *session) esearch() (string, error) {
	d := s.dec
	var sources searchSources
	var ret searchReturn
	p := s.newKeyParser()
	if !d.ExpectSP() || !sources.parse(d) || !ret.parse(d) {
		return "", p.failure()
	}
	ret.given = true
	if err := s.checkSources(&sources, &ret); err != nil {
		return "", err
	}
	text, err := s.runMultiSearch(p, &sources, &ret)
	s.forgetSaved(&ret, err)
	return text, err
}

// checkSources refuses sources that need another state or another option
// (RFC 7377 2.2).
func (s *session) checkSources(sources *searchSources, ret *searchReturn) error {
	switch {
	case s.sel == nil && sources.selected():
		return bad("No mailbox selected, send SELECT first")
	case s.sel == nil && ret.update:
		return bad("UPDATE needs a selected mailbox")
	case ret.save && !sources.onlySelected():
		return bad("SAVE is for the selected mailbox only")
	case s.sel != nil && ret.update && s.sel.contexts.has(s.tag):
		return bad("Tag reuse")
	}
	return nil
}

func (s *session) runMultiSearch(p *keyParser, sources *searchSources, ret *searchReturn) (string, error) {
	if !p.charset() {
		return "", p.failure()
	}
	prog, ok := p.program()
	if !ok || !s.dec.ExpectCRLF() {
		return "", p.failure()
	}
	if ret.relevancy && !prog.fuzzy {
		return "", bad("RELEVANCY needs a FUZZY search key")
	}
	if prog.modSeq {
		s.enableCondstore()
	}
	boxes, done, err := s.sourceMailboxes(sources)
	defer done()
	if err != nil {
		return "", err
	}
	text := ""
	for _, box := range boxes {
		told, err := s.searchSource(box, prog, ret)
		if err != nil {
			return "", err
		}
		if told != "" {
			text = told
		}
	}
	if ret.update && text == "" {
		s.refuseUpdates(s.tag, "Only the selected mailbox can be followed")
	}
	return text, nil
}

// searchSource searches one mailbox. One that is gone, or may not be read, is
// passed over (RFC 7377 2.2). text is what the search of the selected mailbox
// has to say.
func (s *session) searchSource(box searchSource, prog *program, ret *searchReturn) (text string, err error) {
	in, err := s.openSource(box)
	if in == nil || err != nil {
		return "", err
	}
	set := prog.bind(in)
	found, err := s.find(prog, set, in)
	if err != nil {
		return "", err
	}
	if in.sel != nil {
		if err := s.save(ret, in.view, found.indexes); err != nil {
			return "", err
		}
	}
	if len(found.indexes) > 0 {
		r := searchResult{s: s, in: in, byUID: true, ret: *ret, prog: prog, scores: found.scores, mailbox: box.name}
		r.writeExtended(found.indexes)
	}
	if in.sel == nil || !ret.update {
		return "", nil
	}
	return s.keepInformed(&searchContext{tag: s.tag, byUID: true, prog: prog, set: set, news: ret.news}, found.indexes)
}

// openSource is the mailbox as something to search, nil when it is not there
// for the user.
func (s *session) openSource(box searchSource) (*target, error) {
	if s.sel != nil && box.account == s.sel.account && box.id == s.sel.id {
		return s.sel.target(), nil
	}
	view, err := s.mail.View(s.ctx, box.account, box.id)
	if errors.Is(err, mailstore.ErrNoMailbox) || errors.Is(err, mailstore.ErrNoRight) {
		return nil, nil
	}
	return &target{account: box.account, id: box.id, view: view}, err
}
