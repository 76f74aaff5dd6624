package imap

import (
	"slices"

	"tram/internal/mailstore"
	"tram/internal/storage/kv"
)

// notifier is the state of a session that has used NOTIFY (RFC 5465). What
// happens is not collected here: the store's log is the queue, and since says
// how far the client has heard it, so that a client which is slow or away costs
// nothing.
//
// It belongs to whoever has the session.
type notifier struct {
	groups []eventGroup // of mailboxes other than the selected one

	selected notifyEvents  // what the client wants to hear of the selected mailbox
	delayed  bool          // SELECTED-DELAYED: EXPUNGE only when a command allows it
	fetch    *fetchRequest // what to send of its new messages; nil: nothing

	feeds []feed
	stale bool      // a subscription has changed: there may be more accounts to follow
	here  *hereFeed // the selected mailbox, when no feed has it

	own         []mailstore.OwnChange // that no feed has passed yet
	ownExpunged bool                  // the session expunged messages of the selected mailbox
}

// feed is an account whose log the session follows.
type feed struct {
	account kv.Account
	prefix  string           // of its mailboxes, as the client calls them
	since   mailstore.ModSeq // heard up to here
	cancel  func()           // ends the watch

	// visible are the mailboxes of another account that the user can look up,
	// by the names that the client knows: of one that is deleted, or taken from
	// the user, the store tells nothing but that.
	visible map[mailstore.MailboxID]string
}

// hereFeed watches the selected mailbox.
type hereFeed struct {
	account kv.Account
	id      mailstore.MailboxID
	cancel  func()
}

// startNotify replaces what the client hears of (RFC 5465 3.1). The changes of
// the selected mailbox follow when the command ends, as after NOOP.
func (s *session) startNotify(req *notifyRequest) error {
	n := &notifier{}
	for _, g := range req.groups {
		if g.filter&filtersSelected == 0 {
			n.groups = append(n.groups, g)
			continue
		}
		n.selected, n.delayed = g.events, g.filter == filterSelectedDelayed
	}
	if n.selected != 0 && req.fetch != nil {
		n.fetch = req.fetch
		s.planItems(n.fetch)
	}
	if err := s.follow(n); err != nil {
		n.close()
		return err
	}
	if s.notify == nil {
		s.ctx = mailstore.WithOrigin(s.ctx, s.noteOwn)
	} else {
		s.notify.close()
	}
	s.notify = n
	if req.status {
		return s.tellStatuses()
	}
	return nil
}

// follow finds the accounts that the groups speak of and begins to watch them.
func (s *session) follow(n *notifier) error {
	places, err := s.accountsOf(n)
	if err != nil {
		return err
	}
	for _, at := range places {
		if slices.ContainsFunc(n.feeds, func(f feed) bool { return f.account == at.account }) {
			continue
		}
		n.feeds = append(n.feeds, feed{account: at.account, prefix: at.prefix, cancel: s.mail.Watch(at.account, 0, s.changed)})
		f := &n.feeds[len(n.feeds)-1]
		// After the watch began: what happens in between is heard twice at
		// most, and never missed.
		news, err := s.mail.News(s.ctx, f.account, ^mailstore.ModSeq(0), n.isOwn(f.account))
		if err != nil {
			return err
		}
		f.since = news.Now
		if f.account != s.account {
			if err := s.see(f); err != nil {
				return err
			}
		}
	}
	return nil
}

// see notes which mailboxes of another account the user can look up.
func (s *session) see(f *feed) error {
	boxes, err := s.mail.Mailboxes(s.ctx, f.account)
	if err != nil {
		return err
	}
	f.visible = make(map[mailstore.MailboxID]string, len(boxes))
	for _, m := range boxes {
		f.visible[m.ID] = f.prefix + m.Name
	}
	return nil
}

// close ends the watches.
func (n *notifier) close() {
	for _, f := range n.feeds {
		f.cancel()
	}
	n.feeds = nil
	if n.here != nil {
		n.here.cancel()
		n.here = nil
	}
}

// look has the notifier watch the mailbox that is selected now. It is called
// when a worker leaves the session, and reports whether it began to: then
// something may have happened that nobody tells of again.
func (n *notifier) look(s *session) (began bool) {
	sel := s.sel
	if n.here != nil && (sel == nil || n.here.account != sel.account || n.here.id != sel.id) {
		n.here.cancel()
		n.here = nil
	}
	if sel == nil || n.here != nil || n.selected == 0 {
		return false
	}
	if slices.ContainsFunc(n.feeds, func(f feed) bool { return f.account == sel.account }) {
		return false
	}
	n.here = &hereFeed{account: sel.account, id: sel.id, cancel: s.mail.Watch(sel.account, sel.id, s.changed)}
	return true
}

// maxOwn limits the own changes that are remembered. A session that makes more
// of them in one command hears of the oldest.
const maxOwn = 1000

// note remembers a change that the session made itself.
func (n *notifier) note(c mailstore.OwnChange) {
	if len(n.own) >= maxOwn {
		n.own = slices.Delete(n.own, 0, maxOwn/2)
	}
	n.own = append(n.own, c)
}

// isOwn says which changes of an account the session made itself.
func (n *notifier) isOwn(id kv.Account) func(mailstore.ModSeq) bool {
	return func(seq mailstore.ModSeq) bool {
		return slices.ContainsFunc(n.own, func(c mailstore.OwnChange) bool { return c.Account == id && c.ModSeq == seq })
	}
}
