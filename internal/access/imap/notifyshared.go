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

// allWatched lists all names that the user can see.
func (s *session) allWatched() ([]listed, error) {
	names, err := s.allNames(patterns{"*"})
	if err != nil {
		return nil, err
	}
	return s.addSubscriptions(names)
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
	names, err := s.allWatched()
	if err != nil {
		return nil, err
	}
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
	if len(news.Boxes) == 0 {
		return nil
	}
	subscribed, err := s.mail.Subscriptions(s.ctx, s.account)
	if err != nil {
		return err
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
		b.Entries = slices.DeleteFunc(b.Entries, func(e string) bool { return !strings.HasPrefix(e, "/shared/") })
		was, is := f.visible[b.ID], have&mailstore.RightLookup != 0 && !b.Deleted
		f.visible[b.ID] = is
		switch {
		case was != is && !b.Deleted:
			s.tellGranted(b, is)
		case was && have&mailstore.RightRead != 0, was && b.Deleted:
			s.tellBox(f.account, b)
		}
	}
	return nil
}

// tellGranted tells that the user may look a mailbox up from now on, or may not
// any more: for the client it was made or deleted (RFC 5465 5.4, 5.9).
func (s *session) tellGranted(b *mailstore.BoxNews, granted bool) {
	events := s.notify.wanted(watched{name: b.Name, subscribed: b.Subscribed})
	m := b.Mailbox
	switch {
	case events == 0:
	case granted:
		s.writeNamed(m, "", "")
	case events&eventMailboxName != 0:
		m.ID = 0
		s.writeNamed(m, "", "")
	default:
		s.writeNamed(m, "", `\NoAccess`)
	}
}

// leavesHome reports whether a group can mean mailboxes of other accounts.
func leavesHome(g eventGroup) bool { return g.filter&(filterSubscribed|filtersByName) != 0 }
