package imap

import (
	"errors"
	"slices"

	"tram/internal/mailstore"
	"tram/internal/storage/kv"
)

// tellNews tells a client that used NOTIFY what others have done to mailboxes
// other than the selected one.
func (s *session) tellNews() error {
	n := s.notify
	if n.stale && slices.ContainsFunc(n.groups, func(g eventGroup) bool { return g.filter == filterSubscribed }) {
		if err := s.follow(n); err != nil { // RFC 5465 6.4
			return err
		}
	}
	n.stale = false
	for i := range n.feeds {
		f := &n.feeds[i]
		news, err := s.mail.News(s.ctx, f.account, f.since, n.isOwn(f.account))
		if err != nil {
			return err
		}
		if !news.Complete {
			s.overflow()
			return nil
		}
		f.since = news.Now
		if err := s.tellFeed(f, &news); err != nil {
			return err
		}
	}
	n.own = nil // every feed has passed them
	return nil
}

// overflow gives up on a client that is so far behind that the log does not
// know what it missed (RFC 5465 5.8).
func (s *session) overflow() {
	s.notify.close()
	s.notify = &notifier{}
	s.enc.Raw("* OK [NOTIFICATIONOVERFLOW] Too much has changed, ask again with NOTIFY\r\n")
}

// tellFeed tells what happened in one account.
func (s *session) tellFeed(f *feed, news *mailstore.News) error {
	if f.account != s.account {
		return s.tellShared(f, news)
	}
	for i := range news.Boxes {
		s.tellBox(f.account, &news.Boxes[i])
	}
	for _, m := range news.Subscriptions {
		s.notify.stale = true
		if s.notify.wanted(watched{name: m.Name, personal: !isForeign(m.Name), subscribed: true})&eventSubscriptionChange == 0 {
			continue
		}
		if isForeign(m.Name) {
			if _, box, err := s.mailbox(m.Name); err == nil {
				m.ID = box.ID
			}
		}
		s.writeNamed(m, "", "")
	}
	if len(news.Entries) > 0 && s.notify.wantsServerMetadata() {
		s.writeEntries("", news.Entries)
	}
	return nil
}

// tellBox tells what happened to one mailbox.
func (s *session) tellBox(id kv.Account, b *mailstore.BoxNews) {
	w := watched{name: b.Name, personal: id == s.account, subscribed: b.Subscribed}
	events := s.notify.wanted(w)
	if b.Was != "" { // who watched the old name hears where it went
		w.name = b.Was
		events |= s.notify.wanted(w)
	}
	if events&eventMailboxName != 0 {
		switch {
		case b.Deleted:
			s.writeNamed(b.Mailbox, "", "")
		case b.Was != "":
			s.writeNamed(b.Mailbox, b.Was, "")
		case b.Created && b.Name != "INBOX": // RENAME of INBOX makes a new one, which is no news (RFC 5465 5.4)
			s.writeNamed(b.Mailbox, "", "")
		}
	}
	if b.Deleted {
		return
	}
	if len(b.Entries) > 0 && events&eventMailboxMetadata != 0 {
		s.writeEntries(b.Name, b.Entries)
	}
	if s.sel != nil && s.sel.account == id && s.sel.id == b.ID {
		return // sync tells what happens in the selected mailbox
	}
	if items := s.newsItems(b, events); items != 0 {
		s.writeNewsStatus(b.Name, b.Status, items)
	}
}

// newsItems is what STATUS says of a mailbox after an event. UNSEEN goes with
// all of them, as in Dovecot (RFC 5465 5.1, 5.2, 5.3).
func (s *session) newsItems(b *mailstore.BoxNews, events notifyEvents) statusItem {
	var items statusItem
	if (b.Arrived || b.Expunged) && events&eventMessageNew != 0 {
		items |= statusMessages | statusUIDNext | statusUnseen
	}
	if b.Flags && events&eventFlagChange != 0 {
		items |= statusUIDValidity | statusUnseen
	}
	if items != 0 && s.on(enabledCondstore) {
		items |= statusHighestModSeq
	}
	return items
}

