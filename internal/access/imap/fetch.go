package imap

import (
	"tram/internal/mail/imapwire"
	"tram/internal/mailstore"
)

// fetchRequest is what a FETCH asks for.
type fetchRequest struct {
	set   imapwire.NumSet
	items []fetchItem
	byUID bool

	sections int // among the items

	changed      bool // CHANGEDSINCE was given (RFC 7162 3.1.4.1)
	changedSince mailstore.ModSeq
	vanished     bool // VANISHED was given (RFC 7162 3.2.6)

	partial *partialRange // of the messages (RFC 9394)
	down    bool          // the highest UIDs come first (RFC 9738)

	want  mailstore.Want // records that the items need
	marks bool           // an item sets \Seen
}

// fetch = "FETCH" SP sequence-set SP ("ALL" / "FULL" / "FAST" / fetch-att /
// "(" fetch-att *(SP fetch-att) ")") [SP fetch-modifiers]
// (RFC 3501 6.4.5, RFC 7162 3.1.4)
func (s *session) fetch() (string, error) { return s.fetchMessages(false) }

// uidFetch = "UID" SP fetch (RFC 3501 6.4.8): UID is always among the items.
func (s *session) uidFetch() (string, error) { return s.fetchMessages(true) }

func (s *session) fetchMessages(byUID bool) (string, error) {
	req := fetchRequest{byUID: byUID}
	if !s.fetchArgs(&req) {
		return "", s.dec.Err()
	}
	uids, err := s.uids(req.set, byUID)
	if err != nil {
		return "", err
	}
	if req.changed || req.has(itemModSeq) {
		s.enableCondstore()
	}
	if err := s.checkPartial(req.partial); err != nil {
		return "", err
	}
	req.plan(s)
	if req.vanished {
		if err := s.fetchVanished(&req); err != nil {
			return "", err
		}
	}
	if req.partial != nil { // before CHANGEDSINCE: RFC 9394 3.4
		uids = req.partial.of(s.sel.view, uids)
	}
	if req.changed {
		uids = changedAfter(s.sel.view, uids, req.changedSince)
	}
	uids, cut := s.portion(uids)
	req.down = cut != ""
	missing, err := s.fetchBatches(&req, uids)
	if err != nil {
		return "", err
	}
	if missing > 0 {
		return s.partly(cut, "[EXPUNGEISSUED] Some messages were already expunged"), nil
	}
	return s.partly(cut, "Fetch completed"), nil
}

// fetchArgs reads everything behind the name of the command.
func (s *session) fetchArgs(req *fetchRequest) bool {
	d := s.dec
	if !d.ExpectSP() || !d.ExpectNumSet(&req.set) || !d.ExpectSP() || !req.parseItems(d) {
		return false
	}
	for d.SP() && !d.AtEnd() {
		if !s.fetchModifiers(req) {
			return false
		}
	}
	return d.ExpectCRLF()
}

// fetchModifiers reads ( CHANGEDSINCE n ).
func (s *session) fetchModifiers(req *fetchRequest) bool {
	d := s.dec
	given := 0
	ok := d.ExpectList(func() bool {
		var name string
		var n uint64
		given++
		if !d.ExpectKeyword(&name) {
			return false
		}
		switch {
		case name == "CHANGEDSINCE":
			if !d.ExpectSP() || !d.ExpectNumber64(&n) {
				return false
			}
			req.changed, req.changedSince = true, mailstore.ModSeq(n)
			return true
		case name == "PARTIAL": // RFC 9394 3.3; without UID too, as in Cyrus
			if req.partial != nil || !d.ExpectSP() {
				return false
			}
			req.partial = new(partialRange)
			return req.partial.parse(d)
		case name == "VANISHED" && req.byUID:
			req.vanished = true
			return true
		case name == "LAZY":
			return len(req.items) == 1 && req.setLazy()
		}
		return d.Fail("Unknown fetch modifier")
	})
	return ok && (given > 0 || d.Fail("List of fetch modifiers is empty"))
}

// plan finds out what has to be read, and adds what goes without saying.
func (req *fetchRequest) plan(s *session) {
	if req.byUID && !s.on(enabledUIDOnly) { // RFC 9586 3.3: only when it was asked for
		req.addFirst(itemUID)
	}
	for i := range req.items {
		item := &req.items[i]
		req.want |= item.want()
		req.marks = req.marks || item.marks()
	}
	if req.changed {
		req.add(itemModSeq) // RFC 7162 3.1.4.1
	}
	if req.marks {
		req.addFlags(s.on(enabledCondstore), s.tellsUID())
	}
	req.orderItems()
}

// changedAfter keeps the messages whose MODSEQ is larger than since.
func changedAfter(v *mailstore.View, uids mailstore.UIDSet, since mailstore.ModSeq) mailstore.UIDSet {
	var out mailstore.UIDSet
	eachEntry(v, uids, func(_ int, e mailstore.Entry) bool {
		if e.ModSeq > since {
			out = addUID(out, e.UID)
		}
		return true
	})
	return out
}

// cutUIDs takes the first n messages of a set. What lies between them in UIDs
// but not in the view is dropped.
func cutUIDs(v *mailstore.View, uids mailstore.UIDSet, n int) (head, rest mailstore.UIDSet) {
	for k, r := range uids {
		from, to := v.Search(r.First), searchAfter(v, r.Last)
		if to-from <= n {
			n -= to - from
			head = append(head, r)
			continue
		}
		if n == 0 {
			return head, uids[k:]
		}
		last := v.At(from + n - 1).UID
		head = append(head, mailstore.UIDRange{First: r.First, Last: last})
		rest = append(mailstore.UIDSet{{First: last + 1, Last: r.Last}}, uids[k+1:]...)
		return head, rest
	}
	return head, nil
}

// countIn is the number of messages of the view in a set.
func countIn(v *mailstore.View, uids mailstore.UIDSet) int {
	n := 0
	for _, r := range uids {
		n += searchAfter(v, r.Last) - v.Search(r.First)
	}
	return n
}

// cursor finds messages of a view in ascending order of UIDs, a step a
// message.
type cursor struct {
	view  *mailstore.View
	first int // index of block[0]
	block []mailstore.Entry
}

func newCursor(v *mailstore.View) *cursor { return &cursor{view: v} }

// seek returns the index and the entry of a message.
func (c *cursor) seek(uid mailstore.UID) (int, mailstore.Entry, bool) {
	for len(c.block) > 0 && c.block[0].UID < uid && c.block[len(c.block)-1].UID >= uid {
		c.block = c.block[1:]
		c.first++
	}
	if len(c.block) == 0 || c.block[0].UID != uid {
		for first, block := range c.view.Blocks(c.view.Search(uid)) {
			c.first, c.block = first, block
			break
		}
	}
	if len(c.block) == 0 || c.block[0].UID != uid {
		return 0, mailstore.Entry{}, false
	}
	return c.first, c.block[0], true
}
