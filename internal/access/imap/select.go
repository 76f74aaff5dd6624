package imap

import (
	"cmp"

	"golang.org/x/text/unicode/norm"

	"tram/internal/mail/imapwire"
	"tram/internal/mailstore"
)

// selectRequest is what a SELECT or EXAMINE asks for.
type selectRequest struct {
	name     string
	readOnly bool
	enables  extensions
	resync   *resync // nil without QRESYNC
}

// selectMailbox: select = "SELECT" SP mailbox [select-params]
// (RFC 3501 6.3.1, RFC 4466 2.1, RFC 9051 6.3.2)
func (s *session) selectMailbox() (string, error) {
	return s.open(selectRequest{})
}

// examine = "EXAMINE" SP mailbox [select-params] (RFC 3501 6.3.2)
func (s *session) examine() (string, error) {
	return s.open(selectRequest{readOnly: true})
}

func (s *session) open(req selectRequest) (string, error) {
	if err := s.selectArgs(&req); err != nil {
		return "", err
	}
	s.enabled |= req.enables
	// The old mailbox is closed even if the new one cannot be opened
	// (RFC 3501 6.3.1); CLOSED says where its responses end (RFC 7162 3.2.11).
	if s.sel != nil {
		s.leave()
		s.enc.Raw("* OK [CLOSED] Previous mailbox closed\r\n")
	}
	sel, err := s.openMailbox(req.name, req.readOnly)
	if err != nil {
		return "", err
	}
	s.sel, s.state = sel, stateSelected
	s.writeSelected()
	if err := s.writeSelectedName(req.name); err != nil {
		s.leave()
		return "", err
	}
	if req.resync != nil {
		if err := s.resynchronize(req.resync); err != nil {
			s.leave()
			return "", err
		}
	}
	verb := "Select"
	if req.readOnly {
		verb = "Examine"
	}
	if sel.readOnly {
		return "[READ-ONLY] " + verb + " completed", nil
	}
	return "[READ-WRITE] " + verb + " completed", nil
}

// selectArgs reads mailbox [SP "(" select-param *(SP select-param) ")"].
func (s *session) selectArgs(req *selectRequest) error {
	d := s.dec
	if !d.ExpectSP() || !d.ExpectMailbox(&req.name) {
		return d.Err()
	}
	var err error
	if d.SP() && !d.AtEnd() {
		ok := d.ExpectList(func() bool {
			err = s.selectParam(req)
			return err == nil
		})
		switch {
		case !ok:
			return cmp.Or(err, d.Err())
		case req.enables == 0 && req.resync == nil:
			return bad("List of parameters is empty")
		}
	}
	if !d.ExpectCRLF() {
		return d.Err()
	}
	return nil
}

// selectParam reads one of the select-params that there are.
func (s *session) selectParam(req *selectRequest) error {
	var name string
	if !s.dec.ExpectKeyword(&name) {
		return s.dec.Err()
	}
	switch {
	case name == "CONDSTORE": // RFC 7162 3.1.8
		req.enables |= enabledCondstore
		return nil
	case name == "QRESYNC" && req.resync == nil:
		var err error
		req.resync, err = s.resyncParam()
		return err
	}
	return bad("Unknown parameter")
}

func (s *session) openMailbox(name string, readOnly bool) (*selected, error) {
	at, err := s.place(name)
	if err != nil {
		return nil, err
	}
	mbox, err := s.mail.Lookup(s.ctx, at.account, at.name)
	if err != nil {
		return nil, err
	}
	view, err := s.mail.View(s.ctx, at.account, mbox.ID)
	if err != nil {
		return nil, err
	}
	rights, err := s.mail.Rights(s.ctx, at.account, mbox.ID)
	if err != nil {
		return nil, err
	}
	readOnly = readOnly || rights&changing == 0 // RFC 4314 5.2
	sel := &selected{account: at.account, id: mbox.ID, readOnly: readOnly, inbox: mbox.Name == "INBOX", rights: rights & flagging,
		view: view, newest: view, told: view.HighestModSeq()}
	if err := s.takeRecent(sel, view, 1); err != nil {
		return nil, err
	}
	sel.recents = sel.countRecent()
	return sel, nil
}

// writeSelected writes the responses that describe the mailbox.
func (s *session) writeSelected() {
	v := s.sel.view
	s.writeFlagLists(v)
	s.enc.Raw("* ")
	s.enc.Number(uint64(v.Len()))
	s.enc.Raw(" EXISTS\r\n")
	if !s.on(enabledRev2) {
		s.tellRecent(s.sel.recents)
	}
	if n := firstUnseen(v); n > 0 && !s.on(enabledRev2|enabledUIDOnly) { // RFC 9586 3.7
		s.writeOK("UNSEEN", uint64(n), "First unseen")
	}
	s.writeOK("UIDVALIDITY", uint64(v.UIDValidity()), "UIDs valid")
	s.writeOK("UIDNEXT", uint64(v.UIDNext()), "Predicted next UID")
	s.writeOK("HIGHESTMODSEQ", uint64(v.HighestModSeq()), "Highest")
	s.enc.Raw("* OK [" + mailboxObject(s.sel.account, s.sel.id) + "] Mailbox ID\r\n")
}

