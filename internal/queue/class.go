package queue

// classes are the levels of priority that the queue tells apart: the six of the
// STANAG 4406 policy (RFC 6710 9.2, Appendix A).
const classes = 6

// Class returns the level of a priority, 0 (deferred) to 5 (override). As RFC
// 6710 4 wants it, a priority between two levels belongs to the higher one:
//
//	-9…-4  -3,-2  -1,0  1,2  3,4  5…9
//	   0      1     2    3    4    5
func Class(priority int8) int {
	for class, last := range [...]int8{-4, -2, 0, 2, 4} {
		if priority <= last {
			return class
		}
	}
	return classes - 1
}

const (
	// freshPerTried is how many fresh entries are handed out for each tried
	// one while both are due.
	freshPerTried = 3
	// rotation is how often, in entries handed out, the classes take turns at
	// being first: each is first once in rotation·classes, so that no flood of
	// urgent mail keeps the rest forever.
	rotation = 8
)

// turns counts entries handed out.
type turns struct {
	all     int
	classes [classes]int
}

// took counts one of a class.
func (t *turns) took(class int) {
	t.all++
	t.classes[class]++
}

// firstClass is the class whose turn it is to be looked at first; the classes
// below follow it, and then the others.
func (t *turns) firstClass() int {
	if t.all%rotation == rotation-1 {
		return t.all / rotation % classes
	}
	return classes - 1
}

// triedFirst reports whether, within a class, it is the turn of an entry that was
// tried before.
func (t *turns) triedFirst(class int) bool {
	return t.classes[class]%(freshPerTried+1) == freshPerTried
}

// choose returns the entry to hand out now, or nil.
func (q *Queue) choose(now int64) *slot {
	if q.schedule.count[InFlight] >= q.o.MaxInFlight {
		return nil
	}
	first := q.turns.firstClass()
	for i := range classes {
		if sl := q.chooseOf((first-i+classes)%classes, now); sl != nil {
			return sl
		}
	}
	return nil
}

// chooseOf returns the entry of a class to hand out now, or nil.
func (q *Queue) chooseOf(class int, now int64) *slot {
	s := q.schedule
	fresh := s.due(laneOf(class, false), now)
	var tried *slot
	if s.triedInFlight < max(q.o.MaxInFlight/2, 1) {
		tried = s.due(laneOf(class, true), now)
	}
	if fresh == nil || tried != nil && q.turns.triedFirst(class) {
		return tried
	}
	return fresh
}
