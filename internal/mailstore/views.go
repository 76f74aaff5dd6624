package mailstore

import (
	"container/list"
	"sync"
	"weak"

	"tram/internal/storage/kv"
)

// views remembers the newest view of each mailbox, so that all sessions share
// one. The most recently used are kept up to a number of messages; others only
// as long as a session holds them. It is never trusted: whoever takes a view
// from it compares its MODSEQ with the record, unless the store says that nothing
// was committed since that was done last.
type views struct {
	limit int // messages

	mu    sync.Mutex
	slots map[viewKey]*slot
	order list.List // of *slot that keep their view, the last used first
	kept  int       // messages of these views
	sweep int       // number of slots at which the dead are removed
}

type viewKey struct {
	account kv.Account
	mailbox MailboxID
}

// slot is the place of one mailbox.
type slot struct {
	key viewKey

	mu   sync.Mutex // held while the view is brought up to date
	weak weak.Pointer[View]
	// version is the account's (kv.DB.Version) before the view was compared with
	// the records, if that was known: while it stays, so does the view.
	version uint64
	known   bool

	// Under views.mu.
	keep   *View
	place  *list.Element
	recent UID // messages from here on are \Recent, as far as sessions took them
}

// view returns the view of the slot when anybody still has it. The caller has
// slot.mu.
func (s *slot) view() *View { return s.weak.Value() }

func (s *slot) set(v *View) { s.weak = weak.Make(v) }

func newViews(limit int) *views {
	return &views{limit: limit, slots: map[viewKey]*slot{}, sweep: 64}
}

// open returns the slot of a mailbox.
func (c *views) open(key viewKey) *slot {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.slots[key]
	if s == nil {
		if len(c.slots) >= c.sweep {
			c.removeDead()
		}
		s = &slot{key: key}
		c.slots[key] = s
	}
	return s
}

// removeDead forgets the slots whose view nobody has. The next time is when
// there are twice as many, so that the cost is constant per slot.
func (c *views) removeDead() {
	for key, s := range c.slots {
		if s.keep == nil && s.mu.TryLock() {
			if s.weak.Value() == nil {
				delete(c.slots, key)
			}
			s.mu.Unlock()
		}
	}
	c.sweep = max(64, 2*len(c.slots))
}

// used keeps the view of a slot, and lets go of those that were not used for
// longest.
func (c *views) used(s *slot, v *View) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.place == nil {
		s.place = c.order.PushFront(s)
	} else {
		c.order.MoveToFront(s.place)
		c.kept -= s.keep.weight()
	}
	s.keep = v
	c.kept += v.weight()
	c.slots[s.key] = s // it may have been swept away meanwhile
	for c.kept > c.limit && c.order.Len() > 1 {
		c.forget(c.order.Back().Value.(*slot))
	}
}

func (c *views) forget(s *slot) {
	c.kept -= s.keep.weight()
	c.order.Remove(s.place)
	s.keep, s.place = nil, nil
}

// weight is what a view costs, in messages.
func (v *View) weight() int { return v.length + 8 }

// publish advances the view of a mailbox, if there is one, by a committed
// transaction. When versions do not fit, the next View reads the change log.
func (c *views) publish(id kv.Account, d *delta) {
	c.mu.Lock()
	s := c.slots[viewKey{id, d.mailbox}]
	c.mu.Unlock()
	if s == nil || !s.mu.TryLock() {
		return
	}
	defer s.mu.Unlock()
	old := s.view()
	if old == nil || old.counters.highest != d.before || old.counters.uidValidity != d.after.uidValidity {
		return
	}
	keywords := old.keywords
	if d.table != nil {
		keywords = d.table
	}
	v := old.replace(d.after, keywords, d.blocks)
	s.set(v)
	c.used(s, v)
}

// peek returns the view that is kept for a mailbox, which may be an old one; nil
// when there is none or somebody is about to replace it.
func (c *views) peek(id kv.Account, m MailboxID) *View {
	c.mu.Lock()
	s := c.slots[viewKey{id, m}]
	c.mu.Unlock()
	if s == nil || !s.mu.TryLock() {
		return nil
	}
	defer s.mu.Unlock()
	return s.view()
}

// recent returns what sessions have taken.
func (c *views) recent(id kv.Account, m MailboxID) UID {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.slots[viewKey{id, m}]; s != nil {
		return s.recent
	}
	return 0
}

// takeRecent raises it to next and returns what it was.
func (c *views) takeRecent(id kv.Account, m MailboxID, next UID) UID {
	s := c.open(viewKey{id, m})
	c.mu.Lock()
	defer c.mu.Unlock()
	was := s.recent
	s.recent = max(was, next)
	return was
}
