package imap

import (
	"runtime"
	"sync/atomic"
)

// A list of mailboxes is held until the client has read it, or all of them were
// searched. An account can have 10,000 with names of 480 octets, and a user many
// sessions.
const (
	freeNames = 256 << 10 // octets of a list that is no matter
	maxNames  = 64 << 20  // octets of all lists that are longer
	perName   = 160       // octets of a name besides its letters
)

// errManyNames refuses a list while there is no room for it.
var errManyNames = no("UNAVAILABLE", "Too many lists of thousands of mailboxes at once, try again later")

// listRoom is what is shared by the sessions that list mailboxes.
type listRoom struct {
	taken atomic.Int64  // of maxNames
	slots chan struct{} // held while a list is made, which takes a processor and more memory
}

func (r *listRoom) init() { r.slots = make(chan struct{}, max(2, runtime.NumCPU())) }

// take takes room for a list. done gives it back.
func (r *listRoom) take(names []listed) (done func(), err error) {
	size := int64(0)
	for i := range names {
		size += int64(perName + len(names[i].box.Name))
	}
	if size <= freeNames {
		return func() {}, nil
	}
	if r.taken.Add(size) > maxNames {
		r.taken.Add(-size)
		return nil, errManyNames
	}
	return func() { r.taken.Add(-size) }, nil
}

// names lists the mailboxes that the patterns can reach, and the names above
// them. done is called when the list is of no use any more.
func (s *session) names(patterns patterns) (names []listed, done func(), err error) {
	room := &s.srv.listRoom
	select {
	case room.slots <- struct{}{}:
		defer func() { <-room.slots }()
	case <-s.ctx.Done():
		return nil, nil, s.ctx.Err()
	}
	if names, err = s.collectNames(patterns); err != nil {
		return nil, nil, err
	}
	done, err = room.take(names)
	return names, done, err
}
