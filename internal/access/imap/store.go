package imap

import (
	"tram/internal/mail/imapwire"
	"tram/internal/mailstore"
)

// storeRequest is what a STORE asks for.
type storeRequest struct {
	set    imapwire.NumSet
	change mailstore.FlagChange
	silent bool
	byUID  bool
}

// store = "STORE" SP sequence-set [SP store-modifiers] SP store-att-flags
// (RFC 3501 6.4.6, RFC 7162 3.1.3)
func (s *session) store() (string, error) { return s.storeFlags(false) }

// uidStore = "UID" SP store
func (s *session) uidStore() (string, error) { return s.storeFlags(true) }

func (s *session) storeFlags(byUID bool) (string, error) {
	req := storeRequest{byUID: byUID}
	if err := s.storeArgs(&req); err != nil {
		return "", err
	}
	uids, err := s.uids(req.set, byUID)
	if err != nil {
		return "", err
	}
	if s.sel.readOnly {
		return "", errReadOnly
	}
	if req.change.Conditional {
		s.enableCondstore()
	}
	if len(uids) == 0 {
		return "Store completed", nil
	}
	uids, cut := s.portion(uids)
	stored, err := s.mail.StoreFlags(s.ctx, s.sel.account, s.sel.id, uids, req.change)
	if err != nil {
		return "", err
	}
	if err := s.tellStored(&req, uids, stored); err != nil {
		return "", err
	}
	if len(stored.Modified) > 0 {
		return s.partly(cut, s.modifiedCode(stored.Modified, byUID)+" Conditional store failed"), nil
	}
	return s.partly(cut, "Store completed"), nil
}

// storeArgs reads everything behind the name of the command.
func (s *session) storeArgs(req *storeRequest) error {
	d := s.dec
	if !d.ExpectSP() || !d.ExpectNumSet(&req.set) || !d.ExpectSP() || !s.storeModifiers(req) {
		return d.Err()
	}
	switch {
	case d.Special('+'):
		req.change.Op = mailstore.AddFlags
	case d.Special('-'):
		req.change.Op = mailstore.RemoveFlags
	default:
		req.change.Op = mailstore.ReplaceFlags
	}
	var item string
	if !d.ExpectKeyword(&item) || !d.ExpectSP() {
		return d.Err()
	}
	switch item {
	case "FLAGS":
	case "FLAGS.SILENT":
		req.silent = true
	default:
		return bad("Invalid store item")
	}
	names, ok := s.flagArgs()
	if !ok || !d.ExpectCRLF() {
		return d.Err()
	}
	var err error
	req.change.Flags, req.change.Keywords, err = parseFlags(names)
	return err
}

// storeModifiers reads ( UNCHANGEDSINCE n ).
func (s *session) storeModifiers(req *storeRequest) bool {
	d := s.dec
	if !d.AtSpecial('(') {
		return d.Err() == nil
	}
	ok := d.ExpectList(func() bool {
		var name string
		var n uint64
		if !d.ExpectKeyword(&name) {
			return false
		}
		if name != "UNCHANGEDSINCE" {
			return d.Fail("Unknown store modifier")
		}
		if req.change.Conditional { // RFC 7162 7: only a single one
			return d.Fail("UNCHANGEDSINCE can be given once")
		}
		if !d.ExpectSP() || !d.ExpectNumber64(&n) {
			return false
		}
		req.change.Conditional = true
		req.change.UnchangedSince = mailstore.ModSeq(n)
		return true
	})
	return ok && (req.change.Conditional || d.Fail("List of store modifiers is empty")) && d.ExpectSP()
}

// flagArgs reads flag-list or the flags without parentheses.
func (s *session) flagArgs() (flags []string, ok bool) {
	d := s.dec
	if d.AtSpecial('(') {
		ok = d.FlagList(&flags)
		return flags, ok
	}
	for {
		var f string
		if !d.Flag(&f) {
			return nil, d.Fail("Invalid flag")
		}
		flags = append(flags, f)
		if !d.SP() || d.AtEnd() {
			return flags, d.Err() == nil
		}
	}
}

