package queue

import "time"

// schedule knows of every entry where it stands and when it is due. It is
// plain memory, rebuilt when the queue is opened: about 70 bytes an entry and
// no pointers, so that the garbage collector passes a million entries by.
//
// Entries that wait stand in lanes, two for each class of priority, ordered by
// (next, id): fresh ones, never tried, in the order of arrival; and tried ones
// by their time. Two, so that neither starves the other.
type schedule struct {
	slots []slot
	free  []uint32 // unused slots
	index map[ID]uint32
	lanes [2 * classes][]uint32 // heaps of slots
	sites sites
	count [Damaged + 1]int
	// triedInFlight are those in flight that came from the tried lane.
	triedInFlight int
}

// slot is one entry.
type slot struct {
	id     ID
	next   int64  // Unix milliseconds; 0 = at once
	pos    int32  // in its lane while fresh or waiting
	site   uint32 // domain of its recipients
	state  State
	class  uint8 // of its priority; which pair of lanes
	tried  bool  // which lane of the pair
	hold   bool  // in flight: to be held when the flight ends
	parked bool  // in the backlog, or out of it and in flight
	asked  bool  // somebody asked for the next attempt

	postponed bool // waits only because there was no place for it, see Hasten
}

// laneOf is the lane of a class.
func laneOf(class int, tried bool) int {
	if tried {
		return 2*class + 1
	}
	return 2 * class
}

func (sl *slot) lane() int { return laneOf(int(sl.class), sl.tried) }

// waits reports whether the slot stands in a lane.
func (sl *slot) waits() bool { return sl.state == Fresh || sl.state == Waiting }

func newSchedule() *schedule { return &schedule{index: make(map[ID]uint32), sites: newSites()} }

// find returns the slot of an entry, or nil. It is valid until the next add.
func (s *schedule) find(id ID) *slot {
	if i, ok := s.index[id]; ok {
		return &s.slots[i]
	}
	return nil
}

// add makes the slot of a new entry, outside the lanes and without a state.
// Adding an entry twice returns nil.
func (s *schedule) add(id ID) *slot {
	if _, ok := s.index[id]; ok {
		return nil
	}
	var i uint32
	if n := len(s.free); n > 0 {
		i, s.free = s.free[n-1], s.free[:n-1]
	} else {
		i = uint32(len(s.slots))
		s.slots = append(s.slots, slot{})
	}
	s.slots[i] = slot{id: id}
	s.index[id] = i
	return &s.slots[i]
}

// remove forgets an entry that stands in no lane.
func (s *schedule) remove(sl *slot) {
	s.leave(sl)
	s.unpark(sl)
	s.sites.leave(sl.site)
	i := s.index[sl.id]
	delete(s.index, sl.id)
	s.free = append(s.free, i)
}

// wait puts a slot into a lane, due at next.
func (s *schedule) wait(sl *slot, next int64, tried bool) {
	s.leave(sl)
	s.unpark(sl)
	sl.asked, sl.postponed = false, false
	sl.next, sl.tried = next, tried
	sl.state = Fresh
	if tried {
		sl.state = Waiting
	}
	s.count[sl.state]++
	s.push(sl.lane(), s.index[sl.id])
}

// park notes that a slot stands in the backlog, or has left it and is in flight.
func (s *schedule) park(sl *slot) {
	sl.parked = true
	st := &s.sites.all[sl.site]
	if st.parked++; st.parked == 1 {
		s.sites.lines++
	}
}

func (s *schedule) unpark(sl *slot) {
	if !sl.parked {
		return
	}
	sl.parked = false
	st := &s.sites.all[sl.site]
	if st.parked--; st.parked == 0 {
		s.sites.lines--
	}
}

// set gives a slot a state outside the lanes.
func (s *schedule) set(sl *slot, state State) {
	s.leave(sl)
	sl.state = state
	s.count[state]++
	if state == InFlight && sl.tried {
		s.triedInFlight++
	}
}

// leave takes a slot out of its lane and its state.
func (s *schedule) leave(sl *slot) {
	if sl.state == 0 {
		return
	}
	if sl.waits() {
		s.cut(sl.lane(), int(sl.pos))
	}
	if sl.state == InFlight && sl.tried {
		s.triedInFlight--
	}
	s.count[sl.state]--
	sl.state = 0
}

// first returns the entry of a lane that is due first, or nil.
func (s *schedule) first(lane int) *slot {
	if len(s.lanes[lane]) == 0 {
		return nil
	}
	return &s.slots[s.lanes[lane][0]]
}

// due returns the first entry of a lane if its time has come, or nil.
func (s *schedule) due(lane int, now int64) *slot {
	if sl := s.first(lane); sl != nil && sl.next <= now {
		return sl
	}
	return nil
}

// firstAfter returns the earliest time after now at which a lane's first entry
// is due.
func (s *schedule) firstAfter(now int64) (next int64, ok bool) {
	for lane := range s.lanes {
		if sl := s.first(lane); sl != nil && sl.next > now && (!ok || sl.next < next) {
			next, ok = sl.next, true
		}
	}
	return next, ok
}

// shift moves the time of all waiting entries. Their order stays.
func (s *schedule) shift(by time.Duration) {
	for lane := range s.lanes {
		for _, i := range s.lanes[lane] {
			if s.slots[i].next != 0 {
				s.slots[i].next = max(s.slots[i].next+by.Milliseconds(), 1)
			}
		}
	}
}
