package imap

import (
	"tram/internal/mail/imapwire"
	"tram/internal/mailstore"
)

// searchResult writes what a search or sort has found: indexes in the view, in
// the order of the answer.
type searchResult struct {
	s      *session
	in     *target
	byUID  bool
	sorted bool // not in the order of the mailbox
	ret    searchReturn
	prog   *program
	scores map[uint32]int // relevancy by index, for FUZZY

	mailbox string // ESEARCH of several mailboxes: which one; "" else
}

// number is what a message is called in the answer.
func (r *searchResult) number(index uint32) uint32 {
	if r.byUID {
		return uint32(r.in.view.At(int(index)).UID)
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
	if r.prog.modSeq && len(found) > 0 {
		enc.Raw(" (MODSEQ ")
		enc.Number(uint64(r.highest(found)))
		enc.Byte(')')
	}
	enc.CRLF()
}

// writeExtended writes the ESEARCH response (RFC 4731 3.2), unless nothing is
// asked for.
func (r *searchResult) writeExtended(found []uint32) {
	if r.ret.silent() {
		return
	}
	r.correlate()
	if len(found) > 0 {
		r.writeEnds(found)
		if r.ret.all {
			r.s.enc.Raw(" ALL ")
			r.s.enc.Ranges(r.ranges(found))
		}
	}
	if r.ret.partial != nil {
		r.writePart(found)
	}
	r.writeCounts(found)
	r.s.enc.CRLF()
}

// correlate says which command, and which mailbox, the response is about
// (RFC 4466 2.6.2, RFC 7377 2.1).
func (r *searchResult) correlate() {
	enc := r.s.enc
	enc.Raw("* ESEARCH (TAG ")
	enc.String(r.s.tag)
	if r.mailbox != "" {
		enc.Raw(" MAILBOX ")
		enc.Mailbox(r.mailbox)
		enc.Raw(" UIDVALIDITY ")
		enc.Number(uint64(r.in.view.UIDValidity()))
	}
	enc.Byte(')')
	if r.byUID {
		enc.Raw(" UID")
	}
}

func (r *searchResult) writeEnds(found []uint32) {
	if r.ret.min {
		r.s.enc.Raw(" MIN ")
		r.s.enc.Number(uint64(r.number(found[0])))
	}
	if r.ret.max {
		r.s.enc.Raw(" MAX ")
		r.s.enc.Number(uint64(r.number(found[len(found)-1])))
	}
}

// writePart writes the PARTIAL item (RFC 9394 3.1).
func (r *searchResult) writePart(found []uint32) {
	enc := r.s.enc
	enc.Raw(" PARTIAL (")
	enc.Raw(r.ret.partial.text)
	enc.Byte(' ')
	if part := r.part(found); len(part) > 0 {
		enc.Ranges(r.ranges(part))
	} else {
		enc.Raw("NIL")
	}
	enc.Byte(')')
}

// part is the part of the result that PARTIAL names.
func (r *searchResult) part(found []uint32) []uint32 {
	from, to := r.ret.partial.cut(len(found))
	return found[from:to]
}

func (r *searchResult) writeCounts(found []uint32) {
	enc := r.s.enc
	if r.ret.count {
		enc.Raw(" COUNT ")
		enc.Number(uint64(len(found)))
	}
	if r.ret.relevancy {
		r.writeRelevancy(found)
	}
	if r.prog.modSeq && len(found) > 0 {
		if returned := r.returned(found); len(returned) > 0 {
			enc.Raw(" MODSEQ ")
			enc.Number(uint64(r.highest(returned)))
		}
	}
}

// writeRelevancy writes the scores in the order of the result (RFC 6203 4).
func (r *searchResult) writeRelevancy(found []uint32) {
	if r.ret.partial != nil {
		found = r.part(found)
	}
	enc := r.s.enc
	enc.Raw(" RELEVANCY (")
	for i, index := range found {
		if i > 0 {
			enc.Byte(' ')
		}
		enc.Number(uint64(scoreOf(r.scores, index)))
	}
	enc.Byte(')')
}

// scoreOf is the relevancy of a message; what nobody has ranked is as relevant
// as can be.
func scoreOf(scores map[uint32]int, index uint32) int {
	if score, ok := scores[index]; ok {
		return score
	}
	return 100
}

// ranges writes a result as a sequence-set. In a sorted one, numbers are joined
// only where they follow each other upwards (RFC 5267 3.2).
func (r *searchResult) ranges(found []uint32) []imapwire.Range {
	var ranges []imapwire.Range
	if !r.sorted && r.byUID {
		for e := range entriesAt(r.in.view, found) {
			ranges = imapwire.AddNumber(ranges, uint32(e.UID))
		}
		return ranges
	}
	for _, i := range found {
		ranges = imapwire.AddNumber(ranges, r.number(i))
	}
	return ranges
}

// returned is the messages whose MODSEQ counts (RFC 7162 3.1.10): with MIN, MAX
// and PARTIAL only those that they name.
func (r *searchResult) returned(found []uint32) []uint32 {
	return returnedOf(&r.ret, found)
}

func (r *searchResult) highest(found []uint32) mailstore.ModSeq {
	var highest mailstore.ModSeq
	for _, i := range found {
		highest = max(highest, r.in.view.At(int(i)).ModSeq)
	}
	return highest
}
