package queue

import (
	"strings"
	"time"
)

// Entry is one entry of the queue: a message and those of its recipients that
// still wait. It is read-only.
type Entry struct {
	Message

	// Expires is the time after which a deferral is a failure, see [Queue.Defer].
	Expires time.Time
	// Warn is when the sender is to be told that the message is late, see
	// [Entry.WarnDue]; zero when nobody is told.
	Warn time.Time

	// Asked says that somebody asked for this attempt (Retry, ETRN): that its
	// destination could not be reached lately is no reason to wait.
	Asked bool

	flight flight
}

// Due reports whether recipient i should be tried in this flight; others wait
// for their own time. An entry that was handed out for its warning alone has no
// recipient that is due.
func (e *Entry) Due(i int) bool {
	return !e.Rcpts[i].Next.After(e.flight.due)
}

// WarnDue reports whether the sender is to be told in this flight that
// recipient i is late (RFC 3461 5.2.5, RFC 2852 4.1.4.1). Whoever does so settles the
// recipient with Outcome.Warned.
func (e *Entry) WarnDue(i int) bool {
	return !e.Warn.IsZero() && !e.Warn.After(e.flight.due) && e.wantsWarning(i)
}

// Overdue reports that the time of mode R of DELIVERBY has passed: every
// recipient that is left fails with 5.4.7, tried or not (RFC 2852 4.1.4.1).
func (e *Entry) Overdue() bool { return e.overdue(e.flight.due) }

func (e *Entry) overdue(now time.Time) bool {
	return e.By.Return && !e.By.Until.IsZero() && !e.By.Until.After(now)
}

// wantsWarning reports whether anybody may and wants to hear that recipient i
// is late, and has not yet.
func (e *Entry) wantsWarning(i int) bool {
	r := &e.Rcpts[i]
	return !r.Warned && !e.Sender.IsNull() && (r.Notify == "" || strings.Contains(r.Notify, "DELAY"))
}

// finish fills in what follows from the options of the queue.
func (q *Queue) finish(e *Entry) {
	from := e.Received
	if e.Release.After(from) {
		from = e.Release // RFC 4865: the message is held by wish until then
	}
	e.Expires = from.Add(q.o.Expiry)
	if e.By.Return && !e.By.Until.IsZero() && e.By.Until.Before(e.Expires) {
		e.Expires = e.By.Until
	}
	e.Warn = time.Time{}
	switch {
	case !e.By.Until.IsZero() && !e.By.Return:
		e.Warn = e.By.Until // RFC 2852: mode N says itself when the sender is to be told
	case q.o.WarnAfter > 0:
		e.Warn = from.Add(q.o.WarnAfter)
	}
}

// attempt is when the recipient that is due first may be tried.
func (e *Entry) attempt() int64 {
	next := millis(e.Rcpts[0].Next)
	for i := range e.Rcpts {
		next = min(next, millis(e.Rcpts[i].Next))
	}
	return next
}

// wake is when the entry is to be handed out: at the next attempt, or earlier
// for its warning or its deadline. A warning or deadline that has passed is
// none of it: the flight that came after it has seen it, and what that one did
// not do waits for the next attempt.
func (e *Entry) wake(now time.Time) int64 { return e.noLater(e.attempt(), now) }

// noLater is next, or the time of a warning or deadline to come before it.
func (e *Entry) noLater(next int64, now time.Time) int64 {
	if e.Warn.After(now) && e.warns() {
		next = min(next, millis(e.Warn))
	}
	if e.By.Return && e.By.Until.After(now) {
		next = min(next, millis(e.By.Until))
	}
	return next
}

// warns reports whether a warning is still to be sent for any recipient.
func (e *Entry) warns() bool {
	for i := range e.Rcpts {
		if e.wantsWarning(i) {
			return true
		}
	}
	return false
}

// tried reports whether any recipient was tried before.
func (e *Entry) tried() bool {
	for i := range e.Rcpts {
		if e.Rcpts[i].Attempts > 0 {
			return true
		}
	}
	return false
}
