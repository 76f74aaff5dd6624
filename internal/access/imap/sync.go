package imap

import (
	"errors"
	"slices"

	"tram/internal/mail/imapwire"
	"tram/internal/mailstore"
)

// errDeleted ends a session whose mailbox is gone; RFC 2180 3.3 allows it, and
// every other server does the same.
var errDeleted = errors.New("Selected mailbox was deleted") //nolint:staticcheck // people read it

// errRenamed ends a session that has INBOX selected when another one renames it:
// it would wait for new mail where none comes any more (RFC 2180 3.3). Other
// mailboxes keep their sessions under a new name (RFC 2180 3.4).
var errRenamed = errors.New("INBOX was renamed, select it again")

// sync brings the session's view up to date and tells the client what is
// different, with EXPUNGE responses or without (RFC 3501 5.2, 7.4.1).
func (s *session) sync(expunge bool) error {
	v, err := s.newestView()
	if err != nil || s.frozen() {
		return err
	}
	changed, err := s.rightsChanged()
	if err != nil {
		return err
	}
	if v == s.sel.newest && (!expunge || s.sel.view == v) {
		if changed {
			s.writeFlagLists(s.sel.view)
		}
		return nil
	}
	view := v
	if !expunge {
		view = v.Keeping(s.sel.view)
	}
	if changed {
		s.writeFlagLists(v)
	} else {
		s.tellKeywords(v)
	}
	return s.advance(view, v, nil)
}

// syncTold is sync without EXPUNGE responses. The client hears the flags of
// the messages in told in another way.
func (s *session) syncTold(told mailstore.UIDSet) error {
	v, err := s.newestView()
	if err != nil {
		return err
	}
	s.tellKeywords(v)
	if s.frozen() {
		s.sel.view = s.sel.view.Taking(v, told)
		return nil
	}
	return s.advance(v.Keeping(s.sel.view), v, told)
}

func (s *session) newestView() (*mailstore.View, error) {
	v, err := s.mail.View(s.ctx, s.sel.account, s.sel.id)
	// Without the right r it is as good as gone.
	if errors.Is(err, mailstore.ErrNoMailbox) || errors.Is(err, mailstore.ErrNoRight) {
		return nil, errDeleted
	}
	if err != nil || !s.sel.inbox || v == s.sel.newest {
		return v, err
	}
	inbox, err := s.mail.Inbox(s.ctx, s.sel.account)
	if err == nil && inbox != s.sel.id {
		err = errRenamed
	}
	return v, err
}

// advance replaces the session's view and announces the difference, in the
// order in which Dovecot does: EXPUNGE, FETCH, EXISTS, RECENT. Keywords come
// before it, and before the first FETCH that may have one: see tellKeywords.
func (s *session) advance(view, newest *mailstore.View, told mailstore.UIDSet) error {
	sel := s.sel
	old := sel.view
	if newest.UIDNext() > old.UIDNext() {
		if err := s.takeRecent(sel, newest, old.UIDNext()); err != nil {
			return err
		}
	}
	sel.contexts.leave(old, view, newest)
	s.tellExpunged(old, view)
	s.tellFlags(old, view, told)
	sel.view, sel.newest = view, newest
	// EXISTS only grows here: what an EXPUNGE took away, the client has
	// counted itself.
	if newest.UIDNext() > old.UIDNext() {
		s.enc.Raw("* ")
		s.enc.Number(uint64(view.Len()))
		s.enc.Raw(" EXISTS\r\n")
	}
	if n := sel.countRecent(); n > sel.recents {
		s.tellRecent(n)
	} else {
		sel.recents = n
	}
	sel.contexts.update(old, view)
	return s.tellArrived(old.UIDNext())
}

func (s *session) tellRecent(n int) {
	s.sel.recents = n
	s.enc.Raw("* ")
	s.enc.Number(uint64(n))
	s.enc.Raw(" RECENT\r\n")
}

// tellHighest tells a client with CONDSTORE the MODSEQ up to which it knows
// everything now, unless a FETCH response has named it. While an EXPUNGE is
// held back there is nothing to tell: see highestCode. It is called when all
// FETCH responses of a command, or of a push, are sent.
func (s *session) tellHighest() {
	sel := s.sel
	if sel == nil || sel.view != sel.newest || !s.hearsFlags() {
		return
	}
	highest := sel.newest.HighestModSeq()
	if s.on(enabledCondstore) && !sel.vanished && highest > max(sel.told, sel.heard) {
		s.writeOK("HIGHESTMODSEQ", uint64(highest), "Highest")
	}
	sel.told = highest
}

// tellHighestNow is tellHighest where no tagged OK follows.
func (s *session) tellHighestNow() {
	if s.sel != nil {
		s.sel.vanished = false
	}
	s.tellHighest()
}

