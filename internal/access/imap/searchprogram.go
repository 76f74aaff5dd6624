package imap

import (
	"tram/internal/mail/imapwire"
	"tram/internal/mailstore"
)

// program is what a client searches for: the keys as a tree, and what in them
// means something else in each mailbox.
type program struct {
	key      key
	sets     []searchSet // by the slots of setKeys
	keywords []string    // by the slots of keywordKeys

	modSeq  bool // a MODSEQ key is used: the answer has a MODSEQ (RFC 7162 3.1.5)
	dates   bool // dates are asked for, which the key cache may know
	fuzzy   bool // a FUZZY key is used (RFC 6203)
	numbers bool // message numbers are used: it is about the selected mailbox
}

// searchSet is a sequence-set in a program.
type searchSet struct {
	imapwire.NumSet
	byUID bool
}

// bound is a program in one mailbox at one time: sequence-sets are UIDs and
// keywords are flags. A search that is kept up to date keeps the sets of its
// beginning (RFC 5267 4.3).
type bound struct {
	sets  [][]imapwire.Range
	masks []mailstore.Flags // 0 for a keyword that the mailbox does not have
}

// bind looks up what the program names.
func (p *program) bind(t *target) *bound {
	b := &bound{sets: make([][]imapwire.Range, len(p.sets))}
	for i, set := range p.sets {
		b.sets[i] = t.resolve(set)
	}
	b.masks = p.bindKeywords(t.view)
	return b
}

func (p *program) bindKeywords(v *mailstore.View) []mailstore.Flags {
	masks := make([]mailstore.Flags, len(p.keywords))
	for i, name := range p.keywords {
		if k := findKeyword(v.Keywords(), name); k >= 0 {
			masks[i] = mailstore.Keyword(k)
		}
	}
	return masks
}

// resolve turns a sequence-set into UIDs. What is not there matches nothing,
// which is no error, unlike in FETCH.
func (t *target) resolve(set searchSet) []imapwire.Range {
	n := t.view.Len()
	switch {
	case set.Saved && t.sel != nil:
		return imapRanges(t.sel.saved)
	case set.Saved, n == 0:
		return nil
	case set.byUID:
		return set.Resolve(uint32(t.view.At(n - 1).UID))
	}
	ranges := set.Resolve(uint32(n))
	for i, r := range ranges {
		if int(r.First) > n {
			return ranges[:i]
		}
		// The run of message numbers is the run of UIDs from the first to the
		// last of them: messages that come later have larger UIDs.
		ranges[i] = imapwire.Range{
			First: uint32(t.view.At(int(r.First - 1)).UID),
			Last:  uint32(t.view.At(min(int(r.Last), n) - 1).UID),
		}
	}
	return ranges
}

func imapRanges(set mailstore.UIDSet) []imapwire.Range {
	out := make([]imapwire.Range, len(set))
	for i, r := range set {
		out[i] = imapwire.Range{First: uint32(r.First), Last: uint32(r.Last)}
	}
	return out
}
