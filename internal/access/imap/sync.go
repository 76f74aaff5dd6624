package imap

import (
	"errors"

	"tram/internal/mailstore"
)

// errDeleted ends a session whose mailbox is gone; RFC 2180 3.3 allows it, and
// every other server does the same.
var errDeleted = errors.New("Selected mailbox was deleted") //nolint:staticcheck // people read it

// sync brings the session's view up to date and tells the client what is
// different, with EXPUNGE responses or without (RFC 3501 5.2, 7.4.1).
func (s *session) sync(expunge bool) error {
	v, err := s.newestView()
	if err != nil {
		return err
	}
	if v == s.sel.newest && (!expunge || s.sel.view == v) {
		return nil
	}
	view := v
	if !expunge {
		view = v.Keeping(s.sel.view)
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
	return s.advance(v.Keeping(s.sel.view), v, told)
}

func (s *session) newestView() (*mailstore.View, error) {
	v, err := s.mail.View(s.ctx, s.sel.account, s.sel.id)
	if errors.Is(err, mailstore.ErrNoMailbox) {
		return nil, errDeleted
	}
	return v, err
}

// advance replaces the session's view and announces the difference, in the
// order in which Dovecot does: keywords, EXPUNGE, FETCH, EXISTS, RECENT.
func (s *session) advance(view, newest *mailstore.View, told mailstore.UIDSet) error {
	sel := s.sel
	old := sel.view
	if newest.UIDNext() > old.UIDNext() {
		if err := s.takeRecent(sel, newest, old.UIDNext()); err != nil {
			return err
		}
	}
	s.tellKeywords(newest)
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
	return nil
}

func (s *session) tellRecent(n int) {
	s.sel.recents = n
	s.enc.Raw("* ")
	s.enc.Number(uint64(n))
	s.enc.Raw(" RECENT\r\n")
}

// tellKeywords announces keywords that are new in the mailbox (RFC 3501 7.2.6).
func (s *session) tellKeywords(v *mailstore.View) {
	if len(v.Keywords()) == s.sel.keywords {
		return
	}
	s.writeFlagLists(v)
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
	for i := len(gone) - 1; i >= 0; i-- {
		s.enc.Raw("* ")
		s.enc.Number(uint64(gone[i] + 1))
		s.enc.Raw(" EXPUNGE\r\n")
	}
}

// tellFlags sends a FETCH for each message whose flags changed, but for those
// in told.
func (s *session) tellFlags(old, view *mailstore.View, told mailstore.UIDSet) {
	flags := s.newFlagWriter(view)
	for c := range mailstore.Diff(old, view) {
		if c.Kind != mailstore.FlagsChanged {
			continue
		}
		told = dropBelow(told, c.Entry.UID)
		if len(told) > 0 && told[0].First <= c.Entry.UID {
			continue
		}
		s.enc.Raw("* ")
		s.enc.Number(uint64(c.New + 1))
		s.enc.Raw(" FETCH (")
		if s.condstore {
			s.writeModSeq(c.Entry.ModSeq)
			s.enc.Byte(' ')
		}
		flags.write(c.Entry)
		s.enc.Raw(")\r\n")
	}
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
	s.enc.Raw("MODSEQ (")
	s.enc.Number(uint64(m))
	s.enc.Byte(')')
}
