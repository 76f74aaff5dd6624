package imap

import (
	"math"
	"slices"

	"tram/internal/mail/imapwire"
	"tram/internal/mailstore"
)

// Limits of what a session is kept informed of. A search beyond them is
// answered, but not followed (RFC 5267 4.3.1).
const (
	maxContexts       = 16
	maxSortedContexts = 4
	maxSortedFollowed = 500_000 // messages of one sorted result
)

// contexts are the searches whose results the client asked to be kept up to
// date (RFC 5267 4.3). nil when there are none.
type contexts struct {
	s    *session
	list []*searchContext
	seen *mailstore.View // the store's view that all of them know
	next *mailstore.View // the one that leave was told of
}

// searchContext is one search with its result: a set of messages or, when it is
// sorted, their UIDs in order.
type searchContext struct {
	tag      string
	byUID    bool
	prog     *program
	set      *bound
	criteria []criterion   // of SORT; nil for SEARCH
	news     *fetchRequest // what to send of each new message of the result; nil: nothing

	found mailstore.UIDSet // of SEARCH
	order []mailstore.UID  // of SORT
}

// has reports whether a command of this tag is followed already.
func (c *contexts) has(tag string) bool { return c.find(tag) >= 0 }

func (c *contexts) find(tag string) int {
	if c == nil {
		return -1
	}
	return slices.IndexFunc(c.list, func(x *searchContext) bool { return x.tag == tag })
}

// keepInformed follows a search from now on; found are indexes in the view, in
// the order of the result.
func (s *session) keepInformed(x *searchContext, found []uint32) (string, error) {
	sel := s.sel
	if sel.contexts == nil {
		sel.contexts = &contexts{s: s, seen: sel.newest}
	}
	what := "Search"
	if x.criteria != nil {
		what = "Sort"
	}
	if sel.contexts.full(x, len(found)) {
		s.refuseUpdates(x.tag, "Too many contexts")
		return what + " completed, will not notify", nil
	}
	if x.news != nil {
		x.news.byUID = x.byUID
		s.planItems(x.news)
	}
	if x.criteria == nil {
		x.found = uidsOf(sel.view, found)
	} else {
		x.order = make([]mailstore.UID, len(found))
		for i, index := range found {
			x.order[i] = sel.view.At(int(index)).UID
		}
	}
	sel.contexts.list = append(sel.contexts.list, x)
	return what + " completed, will notify", nil
}

// full reports whether one more search would be too much.
func (c *contexts) full(x *searchContext, messages int) bool {
	if len(c.list) >= maxContexts {
		return true
	}
	if x.criteria == nil {
		return false
	}
	sorted := 0
	for _, other := range c.list {
		if other.criteria != nil {
			sorted++
		}
	}
	return sorted >= maxSortedContexts || messages > maxSortedFollowed
}

// refuseUpdates says that a search is not followed (RFC 5267 4.3.1).
func (s *session) refuseUpdates(tag, why string) {
	s.enc.Raw("* NO [NOUPDATE ")
	s.enc.String(tag)
	s.enc.Raw("] ")
	s.enc.Raw(why)
	s.enc.CRLF()
}

// leave tells the client which messages left the results because they are gone.
// That comes before they lose their numbers, and also while the EXPUNGE is held
// back (RFC 5267 4.3.4, A.3). old is what the client knows, view what it will be
// told, newest what the store has.
func (c *contexts) leave(old, view, newest *mailstore.View) {
	if c == nil || len(c.list) == 0 {
		return
	}
	c.next = newest
	var gone mailstore.UIDSet
	for change := range mailstore.Diff(c.seen, newest) {
		if change.Kind == mailstore.Expunged {
			gone = addUID(gone, change.Entry.UID)
		}
	}
	// A search that was begun while an EXPUNGE was held back has the message.
	var late mailstore.UIDSet
	for change := range mailstore.Diff(old, view) {
		if change.Kind == mailstore.Expunged {
			late = addUID(late, change.Entry.UID)
		}
	}
	gone = union(gone, late)
	if len(gone) == 0 {
		return
	}
	for _, x := range c.list {
		c.tell(x, old, x.remove(x.members(gone), nil), nil)
	}
}