// tellStored answers with the new flags, or with .SILENT only where they are
// not what the client expects (RFC 3501 6.4.6).
func (s *session) tellStored(req *storeRequest, uids mailstore.UIDSet, stored mailstore.Stored) error {
	newest, err := s.newestView()
	if err != nil {
		return err
	}
	old, view := s.sel.view, newest.Keeping(s.sel.view)
	s.tellKeywords(newest)
	mask := flagMask(req.change, newest.Keywords())
	if view != newest && !req.change.Conditional {
		// Messages that another session has removed still exist in this one, which
		// has not been told: they change like the others, as in Dovecot.
		view = view.WithFlags(goneOf(view, newest, uids), func(f mailstore.Flags) mailstore.Flags {
			return changed(f, req.change.Op, mask)
		})
	}
	var told mailstore.UIDSet
	client := expectation{known: newCursor(old), renamed: newest.Renamed(old), op: req.change.Op, mask: mask}
	w := s.newFetchWriter(view, req.byUID)
	failed := stored.Modified
	eachEntry(view, uids, func(i int, e mailstore.Entry) bool {
		failed = dropBelow(failed, e.UID)
		refused := len(failed) > 0 && failed[0].First <= e.UID
		switch {
		case refused:
		case !req.silent:
			w.flags(i, e)
			told = addUID(told, e.UID)
		case client.expects(e):
			// RFC 7162 3.1.3: .SILENT does not keep the new MODSEQ back.
			if req.change.Conditional || s.on(enabledCondstore) && e.ModSeq == stored.ModSeq {
				w.modSeq(i, e)
			}
			told = addUID(told, e.UID)
		}
		return s.enc.Err() == nil
	})
	if s.frozen() {
		s.sel.view = old.Taking(view, told)
		return nil
	}
	return s.advance(view, newest, told)
}

// flagMask is the flags of a change as bits.
func flagMask(c mailstore.FlagChange, keywords []string) mailstore.Flags {
	mask := c.Flags
	for _, name := range c.Keywords {
		if k := findKeyword(keywords, name); k >= 0 {
			mask |= mailstore.Keyword(k)
		}
	}
	return mask
}

// expectation is what a client takes for the outcome of a STORE, by what it
// knew of the messages and asked for.
type expectation struct {
	known   *cursor
	renamed mailstore.Flags // that were other keywords when known was made
	op      mailstore.FlagOp
	mask    mailstore.Flags
}

// expects reports whether a message has the flags that it should have.
func (x *expectation) expects(e mailstore.Entry) bool {
	_, was, ok := x.known.seek(e.UID)
	return ok && was.Flags&x.renamed == 0 && e.Flags == changed(was.Flags, x.op, x.mask)
}

// changed is flags after a change.
func changed(f mailstore.Flags, op mailstore.FlagOp, mask mailstore.Flags) mailstore.Flags {
	switch op {
	case mailstore.AddFlags:
		return f | mask
	case mailstore.RemoveFlags:
		return f &^ mask
	}
	return mask
}

// goneOf is the messages of a set that a view has and a newer one has not.
func goneOf(v, newest *mailstore.View, uids mailstore.UIDSet) mailstore.UIDSet {
	var gone mailstore.UIDSet
	left := newCursor(newest)
	eachEntry(v, uids, func(_ int, e mailstore.Entry) bool {
		if _, _, ok := left.seek(e.UID); !ok {
			gone = addUID(gone, e.UID)
		}
		return true
	})
	return gone
}

// eachEntry calls fn for the messages of a set that are in the view, in
// ascending order, until it returns false. i is the message's index.
func eachEntry(v *mailstore.View, uids mailstore.UIDSet, fn func(i int, e mailstore.Entry) bool) {
	for _, r := range uids {
		for first, block := range v.Blocks(v.Search(r.First)) {
			for k := range block {
				if block[k].UID > r.Last {
					goto nextRange
				}
				if !fn(first+k, block[k]) {
					return
				}
			}
		}
	nextRange:
	}
}

// modifiedCode is the response code MODIFIED (RFC 7162 3.1.3): message numbers
// or UIDs, as the command had them.
func (s *session) modifiedCode(uids mailstore.UIDSet, byUID bool) string {
	dst := []byte("[MODIFIED ")
	if byUID {
		dst = appendUIDSet(dst, uids)
	} else {
		var ranges []imapwire.Range
		for uid := range uids.All() {
			if i, ok := s.sel.view.Index(uid); ok {
				ranges = imapwire.AddNumber(ranges, uint32(i+1))
			}
		}
		dst = imapwire.AppendRanges(dst, ranges)
	}
	return string(append(dst, ']'))
}
