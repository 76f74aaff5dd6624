package queue

import "time"

// The backlog is a slow line in front of the agents for entries of which little
// is expected: those for a domain that cannot be reached, and those that were
// due while the server was down. A million of them would otherwise be read,
// put off and written again as fast as the machine can, and everything else
// would wait for the processor and the disk.

const (
	// backlogEvery is the pause between two entries of the backlog. An entry
	// costs about 0.1 ms, so this is a fifth of one processor at most.
	backlogEvery = 500 * time.Microsecond
	// backlogBurst is how much of the line may be used at once after a quiet
	// time: 2,000 entries. A queue of ordinary size knows no line.
	backlogBurst = time.Second
	// maxParks bounds the entries that one look at the schedule sends into the
	// line, for it holds the lock.
	maxParks = 1024
)

// place is when the next entry of a blocked domain may go, in Unix milliseconds. Each
// domain has a line of its own, and all of them share the pace: an entry for a
// domain with few does not stand behind a million for others.
func (s *sites) place(n uint32, now time.Time) int64 {
	st := &s.all[n]
	if soonest := now.Add(-backlogBurst).UnixNano(); st.free < soonest || st.free > soonest+int64(MaxRelease) {
		st.free = soonest
	}
	st.free += int64(backlogEvery) * int64(max(s.lines, 1))
	return st.free / int64(time.Millisecond)
}

// backlog gives out the places in the line of what was due at the start.
type backlog struct{ free time.Time }

// place is when the next entry of the line may go, in Unix milliseconds; for a
// while after a quiet time that is in the past.
func (b *backlog) place(now time.Time) int64 {
	if soonest := now.Add(-backlogBurst); b.free.Before(soonest) {
		b.free = soonest
	}
	at := b.free
	b.free = b.free.Add(backlogEvery)
	return millis(at)
}

// park sends an entry that is due into the line when its domain is blocked. It
// stands there once, among the tried ones, and is handed out at the end. mu is
// held.
func (q *Queue) park(sl *slot, now time.Time) bool {
	if sl.parked || sl.asked || q.schedule.sites.all[sl.site].blocked <= millis(now) {
		return false
	}
	q.schedule.wait(sl, q.schedule.sites.place(sl.site, now), true)
	q.schedule.park(sl)
	q.memory.take(sl.id) // its place is for mail that goes at once
	return true
}
