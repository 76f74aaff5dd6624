package imap

import (
	"errors"
	"slices"
	"strings"

	"tram/internal/mailstore"
)

// What NOTIFY tells of mailboxes of other accounts: only what the user may look
// up (l) and read (r), as it is at that moment (RFC 5465 5, 5.9).

// isForeign reports whether a name lies in the namespaces beside the user's own.
func isForeign(name string) bool {
	return strings.HasPrefix(name, sharedPrefix) || strings.HasPrefix(name, publicPrefix)
}

// allWatched lists all names that the user can see. done is called when the list
// is of no use any more.
func (s *session) allWatched() (names []listed, done func(), err error) {
	if names, done, err = s.names(everything); err != nil {
		return nil, nil, err
	}
	if names, err = s.addSubscriptions(names); err != nil {
		done()
		return nil, nil, err
	}
	return names, done, nil
}

func (s *session) watchedAs(m *listed) watched {
	return watched{name: m.box.Name, personal: m.account == s.account, subscribed: m.box.Subscribed}
}

// accountsOf are the accounts that groups speak of, each as the place of some
// mailbox in it.
func (s *session) accountsOf(n *notifier) ([]place, error) {
	if !slices.ContainsFunc(n.groups, func(g eventGroup) bool { return g.events != 0 }) {
		return nil, nil
	}
	places := []place{{account: s.account}}
	if s.srv.opts.Neighbours == nil || !slices.ContainsFunc(n.groups, leavesHome) {
		return places, nil
	}
	names, done, err := s.allWatched()
	if err != nil {
		return nil, err
	}
	defer done()
	add := func(name string) error {
		at, err := s.place(name)
		if err == nil && !slices.ContainsFunc(places, func(p place) bool { return p.account == at.account }) {
			places = append(places, at)
		}
		if errors.Is(err, mailstore.ErrNoMailbox) {
			return nil
		}
		return err
	}
	for i := range names {
		if m := &names[i]; m.account != s.account && n.wanted(s.watchedAs(m)) != 0 {
			if err := add(m.box.Name); err != nil {
				return nil, err
			}
		}
	}
	for _, g := range n.groups { // what is shared later
		for _, name := range g.names {
			if isForeign(name) {
				if err := add(name); err != nil {
					return nil, err
				}
			}
		}
	}
	return places, nil
}

// tellShared tells what happened in another account.
func (s *session) tellShared(f *feed, news *mailstore.News) error {
	if len(news.Boxes)+len(news.Lost) == 0 {
		return nil
	}
	subscribed, err := s.mail.Subscriptions(s.ctx, s.account)
	if err != nil {
		return err
	}
	for _, id := range news.Lost {
		if name := f.visible[id]; name != "" {
			delete(f.visible, id)
			s.tellLost(name, slices.Contains(subscribed, name))
		}
	}
	for i := range news.Boxes {
		b := &news.Boxes[i]
		have, err := s.mail.Rights(s.ctx, f.account, b.ID)
		if err != nil {
			return err
		}
		b.Name = f.prefix + b.Name
		b.Subscribed = slices.Contains(subscribed, b.Name)
		if b.Was != "" {
			b.Was = f.prefix + b.Was
		}
		b.Created = f.visible[b.ID] == "" // for this client
		f.visible[b.ID] = b.Name
		if have&mailstore.RightRead == 0 {
			b.Arrived, b.Flags, b.Expunged, b.Entries = false, false, false, nil
		}
		events := s.notify.wanted(watched{name: b.Name, subscribed: b.Subscribed})
		if b.Created && b.Rights && events != 0 && events&eventMailboxName == 0 {
			s.writeNamed(b.Mailbox, "", "") // it takes \NoAccess back (RFC 5465 5.9)
		}
		s.tellBox(f.account, b)
	}
	return nil
}

// tellLost tells that a mailbox was deleted, or that the user may not look it up
// any more, which for the client is the same (RFC 5465 5.4, 5.9).
func (s *session) tellLost(name string, subscribed bool) {
	events := s.notify.wanted(watched{name: name, subscribed: subscribed})
	m := mailstore.Mailbox{Name: name, Subscribed: subscribed}
	switch {
	case events&eventMailboxName != 0:
		s.writeNamed(m, "", "")
	case events != 0:
		m.ID = 1 // it may still be there
		s.writeNamed(m, "", `\NoAccess`)
	}
}

// leavesHome reports whether a group can mean mailboxes of other accounts.
func leavesHome(g eventGroup) bool { return g.filter&(filterSubscribed|filtersByName) != 0 }
