package queue

import "time"

// The retry schedule. RFC 5321 4.5.4.1 asks for at least 30 minutes between
// attempts in general, two in the first hour, and giving up after 4 to 5 days.

const (
	// longestDefer is how far ahead an agent may defer a recipient, unless the
	// schedule itself waits longer.
	longestDefer = 24 * time.Hour
	// attemptsToExpire are made before an entry expires, however old it
	// seems, if the schedule has room for as many: a clock that jumps ahead by
	// a year must not bounce the whole queue.
	attemptsToExpire = 8
)

// wait is how long to wait after the given number of failed attempts.
func (q *Queue) wait(attempts int) time.Duration {
	return q.o.Retry[min(max(attempts, 1), len(q.o.Retry))-1]
}

// maxDefer is the farthest ahead that a recipient can be due.
func (q *Queue) maxDefer() time.Duration {
	longest := longestDefer
	for _, w := range q.o.Retry {
		longest = max(longest, w)
	}
	return longest
}

// Defer returns what to do with recipient i after a temporary failure: try
// again by the schedule, once more just at the expiry, or give up (Failed)
// when the message has expired. The caller queues the bounce of a failure,
// which the null sender never gets.
func (q *Queue) Defer(e *Entry, i int, reply string) Outcome {
	now := time.Now()
	attempts := e.Rcpts[i].Attempts + 1
	if q.expired(e, attempts, now) {
		return Outcome{Result: Failed, Reply: reply}
	}
	next := now.Add(q.wait(attempts))
	if next.After(e.Expires) && e.Expires.After(now) {
		next = e.Expires
	}
	return Outcome{Result: Deferred, Next: next, Reply: reply}
}

// expired reports whether an entry is given up after so many attempts.
func (q *Queue) expired(e *Entry, attempts int, now time.Time) bool {
	if e.overdue(now) {
		return true // RFC 2852: a deadline is a deadline
	}
	return !now.Before(e.Expires) && attempts >= q.minAttempts()
}

// minAttempts is how many attempts the schedule makes before the expiry, at
// most attemptsToExpire.
func (q *Queue) minAttempts() int {
	n := 1
	for age := q.wait(1); age < q.o.Expiry && n < attemptsToExpire; n++ {
		age += q.wait(n + 1)
	}
	return n
}