// tellStatuses answers the STATUS indicator: one response for each mailbox, but
// the selected one, of which messages are watched (RFC 5465 3.1).
func (s *session) tellStatuses() error {
	names, done, err := s.allWatched()
	if err != nil {
		return err
	}
	defer done()
	for _, m := range names {
		events := s.notify.wanted(s.watchedAs(&m)) & messageEvents
		if m.box.ID == 0 || events == 0 || s.sel != nil && s.sel.account == m.account && s.sel.id == m.box.ID {
			continue
		}
		st, err := s.mail.Status(s.ctx, m.account, m.box.ID)
		switch {
		case errors.Is(err, mailstore.ErrNoMailbox): // deleted in between
			continue
		case errors.Is(err, mailstore.ErrNoRight): // the user may look it up, and no more
			s.writeNamed(mailstore.Mailbox{ID: m.box.ID, Name: m.box.Name}, "", `\NoAccess`)
			continue
		case err != nil:
			return err
		}
		items := statusMessages | statusUIDNext | statusUIDValidity | statusUnseen
		if events&eventFlagChange != 0 || s.on(enabledCondstore) {
			items |= statusHighestModSeq
		}
		s.writeNewsStatus(m.box.Name, st, items)
	}
	return nil
}

// writeNewsStatus writes a STATUS response that nobody asked for: it does not
// enable CONDSTORE.
func (s *session) writeNewsStatus(name string, st mailstore.Status, items statusItem) {
	s.enc.Raw("* STATUS ")
	s.enc.Mailbox(name)
	sep := " ("
	for _, v := range [...]struct {
		item  statusItem
		name  string
		value uint64
	}{
		{statusMessages, "MESSAGES", uint64(st.Messages)},
		{statusUIDNext, "UIDNEXT", uint64(st.UIDNext)},
		{statusUIDValidity, "UIDVALIDITY", uint64(st.UIDValidity)},
		{statusUnseen, "UNSEEN", uint64(st.Unseen)},
		{statusHighestModSeq, "HIGHESTMODSEQ", uint64(st.HighestModSeq)},
	} {
		if items&v.item != 0 {
			s.enc.Raw(sep)
			s.enc.Raw(v.name)
			s.enc.Byte(' ')
			s.enc.Number(v.value)
			sep = " "
		}
	}
	s.enc.Raw(")\r\n")
}

// writeNamed writes the LIST response of a name that was made, renamed (from
// was), deleted, subscribed, unsubscribed, given or taken away (RFC 5465 5.4,
// 5.5, 5.9). What lies below a mailbox of another account is its owner's
// business.
func (s *session) writeNamed(m mailstore.Mailbox, was, attr string) {
	var attrs []string
	add := func(when bool, attr string) {
		if when {
			attrs = append(attrs, attr)
		}
	}
	add(attr != "", attr)
	add(m.ID == 0, `\NonExistent`)
	add(m.Subscribed, `\Subscribed`)
	if !isForeign(m.Name) {
		add(m.HasChildren, `\HasChildren`)
		add(!m.HasChildren, `\HasNoChildren`)
		add(m.SpecialUse != "", m.SpecialUse)
	}
	s.writeListLine("LIST", attrs, m.Name)
	if was != "" {
		s.enc.Raw(` ("OLDNAME" (`)
		s.enc.Mailbox(was)
		s.enc.Raw("))")
	}
	s.enc.CRLF()
}

// writeEntries writes the METADATA response that names entries without their
// values (RFC 5464 4.4.2).
func (s *session) writeEntries(mailbox string, entries []string) {
	s.enc.Raw("* METADATA ")
	if mailbox == "" {
		s.enc.Raw(`""`)
	} else {
		s.enc.Mailbox(mailbox)
	}
	for _, e := range entries {
		s.enc.Byte(' ')
		s.enc.AString(e)
	}
	s.enc.CRLF()
}

// wantsServerMetadata reports whether some group asks for the server's
// annotations; which mailboxes it names does not matter.
func (n *notifier) wantsServerMetadata() bool {
	return slices.ContainsFunc(n.groups, func(g eventGroup) bool { return g.events&eventServerMetadata != 0 })
}
