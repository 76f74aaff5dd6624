package imap

import (
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
	keys [numColumns]*column

	used int64 // bytes; guarded by keyCache.mu
	last uint64
}

// box returns the keys of a mailbox.
func (c *keyCache) box(name boxName) *boxKeys {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.boxes == nil {
		c.boxes = map[boxName]*boxKeys{}
	}
	b := c.boxes[name]
	if b == nil {
		b = new(boxKeys)
		c.boxes[name] = b
	}
	c.clock++
	b.last = c.clock
	return b
}

// charge notes how large a mailbox's keys have become and makes room.
func (c *keyCache) charge(name boxName, b *boxKeys, bytes int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.boxes[name] != b {
		return // thrown out while it was read
	}
	c.used += bytes - b.used
	b.used = bytes
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

// keyKind is a column of keys.
type keyKind uint8

const (
	keyArrival keyKind = iota
	keyDate
	keySubject
	keyFrom
	keyTo
	keyCc
	keyThread
	numColumns
)

// column is one key of the messages of a mailbox, in ascending order of UIDs.
// Columns are replaced, not changed: what was handed out stays.
type column struct {
	uids    []mailstore.UID
	numbers []int64  // keyArrival, keyDate: seconds; keySubject: 1 for a reply; keyThread: where its references end in refs
	strings []string // keySubject, keyFrom, keyTo, keyCc: folded
	ids     []uint64 // keyThread: hash of the Message-ID
	refs    []uint64 // keyThread: hashes of the references
}

// bytes is how large the column is.
func (c *column) bytes() int64 {
	n := 4*cap(c.uids) + 8*cap(c.numbers) + 16*cap(c.strings) + 8*cap(c.ids) + 8*cap(c.refs)
	for _, s := range c.strings {
		n += len(s)
	}
	return int64(n)
}

// last is the last UID of the column.
func (c *column) last() mailstore.UID {
	if len(c.uids) == 0 {
		return 0
	}
	return c.uids[len(c.uids)-1]
}

// refsOf is the references of the message at a position.
func (c *column) refsOf(i int) []uint64 {
	from := int64(0)
	if i > 0 {
		from = c.numbers[i-1]
	}
	return c.refs[from:c.numbers[i]]
}

// columns returns columns that have the keys of all messages of the view.
func (s *session) columns(kinds ...keyKind) ([numColumns]*column, error) {
	view := s.sel.view
	name := boxName{s.sel.account, s.sel.id, view.UIDValidity()}
	box := s.srv.keys.box(name)
	box.mu.Lock()
	defer box.mu.Unlock()
	var bytes int64
	for _, kind := range kinds {
		col, err := s.extend(box.keys[kind], kind, view)
		if err != nil {
			return box.keys, err
		}
		box.keys[kind] = col
	}
	for _, col := range box.keys {
		if col != nil {
			bytes += col.bytes()
		}
	}
	s.srv.keys.charge(name, box, bytes)
	return box.keys, nil
}

// extend reads the keys of the messages that are new in the view. A column
// most of whose messages are gone is read anew.
func (s *session) extend(old *column, kind keyKind, view *mailstore.View) (*column, error) {
	if old == nil || len(old.uids) > 2*view.Len()+1000 {
		old = new(column)
	}
	if old.last()+1 >= view.UIDNext() {
		return old, nil
	}
	col := new(column)
	*col = *old
	r := keyReader{kind: kind, col: col, c: candidate{s: s, in: s.sel.target()}}
	news := mailstore.UIDSet{{First: old.last() + 1, Last: view.UIDNext() - 1}}
	err := s.mail.Messages(s.ctx, s.sel.account, s.sel.id, news, kind.want(), r.add)
	r.c.end()
	if err != nil {
		return nil, err
	}
	return col, nil
}

// positions finds messages in a column: for each index of the view its place
// there, -1 when the message was gone before the column was made.
func positions(col *column, view *mailstore.View, found []uint32) []int32 {
	out := make([]int32, len(found))
	at := 0
	for i, index := range found {
		uid := view.At(int(index)).UID
		for at < len(col.uids) && col.uids[at] < uid {
			at++
		}
		out[i] = -1
		if at < len(col.uids) && col.uids[at] == uid {
			out[i] = int32(at)
		}
	}
	return out
}
