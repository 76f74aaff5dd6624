package imap

import (
	"errors"
	"strings"

	"golang.org/x/text/unicode/norm"

	"tram/internal/mail/imapwire"
	"tram/internal/mailstore"
	"tram/internal/storage/kv"
)

// Limits of one ESEARCH command.
const (
	maxSourceNames     = 1000   // mailboxes that are named
	maxSourceFilters   = 100    // filters: each goes through all mailboxes
	maxSourceMailboxes = 10_000 // mailboxes that are searched
)

// searchSources is the mailboxes that ESEARCH is about (RFC 7377 2.2). None
// means the selected one.
type searchSources struct {
	list  []sourceFilter
	names int
}

// sourceFilter is a filter-mailboxes: a word, and names if it wants some.
type sourceFilter struct {
	word  string
	names []string
}

// sourceWords are the words, and whether names follow. "selected-delayed" is
// none of them.
var sourceWords = map[string]bool{
	"SELECTED": false, "INBOXES": false, "PERSONAL": false, "SUBSCRIBED": false,
	"MAILBOXES": true, "SUBTREE": true, "SUBTREE-ONE": true,
}

// parse reads ["IN" SP "(" source-mbox ")" SP].
func (f *searchSources) parse(d *imapwire.Decoder) bool {
	if !d.Word("IN") {
		return d.Err() == nil
	}
	if !d.ExpectSP() || !d.ExpectList(func() bool { return f.filter(d) }) {
		return false
	}
	return (len(f.list) > 0 || d.Fail("No mailboxes to search")) && d.ExpectSP()
}

func (f *searchSources) filter(d *imapwire.Decoder) bool {
	if d.AtSpecial('(') && len(f.list) > 0 {
		return d.Fail("Unknown scope option")
	}
	var one sourceFilter
	if !d.ExpectKeyword(&one.word) {
		return false
	}
	named, known := sourceWords[one.word]
	if !known {
		return d.Fail("Unknown mailbox filter")
	}
	if named && (!d.ExpectSP() || !f.readNames(d, &one)) {
		return false
	}
	f.list = append(f.list, one)
	return len(f.list) <= maxSourceFilters || d.Fail("Too many mailbox filters")
}

// readNames reads one-or-more-mailbox (RFC 5465 8).
func (f *searchSources) readNames(d *imapwire.Decoder, one *sourceFilter) bool {
	read := func() bool {
		var name string
		if !d.ExpectMailbox(&name) {
			return false
		}
		one.names = append(one.names, norm.NFC.String(name)) // as names are stored (RFC 9051 5.1)
		f.names++
		return f.names <= maxSourceNames || d.Fail("Too many mailboxes")
	}
	if !d.AtSpecial('(') {
		return read()
	}
	return d.ExpectList(read) && (len(one.names) > 0 || d.Fail("No mailbox"))
}

// selected reports whether the selected mailbox is asked for by that word.
func (f *searchSources) selected() bool {
	for _, one := range f.list {
		if one.word == "SELECTED" {
			return true
		}
	}
	return len(f.list) == 0
}

// onlySelected reports whether nothing else is asked for.
func (f *searchSources) onlySelected() bool {
	for _, one := range f.list {
		if one.word != "SELECTED" {
			return false
		}
	}
	return true
}

// searchSource is one mailbox to search.
type searchSource struct {
	account kv.Account
	id      mailstore.MailboxID
	name    string // the client's
}

// sourceMailboxes lists the mailboxes that the sources name, each once. done is
// called when they are of no use any more, after an error too.
func (s *session) sourceMailboxes(f *searchSources) (list []searchSource, done func(), err error) {
	c := sourceCollector{s: s, seen: map[mailstore.Place]bool{}, done: func() {}}
	if len(f.list) == 0 {
		err := c.addSelected()
		return c.list, c.done, err
	}
	for _, one := range f.list {
		if err := c.add(one); err != nil {
			return nil, c.done, err
		}
		if len(c.list) > maxSourceMailboxes {
			return nil, c.done, no("LIMIT", "Too many mailboxes to search")
		}
	}
	return c.list, c.done, nil
}

// sourceCollector gathers mailboxes.
type sourceCollector struct {
	s     *session
	seen  map[mailstore.Place]bool
	list  []searchSource
	names []listed // all that the user can look up; nil until it is needed
	done  func()   // gives their room back
}

func (c *sourceCollector) add(f sourceFilter) error {
	switch f.word {
	case "SELECTED":
		return c.addSelected()
	case "MAILBOXES":
		return c.addNamed(f.names)
	}
	if err := c.lookUp(); err != nil {
		return err
	}
	for i := range c.names {
		if n := &c.names[i]; c.s.covers(f, n) {
			c.put(searchSource{n.account, n.box.ID, n.box.Name})
		}
	}
	return nil
}

// covers reports whether a filter means a mailbox. Mail can be delivered to
// every mailbox of a user, so "inboxes" are the personal ones (RFC 5465 6.3).
func (s *session) covers(f sourceFilter, n *listed) bool {
	switch f.word {
	case "INBOXES", "PERSONAL":
		return n.account == s.account
	case "SUBSCRIBED":
		return n.box.Subscribed
	}
	for _, top := range f.names {
		rest, below := strings.CutPrefix(n.box.Name, top)
		if below && (rest == "" || rest[0] == '/' && (f.word == "SUBTREE" || !strings.Contains(rest[1:], "/"))) {
			return true
		}
	}
	return false
}

// lookUp lists all mailboxes that the user can see.
func (c *sourceCollector) lookUp() error {
	if c.names != nil {
		return nil
	}
	names, done, err := c.s.allWatched()
	if err == nil {
		c.names, c.done = names, done
	}
	return err
}

// addNamed adds mailboxes by name. Those that are not there are passed over.
func (c *sourceCollector) addNamed(names []string) error {
	for _, name := range names {
		at, box, err := c.s.mailbox(name)
		switch {
		case err == nil:
			c.put(searchSource{at.account, box.ID, box.Name})
		case !errors.Is(err, mailstore.ErrNoMailbox) && !errors.Is(err, mailstore.ErrNoRight) && !errors.Is(err, mailstore.ErrMailboxName):
			return err
		}
	}
	return nil
}

func (c *sourceCollector) addSelected() error {
	if err := c.lookUp(); err != nil {
		return err
	}
	sel := c.s.sel
	for i := range c.names {
		if n := &c.names[i]; n.account == sel.account && n.box.ID == sel.id {
			c.put(searchSource{n.account, n.box.ID, n.box.Name})
		}
	}
	return nil
}

// put adds a mailbox that is not there yet.
func (c *sourceCollector) put(box searchSource) {
	at := mailstore.Place{Account: box.account, Mailbox: box.id}
	if box.id != 0 && !c.seen[at] {
		c.seen[at] = true
		c.list = append(c.list, box)
	}
}