// update tells the client how the results changed otherwise. advance calls it,
// with the session's view of before and of now, when everything else has been
// told: numbers of new messages follow their EXISTS (RFC 5267 4.3.3). Only
// messages that changed are judged again.
func (c *contexts) update(old, view *mailstore.View) {
	if c == nil || c.next == nil {
		return
	}
	var changed mailstore.UIDSet
	for change := range mailstore.Diff(c.seen, c.next) {
		if change.Kind != mailstore.Expunged {
			changed = addUID(changed, change.Entry.UID)
		}
	}
	c.seen, c.next = c.next, nil
	if len(changed) == 0 {
		return
	}
	in := c.s.sel.target()
	in.view = view
	c.list = slices.DeleteFunc(c.list, func(x *searchContext) bool {
		err := c.judge(x, in, changed, old.UIDNext())
		if err != nil { // it can no longer be followed
			c.s.srv.log.Warn("imap: search cannot be followed", "user", c.s.user, "err", err)
			c.s.refuseUpdates(x.tag, "Search failed")
		}
		return err != nil
	})
}

// judge finds which of the messages that changed belong to a result now. Those
// from the UID fresh on are new: of them the client gets what it asked for
// before it hears that they belong to it (RFC 5465 7).
func (c *contexts) judge(x *searchContext, in *target, changed mailstore.UIDSet, fresh mailstore.UID) error {
	x.set.masks = x.prog.bindKeywords(in.view)
	found, err := c.s.findAmong(x.prog, x.set, in, changed)
	if err != nil {
		return err
	}
	now := uidsOf(in.view, found.indexes)
	before := x.members(changed)
	added, removed := without(now, before), without(before, now)
	gone := x.remove(removed, nil)
	came, err := c.add(x, in, added)
	if err != nil {
		return err
	}
	if x.news != nil {
		if err := c.s.tellItems(x.news, intersect(added, mailstore.UIDSet{{First: fresh, Last: math.MaxUint32}})); err != nil {
			return err
		}
	}
	c.tell(x, in.view, gone, came)
	return nil
}

// cancelUpdate = "CANCELUPDATE" 1*(SP quoted) (RFC 5267 4.3.5)
func (s *session) cancelUpdate() (string, error) {
	var tags []string
	for s.dec.SP() {
		var tag string
		if !s.dec.ExpectString(&tag) {
			return "", s.dec.Err()
		}
		tags = append(tags, tag)
	}
	if len(tags) == 0 {
		return "", bad("Missing argument")
	}
	if !s.dec.ExpectCRLF() {
		return "", s.dec.Err()
	}
	for _, tag := range tags {
		if !s.sel.contexts.has(tag) {
			return "", no("", "Unknown tag")
		}
	}
	for _, tag := range tags {
		if i := s.sel.contexts.find(tag); i >= 0 {
			s.sel.contexts.list = slices.Delete(s.sel.contexts.list, i, i+1)
		}
	}
	return "No further updates", nil
}

// placed is some messages at a place of a result, counted from 1; 0 for results
// in the order of the mailbox.
type placed struct {
	place int
	uids  []mailstore.UID
}

// tell writes what left and what came into a result. Numbers are those of a
// view.
func (c *contexts) tell(x *searchContext, v *mailstore.View, gone, came []placed) {
	if len(gone) == 0 && len(came) == 0 {
		return
	}
	enc := c.s.enc
	byUID := x.byUID || c.s.on(enabledUIDOnly)
	enc.Raw("* ESEARCH (TAG ")
	enc.String(x.tag)
	enc.Byte(')')
	if byUID {
		enc.Raw(" UID")
	}
	for _, item := range []struct {
		name string
		list []placed
	}{{" REMOVEFROM (", gone}, {" ADDTO (", came}} {
		if len(item.list) == 0 {
			continue
		}
		enc.Raw(item.name)
		for i, p := range item.list {
			if i > 0 {
				enc.Byte(' ')
			}
			enc.Number(uint64(p.place))
			enc.Byte(' ')
			enc.Ranges(numbersOf(v, p.uids, byUID))
		}
		enc.Byte(')')
	}
	enc.CRLF()
}

// numbersOf names messages by UIDs or by their numbers in a view.
func numbersOf(v *mailstore.View, uids []mailstore.UID, byUID bool) []imapwire.Range {
	var out []imapwire.Range
	for _, uid := range uids {
		n := uint32(uid)
		if !byUID {
			i, ok := v.Index(uid)
			if !ok {
				continue
			}
			n = uint32(i + 1)
		}
		out = imapwire.AddNumber(out, n)
	}
	return out
}