// writeSelectedName writes the LIST response of IMAP4rev2 (RFC 9051 6.3.2), with
// the name that the client used when that is not the mailbox's own spelling.
func (s *session) writeSelectedName(name string) error {
	if !s.on(enabledRev2) {
		return nil
	}
	boxes, err := s.mail.Mailboxes(s.ctx, s.sel.account)
	if err != nil {
		return err
	}
	var mbox mailstore.Mailbox
	for _, b := range boxes {
		if b.ID == s.sel.id {
			mbox = b
		}
	}
	attributes := []string{`\HasNoChildren`}
	if mbox.HasChildren {
		attributes[0] = `\HasChildren`
	}
	if mbox.Subscribed {
		attributes = append(attributes, `\Subscribed`)
	}
	if mbox.SpecialUse != "" && s.sel.account == s.account {
		attributes = append(attributes, mbox.SpecialUse)
	}
	normal := norm.NFC.String(name)
	s.writeListLine("LIST", attributes, normal)
	if normal != name {
		s.enc.Raw(` ("OLDNAME" (`)
		s.enc.Mailbox(name)
		s.enc.Raw("))")
	}
	s.enc.CRLF()
	return nil
}

// writeOK writes an untagged OK with a response code that is a number.
func (s *session) writeOK(code string, n uint64, text string) {
	s.enc.Raw("* OK [")
	s.enc.Raw(code)
	s.enc.Byte(' ')
	s.enc.Number(n)
	s.enc.Raw("] ")
	s.enc.Raw(text)
	s.enc.CRLF()
}

// firstUnseen is the sequence number of the first message without \Seen, or 0.
func firstUnseen(v *mailstore.View) int {
	if v.Status().Unseen == 0 {
		return 0
	}
	for first, block := range v.Blocks(0) {
		for i := range block {
			if block[i].Flags&mailstore.Seen == 0 {
				return first + i + 1
			}
		}
	}
	return 0
}

// leave closes the selected mailbox without expunging.
func (s *session) leave() {
	s.sel, s.state = nil, stateAuthenticated
}

// uids turns a sequence-set of the client into UIDs of messages in the view.
// Message numbers must exist (RFC 3501 9, seq-number); UIDs need not.
func (s *session) uids(set imapwire.NumSet, byUID bool) (mailstore.UIDSet, error) {
	v := s.sel.view
	if set.Saved {
		return inView(v, s.sel.saved), nil
	}
	if !byUID {
		return seqToUIDs(v, set)
	}
	var last uint32
	if n := v.Len(); n > 0 {
		last = uint32(v.At(n - 1).UID)
	}
	ranges := set.Resolve(last)
	out := make(mailstore.UIDSet, 0, len(ranges))
	for _, r := range ranges {
		if lo, hi := mailstore.UID(r.First), mailstore.UID(r.Last); v.Search(lo) < searchAfter(v, hi) {
			out = append(out, mailstore.UIDRange{First: lo, Last: min(hi, mailstore.UID(last))})
		}
	}
	return out, nil
}

// inView keeps the ranges of a set in which the view has a message.
func inView(v *mailstore.View, set mailstore.UIDSet) mailstore.UIDSet {
	out := make(mailstore.UIDSet, 0, len(set))
	for _, r := range set {
		if v.Search(r.First) < searchAfter(v, r.Last) {
			out = append(out, r)
		}
	}
	return out
}

// searchAfter is the index of the first message behind uid.
func searchAfter(v *mailstore.View, uid mailstore.UID) int {
	if uid == 1<<32-1 {
		return v.Len()
	}
	return v.Search(uid + 1)
}

// seqToUIDs takes a run of message numbers as the run of UIDs from the first
// to the last of them: in this view it holds the same messages.
func seqToUIDs(v *mailstore.View, set imapwire.NumSet) (mailstore.UIDSet, error) {
	n := uint32(v.Len())
	ranges := set.Resolve(n)
	if len(ranges) == 0 || ranges[len(ranges)-1].Last > n {
		return nil, bad("Invalid messageset")
	}
	out := make(mailstore.UIDSet, len(ranges))
	for i, r := range ranges {
		out[i] = mailstore.UIDRange{First: v.At(int(r.First - 1)).UID, Last: v.At(int(r.Last - 1)).UID}
	}
	return mailstore.NewUIDSet(out), nil
}
