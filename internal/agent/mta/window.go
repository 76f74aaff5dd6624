package mta

import "time"

// window is how many transactions may be under way with one destination at
// once. It is found out, not configured: it opens while the destination takes
// mail well and closes when it does not. The rule, in full:
//
//   - It begins at startWindow, once the destination has answered at all; until
//     then there is one transaction.
//   - A transaction that went well while all of the window was in use opens it:
//     by one until the first trouble, so that it doubles with each round; after
//     that by one a round.
//   - Trouble halves it, once for all transactions that were under way together.
//   - When the destination refuses a connection while others are served, it has
//     as many as it wants: that number becomes the ceiling for ceilingTime.
//     After that one more is tried.
//   - It never closes below 1 or opens above Options.PerDestination.
//
// Mail within a window of 1 that cannot be delivered either is another thing:
// the destination is then left alone for a while, see dispatcher.trouble.
// docs/decisions/0010-concurrency-feedback.md has the numbers behind the rule.
type window struct {
	size    float64   // 0 is a new one
	settled bool      // trouble was met: no more doubling
	shrunk  time.Time // when it was closed last
	ceiling int       // 0 is none
	until   time.Time // the ceiling is believed
}

const (
	startWindow = 3
	ceilingTime = 10 * time.Minute
)

// limit is how many transactions may be under way, most at most.
func (w *window) limit(most int, now time.Time) int {
	n := int(w.current())
	if w.ceiling > 0 && now.Before(w.until) {
		n = min(n, w.ceiling)
	}
	return max(1, min(n, most))
}

func (w *window) current() float64 {
	if w.size == 0 {
		return startWindow
	}
	return w.size
}

// well notes a transaction that went well while busy were under way, itself
// included. What was not in use proves nothing.
func (w *window) well(busy, most int, now time.Time) {
	if busy < w.limit(most, now) {
		return
	}
	if w.ceiling > 0 {
		if now.Before(w.until) {
			return
		}
		w.size, w.ceiling = float64(w.ceiling), 0
	}
	size := w.current()
	if w.settled {
		size += 1 / size
	} else {
		size++
	}
	w.size = min(size, float64(most))
}

// ill notes a transaction, begun at some time, that was broken off.
func (w *window) ill(began, now time.Time) {
	if began.Before(w.shrunk) {
		return // that is what it was closed for
	}
	w.size, w.settled, w.shrunk = max(1, w.current()/2), true, now
}

// crowded notes that the destination refused one connection of busy while it
// served the others.
func (w *window) crowded(busy int, now time.Time) {
	w.ceiling, w.until = max(1, busy-1), now.Add(ceilingTime)
	w.size, w.settled, w.shrunk = float64(w.ceiling), true, now
}