// highestCode is the response code HIGHESTMODSEQ of a tagged OK, "" for none:
// it follows VANISHED and EXPUNGE (RFC 7162 3.2.7), and with an EXPUNGE held
// back it keeps a client that synchronises by VANISHED from taking the MODSEQ of
// a FETCH response for what it has seen everything up to (RFC 7162 3.2, 6).
func (s *session) highestCode() string {
	if s.sel == nil || !s.sel.vanished && (!s.on(enabledQresync) || s.sel.view == s.sel.newest) {
		return ""
	}
	s.sel.vanished = false
	return string(append(appendUint([]byte("[HIGHESTMODSEQ "), uint64(s.sel.told)), ']'))
}

// tellKeywords announces the keywords of the mailbox when the client knows
// others (RFC 3501 7.2.6, RFC 9051 7.3.5). What follows gives the session a view
// with those of v.
func (s *session) tellKeywords(v *mailstore.View) {
	if !slices.Equal(v.Keywords(), s.sel.view.Keywords()) {
		s.writeFlagLists(v)
	}
}

// tellExpunged sends EXPUNGE from the end to the beginning, so that each number
// is the one of the old view.
func (s *session) tellExpunged(old, view *mailstore.View) {
	var gone []int
	for c := range mailstore.Diff(old, view) {
		if c.Kind == mailstore.Expunged {
			gone = append(gone, c.Old)
		}
	}
	s.writeExpunged(old, gone)
}

// writeExpunged tells which messages of a view, given by their indexes in
// ascending order, are gone: with VANISHED or, from the end to the beginning so
// that each number is the one of the view, with EXPUNGE.
func (s *session) writeExpunged(v *mailstore.View, gone []int) {
	if len(gone) == 0 {
		return
	}
	if s.on(enabledQresync | enabledUIDOnly) { // RFC 7162 3.2.10, RFC 9586 3.6
		s.writeVanished(v, gone)
		return
	}
	for _, index := range slices.Backward(gone) {
		s.enc.Raw("* ")
		s.enc.Number(uint64(index + 1))
		s.enc.Raw(" EXPUNGE\r\n")
	}
	s.sel.vanished = s.on(enabledCondstore)
}

// writeVanished writes the VANISHED response (RFC 7162 3.2.10).
func (s *session) writeVanished(v *mailstore.View, gone []int) {
	var uids []imapwire.Range
	for _, index := range gone {
		uids = imapwire.AddNumber(uids, uint32(v.At(index).UID))
	}
	s.enc.Raw("* VANISHED ")
	s.enc.Ranges(uids)
	s.enc.CRLF()
	s.sel.vanished = s.on(enabledQresync)
}

// beginFetch begins the FETCH response of a message: its index is that in the
// view that the client knows. Without message numbers it is UIDFETCH
// (RFC 9586 3.3). The items and the closing parenthesis follow.
func (s *session) beginFetch(index int, uid mailstore.UID) {
	s.enc.Raw("* ")
	if s.on(enabledUIDOnly) {
		s.enc.Number(uint64(uid))
		s.enc.Raw(" UIDFETCH (")
		return
	}
	s.enc.Number(uint64(index + 1))
	s.enc.Raw(" FETCH (")
}

// tellFlags sends a FETCH for each message whose flags changed, but for those
// in told.
func (s *session) tellFlags(old, view *mailstore.View, told mailstore.UIDSet) {
	if !s.hearsFlags() {
		return
	}
	flags := s.newFlagWriter(view)
	for c := range mailstore.Diff(old, view) {
		if c.Kind != mailstore.FlagsChanged {
			continue
		}
		told = dropBelow(told, c.Entry.UID)
		if len(told) > 0 && told[0].First <= c.Entry.UID {
			continue
		}
		s.beginFetch(c.New, c.Entry.UID)
		s.writeUpdate(flags, c.Entry)
		s.enc.Raw(")\r\n")
	}
}

// writeUpdate writes the items of a FETCH response that the client did not ask
// for: FLAGS, with the UID and MODSEQ where they belong.
func (s *session) writeUpdate(flags *flagWriter, e mailstore.Entry) {
	if s.tellsUID() {
		s.enc.Raw("UID ")
		s.enc.Number(uint64(e.UID))
		s.enc.Byte(' ')
	}
	if s.on(enabledCondstore) {
		s.writeModSeq(e.ModSeq)
		s.enc.Byte(' ')
	}
	flags.write(e)
}

// tellsUID reports whether FETCH responses that the client did not ask for have
// the UID among their items (RFC 5465 5.1, RFC 7162 3.2.4, RFC 9051 7.5.2).
// UIDFETCH has it in front already.
func (s *session) tellsUID() bool {
	return (s.on(enabledCondstore|enabledRev2) || s.notify != nil) && !s.on(enabledUIDOnly)
}

// dropBelow cuts the ranges off that end before uid.
func dropBelow(set mailstore.UIDSet, uid mailstore.UID) mailstore.UIDSet {
	for len(set) > 0 && set[0].Last < uid {
		set = set[1:]
	}
	return set
}

// writeModSeq writes the FETCH item MODSEQ (RFC 7162 3.1.4.2).
func (s *session) writeModSeq(m mailstore.ModSeq) {
	s.sel.heard = max(s.sel.heard, m)
	s.enc.Raw("MODSEQ (")
	s.enc.Number(uint64(m))
	s.enc.Byte(')')
}
