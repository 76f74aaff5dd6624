package queue

import (
	"time"
)

// sites knows the domains that entries are for, so that those of a domain that
// cannot be reached are not read one after the other only to be put back, and
// so that the queue can be counted by domain.
//
// Number 0 stands for entries with recipients in several domains, which are
// nobody's.
type sites struct {
	numbers map[string]uint32
	all     []site
	free    []uint32
	lines   int // sites with entries in the backlog
}

// site is one domain. It is forgotten with its last entry.
type site struct {
	domain  string
	reply   string // what was said when it was blocked
	blocked int64  // Unix milliseconds: not reachable before
	free    int64  // Unix nanoseconds: the next place in its line, see backlog.go
	entries int32
	parked  int32 // of these, in the backlog
}

func newSites() sites { return sites{numbers: make(map[string]uint32), all: make([]site, 1)} }

// enter counts an entry for a domain and returns the number of its site.
func (s *sites) enter(domain string) uint32 {
	if domain == "" {
		return 0
	}
	n, ok := s.numbers[domain]
	if !ok {
		n = s.open(domain)
	}
	s.all[n].entries++
	return n
}

// enterBytes is enter for bytes, which are copied only for a new domain.
func (s *sites) enterBytes(domain []byte) uint32 {
	if n, ok := s.numbers[string(domain)]; ok {
		s.all[n].entries++
		return n
	}
	return s.enter(string(domain))
}

func (s *sites) open(domain string) uint32 {
	n := uint32(len(s.all))
	if last := len(s.free) - 1; last >= 0 {
		n, s.free = s.free[last], s.free[:last]
	} else {
		s.all = append(s.all, site{})
	}
	s.all[n] = site{domain: domain}
	s.numbers[domain] = n
	return n
}

// leave takes back one enter.
func (s *sites) leave(n uint32) {
	if n == 0 {
		return
	}
	st := &s.all[n]
	if st.entries--; st.entries == 0 {
		delete(s.numbers, st.domain)
		*st = site{}
		s.free = append(s.free, n)
	}
}

// countBlocked is how many sites are taken for unreachable.
func (s *sites) countBlocked(now int64) (n int) {
	for i := range s.all {
		if s.all[i].blocked > now {
			n++
		}
	}
	return n
}

// domain is that of all recipients, or "" when they have several.
func (e *Entry) domain() string {
	first := e.Rcpts[0].To.Domain
	for i := range e.Rcpts {
		if e.Rcpts[i].To.Domain != first {
			return ""
		}
	}
	return first
}

// Block notes that the domain of the recipients of e cannot be reached before
// until, because of reply. It does not end the flight of e. The other entries
// of the domain then come at a trickle, [backlogEvery], whatever their number;
// they are handed out all the same, so that each is put off, warned about and
// given up in its own time. Nothing is known of entries with recipients in
// several domains.
func (q *Queue) Block(e *Entry, until time.Time, reply string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if n, ok := q.schedule.sites.numbers[e.domain()]; ok {
		st := &q.schedule.sites.all[n]
		st.blocked, st.reply = millis(until), cutReply(reply)
	}
}

// Unblock notes that the domain of the recipients of e can be reached again.
func (q *Queue) Unblock(e *Entry) { q.unblock(e.domain()) }

func (q *Queue) unblock(domain string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if n, ok := q.schedule.sites.numbers[domain]; ok {
		q.schedule.sites.all[n].blocked, q.schedule.sites.all[n].reply = 0, ""
	}
}
