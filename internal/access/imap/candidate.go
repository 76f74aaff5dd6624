package imap

import (
	"bytes"
	"errors"
	"io"
	"sync/atomic"
	"time"

	"tram/internal/mailstore"
	"tram/internal/storage/kv"
)

// How large a message may be to be read into memory when it is searched, in
// octets. Others are streamed, which takes longer.
const (
	maxRawSearch  = 4 << 20   // always
	freeRawSearch = 256 << 10 // when there is no room left for large ones
	allRawSearch  = 32 << 20  // the room for those above it, of all searches together
)

// searchRoom is how much of allRawSearch is taken.
type searchRoom struct{ taken atomic.Int64 }

// take takes n octets, if there are so many.
func (r *searchRoom) take(n int64) bool {
	if r.taken.Add(n) <= allRawSearch {
		return true
	}
	r.taken.Add(-n)
	return false
}

// target is a mailbox that is searched.
type target struct {
	account kv.Account
	id      mailstore.MailboxID
	view    *mailstore.View
	sel     *selected // when it is the selected mailbox; others have no \Recent messages
}

// target is the selected mailbox, as something to search.
func (sel *selected) target() *target {
	return &target{account: sel.account, id: sel.id, view: sel.view, sel: sel}
}

// candidate is the message that is judged.
type candidate struct {
	s   *session
	in  *target
	now time.Time
	set *bound // what the program's sets and keywords are in this mailbox

	index int
	entry mailstore.Entry
	msg   *mailstore.Message // nil in the pass over the view

	answers   map[*indexQuery]*indexAnswer
	indexRuns int            // of all answers
	scores    map[uint32]int // relevancy by index, for FUZZY

	dates *keyRows // dates that are remembered, or nil
	row   int      // the message's row in it, -1 for none

	raw     []byte // the whole message, when it was read and is not too large
	room    int64  // of the searchRoom, what raw may take
	streams bool   // the message is too large for it
	scratch []byte
	folded  foldRoom
	body    *mailstore.Body
	err     error
}

// begin goes on to the next message.
func (c *candidate) begin(m *mailstore.Message) {
	c.end()
	c.msg, c.raw, c.streams = m, c.raw[:0], false
}

// close releases what the search held.
func (c *candidate) close() {
	c.end()
	c.s.srv.searchRoom.taken.Add(-c.room)
	c.raw, c.room = nil, 0
}

// holds reports whether there is room for a message of so many octets.
func (c *candidate) holds(size int64) bool {
	switch {
	case size <= freeRawSearch, size <= c.room:
		return true
	case size > maxRawSearch, !c.s.srv.searchRoom.take(size - c.room):
		return false
	}
	c.room = size
	return true
}

// end releases what the last message held.
func (c *candidate) end() {
	if c.body != nil {
		c.body.Close()
		c.body = nil
	}
}

// load reads the message; false when it is too large to be held, or gone. A
// damaged body matches nothing and does not keep the others from being found.
func (c *candidate) load() bool {
	if len(c.raw) > 0 {
		return true
	}
	err := c.s.loadMetaIn(c.in, c.msg)
	if c.streams = err == nil && !c.holds(c.msg.Size); c.streams {
		return false
	}
	if err == nil {
		c.raw, err = c.s.mail.AppendBody(c.s.ctx, c.raw[:0], c.msg)
	}
	if err != nil && !errors.Is(err, mailstore.ErrNoMessage) {
		c.s.srv.log.Warn("imap: search cannot read a message", "user", c.s.user, "uid", c.msg.UID, "err", err)
	}
	if err != nil {
		c.raw = c.raw[:0]
	}
	return err == nil
}

// reader gives the bytes of the message from an offset on.
func (c *candidate) reader() (io.ReaderAt, bool) {
	if c.load() {
		return bytes.NewReader(c.raw), true
	}
	if !c.streams {
		return nil, false
	}
	if c.body == nil {
		body, err := c.s.mail.Body(c.s.ctx, c.msg)
		if err != nil {
			return nil, false
		}
		c.body = body
	}
	return c.body, true
}

// header is the top header of the message.
func (c *candidate) header() []byte {
	if c.load() {
		return c.raw[:min(c.msg.HeaderSize, int64(len(c.raw)))]
	}
	r, ok := c.reader()
	if !ok {
		return nil
	}
	p := make([]byte, min(c.msg.HeaderSize, maxHeaderRead))
	n, _ := r.ReadAt(p, 0)
	return p[:n]
}
