package imap

import (
	"container/list"
	"sync"
	"time"
)

// beatSlots is into how many parts the interval of "Still here" is cut.
const beatSlots = 64

// beat sends "* OK Still here" to clients in IDLE now and then, as Dovecot
// does: routers forget connections on which nothing moves, and the client would
// learn of new mail when it next asks. It is one wheel with one timer for all
// sessions, which runs only while somebody is in IDLE: each interval it goes
// round once, and whoever sits in the slot that it passes is due.
type beat struct {
	interval time.Duration // 0: nobody is told anything

	mu    sync.Mutex
	slots [beatSlots]list.List // of *session
	now   int                  // the slot that was passed last
	count int                  // sessions in all slots
	armed bool                 // the timer runs
}

// seat is the place of a session in the wheel.
type seat struct {
	slot    int
	element *list.Element
}

// enter gives a session a seat: it is due after one interval, and after each
// that follows.
func (b *beat) enter(s *session) seat {
	if b.interval <= 0 {
		return seat{}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.count++
	b.arm()
	return seat{b.now, b.slots[b.now].PushBack(s)}
}

// leave takes it away.
func (b *beat) leave(at seat) {
	if at.element == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.count--
	b.slots[at.slot].Remove(at.element)
}

// arm starts the timer if somebody waits for it. b.mu is held.
func (b *beat) arm() {
	if b.count > 0 && !b.armed {
		b.armed = true
		time.AfterFunc(b.interval/beatSlots, b.tick)
	}
}

// tick passes the next slot.
func (b *beat) tick() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.armed = false
	b.now = (b.now + 1) % beatSlots
	for e := b.slots[b.now].Front(); e != nil; e = e.Next() {
		s := e.Value.(*session)
		s.still.Store(true)
		s.enqueue()
	}
	b.arm()
}
