package imap

import (
	"tram/internal/mailstore"
)

// What NOTIFY changes about the selected mailbox (RFC 5465 3.1, 6.1). Without
// NOTIFY a session hears of everything.

// frozen reports whether the client wants no events of the selected mailbox:
// its view stays as it is, so that no message number shifts unseen, until the
// session expunges something itself.
func (s *session) frozen() bool {
	n := s.notify
	return n != nil && n.selected == 0 && !n.ownExpunged
}

// hearsFlags reports whether the client hears of flags that others change.
func (s *session) hearsFlags() bool {
	return s.notify == nil || s.notify.selected&eventFlagChange != 0
}

// owesExpunge reports whether a command left expunged messages to be told of
// that the client wants to hear of at once.
func (n *notifier) owesExpunge(sel *selected) bool {
	return sel != nil && n.selected != 0 && !n.delayed && sel.view != sel.newest
}

// mayPushExpunge reports whether EXPUNGE may be sent while no command but IDLE
// is in progress.
func (s *session) mayPushExpunge() bool {
	return s.idling != nil || !s.notify.delayed
}

// tellArrived sends what the client asked to be told of each new message in
// the selected mailbox, from a UID on, unless it made the message itself
// (RFC 5465 5.2).
func (s *session) tellArrived(from mailstore.UID) error {
	n := s.notify
	if n == nil {
		return nil
	}
	n.ownExpunged = false // told
	if n.fetch == nil {
		return nil
	}
	own := n.isOwn(s.sel.account)
	var uids mailstore.UIDSet
	v := s.sel.view
	for _, block := range v.Blocks(v.Search(from)) {
		for i := range block {
			if e := &block[i]; !own(e.ModSeq) {
				uids = addUID(uids, e.UID)
			}
		}
	}
	return s.tellItems(n.fetch, uids)
}

// planItems prepares items that nobody asks for at the moment: nothing is marked
// \Seen by being told of.
func (s *session) planItems(req *fetchRequest) {
	if req.has(itemModSeq) {
		s.enableCondstore() // as in FETCH (RFC 7162 3.1)
	}
	for i := range req.items {
		req.items[i].peek = true
	}
	req.plan(s)
}

// tellItems sends items of new messages.
func (s *session) tellItems(req *fetchRequest, uids mailstore.UIDSet) error {
	if len(uids) == 0 {
		return nil
	}
	_, err := s.fetchBatch(req, uids, nil)
	if isDamage(err) && s.state != stateLogout {
		s.enc.Raw("* NO [CORRUPTION] Stored data is damaged\r\n")
		return nil
	}
	return err
}

// noteOwn remembers a change that the session made, to tell nobody of it.
func (s *session) noteOwn(c mailstore.OwnChange) {
	n := s.notify
	if n == nil {
		return
	}
	n.note(c)
	n.stale = n.stale || c.Subscriptions
	if s.sel != nil && s.sel.account == c.Account {
		for _, m := range c.Expunged {
			n.ownExpunged = n.ownExpunged || m == s.sel.id
		}
	}
}
