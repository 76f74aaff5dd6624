package imap

import (
	"errors"
	"sync"

	"tram/internal/mailstore"
	"tram/internal/storage/kv"
)

// DefaultKeyCache is how many bytes of sort and thread keys are remembered.
const DefaultKeyCache = 16 << 20

// keyCache remembers what SORT and THREAD know of messages, so that the second
// one reads no record. Keys never change: a message has them for life. It is
// bounded; the mailboxes that were used least recently go first.
type keyCache struct {
	limit int64

	mu    sync.Mutex
	boxes map[boxName]*boxKeys
	used  int64
	clock uint64
}

// boxName names a mailbox for as long as its UIDs are valid.
type boxName struct {
	account  kv.Account
	mailbox  mailstore.MailboxID
	validity uint32
}

// boxKeys is the keys of one mailbox.
type boxKeys struct {
	mu   sync.Mutex // held while keys are read
	rows *keyRows   // nil when nothing was asked for yet

	// read is how many dates were read from records because no column has
	// them: when it is as many as there are messages, a column is cheaper.
	read int

	used int64 // bytes; guarded by keyCache.mu
	last uint64
}

// boxBytes is what a mailbox costs of which nothing is known yet.
const boxBytes = 256

// box returns the keys of a mailbox.
func (c *keyCache) box(name boxName) *boxKeys {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.boxes == nil {
		c.boxes = map[boxName]*boxKeys{}
	}
	b := c.boxes[name]
	if b == nil {
		b = &boxKeys{used: boxBytes}
		c.boxes[name] = b
		c.used += boxBytes
	}
	c.clock++
	b.last = c.clock
	c.makeRoom()
	return b
}

// charge notes how large a mailbox's keys have become and makes room.
func (c *keyCache) charge(name boxName, b *boxKeys, bytes int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.boxes[name] != b {
		return // thrown out while it was read
	}
	c.used += boxBytes + bytes - b.used
	b.used = boxBytes + bytes
	c.makeRoom()
}

// makeRoom forgets the mailboxes that were used least recently. c.mu is held.
func (c *keyCache) makeRoom() {
	for c.used > c.limit {
		var oldest boxName
		var least *boxKeys
		for name, b := range c.boxes {
			if least == nil || b.last < least.last {
				oldest, least = name, b
			}
		}
		if least == nil {
			return
		}
		c.used -= least.used
		delete(c.boxes, oldest)
	}
}

// keys returns a table that has all messages of a mailbox's view and these keys
// of them. Texts are put in order when it is asked for.
func (s *session) keys(in *target, order ordering, kinds ...keyKind) (*keyRows, error) {
	name := boxName{in.account, in.id, in.view.UIDValidity()}
	box := s.srv.keys.box(name)
	p := s.newProgress(0)
	for {
		rows, err := s.readKeys(in, name, box, order, kinds, p)
		if !errors.Is(err, errPause) {
			return rows, err
		}
		p.at(p.count)
	}
}

// errPause ends the reading of keys for as long as the client is told how far
// it is: nobody who waits for the same keys waits for the client.
var errPause = errors.New("pause")

// readKeys is keys until it is time to tell the client something.
func (s *session) readKeys(in *target, name boxName, box *boxKeys, order ordering, kinds []keyKind, p *progress) (*keyRows, error) {
	box.mu.Lock()
	defer box.mu.Unlock()
	old := box.rows
	if old == nil {
		old = new(keyRows)
	}
	rows := old.withView(in.view)
	p.total = p.count + rows.missing(kinds)
	err := s.fill(in, rows, kinds, p)
	if err != nil && !errors.Is(err, errPause) {
		return nil, err
	}
	if err == nil && order == ranked {
		for _, kind := range kinds {
			if firstText <= kind && kind < firstText+numTexts {
				col := &rows.texts[kind-firstText]
				col.ranks = col.table.order()
			}
		}
	}
	box.rows = rows // with what was read so far
	s.srv.keys.charge(name, box, rows.bytes())
	return rows, err
}

// ordering says whether the order of texts is of interest.
type ordering uint8

const (
	unranked ordering = iota
	ranked
)

// knownDates returns the table of a mailbox if it has dates, brought up to date
// with the view; nil when it has none.
func (s *session) knownDates(in *target) (*keyRows, error) {
	name := boxName{in.account, in.id, in.view.UIDValidity()}
	box := s.srv.keys.box(name)
	box.mu.Lock()
	known := box.rows != nil && 2*box.rows.filled(keyDates) > in.view.Len()
	box.mu.Unlock()
	if !known {
		return nil, nil
	}
	return s.keys(in, unranked, keyDates)
}

// dateBytes is what the dates of one message take.
const dateBytes = 4 + 2*8 + 3*4

// worthDates notes that the dates of some messages have to be read, and reports
// whether it is better to read all of them and be done with it. Those of a
// mailbox that is too large would be forgotten at once.
func (s *session) worthDates(in *target, messages int) bool {
	if int64(in.view.Len())*dateBytes > s.srv.keys.limit {
		return false
	}
	box := s.srv.keys.box(boxName{in.account, in.id, in.view.UIDValidity()})
	box.mu.Lock()
	defer box.mu.Unlock()
	box.read += messages
	return box.read >= in.view.Len()/2
}
