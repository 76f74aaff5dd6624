package mta

import (
	"math/rand/v2"
	"slices"
	"time"

	"tram/internal/mail/smtpwire"
	"tram/internal/queue"
)

const (
	// maxBackoff bounds the pause for a destination that cannot be reached.
	maxBackoff = time.Hour
	// minPostpone is the shortest time that the queue puts an entry off for:
	// slots before it would all be the same.
	minPostpone = 5 * time.Second
	// maxPostpone bounds how far ahead slots are given out. Those beyond share
	// the time before it: the destination may get faster meanwhile.
	maxPostpone = 30 * time.Minute
	// minSlot and maxSlot bound the time from one slot to the next.
	minSlot = 50 * time.Microsecond
	maxSlot = 2 * time.Millisecond
	// maxBroken is how many transactions in a row may break off before the
	// destination counts as one that cannot be reached.
	maxBroken = 5
	// probeBacklog is how many groups wait for what the next attempt on a
	// destination in doubt finds out.
	probeBacklog = 8
	// maxAway is how many entries that were sent back are remembered for a
	// destination, to be called back as soon as it has time. More of them come
	// by their slots.
	maxAway = 4096
	// recallBatch is how many are called back at once.
	recallBatch = 256
	// maxOvertaken is how many groups with a higher priority may go before one
	// that came earlier.
	maxOvertaken = 32
	// askPause is the pause after a failure that no wish of an administrator
	// makes shorter.
	askPause = 10 * time.Second
)

// destination is a hop and how it is doing. Its fields are guarded by
// dispatcher.mu.
type destination struct {
	hop     Hop
	backlog []*group
	active  int        // senders at work for it
	queued  bool       // in dispatcher.waiting
	away    []queue.ID // entries that were sent back because too many waited; the first of them
	fresh   bool       // mail that was never tried came since it was idle
	stalled bool       // it has kept us waiting and not answered since

	window   window
	alive    time.Time       // the last answer worth the name
	broken   int             // transactions in a row that broke off
	failures int             // in a row, to reach it
	failed   time.Time       // the last one
	until    time.Time       // not to be tried before, after a failure
	backoff  time.Duration   // how long that is
	reply    *smtpwire.Reply // why

	skipped int       // recipients put off without an attempt since the last line in the log
	logged  time.Time // that line

	done  time.Time     // the end of the last transaction behind which others waited
	every time.Duration // mean time from one such end to the next
	slot  time.Time     // when the next group without a place may come again
}

// isClosed reports whether mail for it is put off without an attempt: its
// pause is not over, or the one attempt after it is under way and enough wait
// for what it finds.
func (dest *destination) isClosed(now time.Time) bool {
	return now.Before(dest.until) || dest.failures > 0 && len(dest.backlog) >= probeBacklog
}

// reopen lets an administrator's wish end the pause, soon after a failure at
// the latest.
func (dest *destination) reopen() {
	if soon := dest.failed.Add(askPause); soon.Before(dest.until) {
		dest.until, dest.backoff = soon, askPause
	}
}

// comeback is when mail that is put off may be tried: not all at once.
func (dest *destination) comeback(now time.Time) time.Time {
	until := dest.until
	if !until.After(now) {
		until = now.Add(dest.backoff)
	}
	return until.Add(rand.N(dest.backoff/4 + 1))
}

// fail notes that it cannot be reached. The pause doubles each time.
func (dest *destination) fail(reply *smtpwire.Reply, first time.Duration, now time.Time) {
	dest.backoff = min(first<<min(dest.failures, 10), maxBackoff)
	dest.failures++
	dest.failed, dest.until, dest.reply = now, now.Add(dest.backoff), reply
	dest.window = window{settled: true, size: 1, shrunk: now}
}

// recover notes that it answers.
func (dest *destination) recover(now time.Time) {
	dest.alive, dest.broken, dest.stalled = now, 0, false
	dest.failures, dest.until, dest.reply = 0, time.Time{}, nil
}

// enqueue adds a group behind those with the same or a higher priority (RFC
// 6710), and behind those that have been overtaken often enough.
func (dest *destination) enqueue(g *group) {
	at := len(dest.backlog)
	for at > 0 {
		before := dest.backlog[at-1]
		if before.f.e.Priority >= g.f.e.Priority || before.overtaken >= maxOvertaken {
			break
		}
		before.overtaken++
		at--
	}
	dest.backlog = slices.Insert(dest.backlog, at, g)
}

// meet notes the end of a transaction.
func (dest *destination) meet(now time.Time) {
	if gap := now.Sub(dest.done); !dest.done.IsZero() && dest.every > 0 {
		dest.every += (gap - dest.every) / 32
	} else if !dest.done.IsZero() {
		dest.every = gap
	}
	dest.done = now
	if len(dest.backlog) == 0 {
		dest.done = time.Time{} // idle time is none of it
	}
}

// nextSlot predicts when the destination will have time for another group, and
// reserves that time: so a thousand groups come back one after the other, as
// fast as they went so far, and not all at once. Too early costs a look at the
// entry, too late leaves the destination idle; so it is rather too early.
func (dest *destination) nextSlot(now time.Time) time.Time {
	wait := min(time.Duration(len(dest.backlog))*dest.every, maxPostpone/30)
	if soonest := now.Add(max(minPostpone, wait)); dest.slot.Before(soonest) || dest.slot.After(now.Add(maxPostpone)) {
		dest.slot = soonest
	}
	each := maxSlot
	if dest.every > 0 {
		each = min(max(dest.every, minSlot), maxSlot)
	}
	dest.slot = dest.slot.Add(each)
	return dest.slot
}

// sendAway notes an entry that was sent back because too many waited.
func (dest *destination) sendAway(id queue.ID) {
	if len(dest.away) < maxAway {
		dest.away = append(dest.away, id)
	}
}

// recall takes entries that were sent back, when few are left that wait: the
// destination has time sooner than was foreseen.
func (dest *destination) recall() []queue.ID {
	if len(dest.away) == 0 || len(dest.backlog) > 2*dest.active {
		return nil
	}
	n := min(len(dest.away), recallBatch)
	ids := slices.Clone(dest.away[:n])
	dest.away = slices.Delete(dest.away, 0, n)
	if len(dest.away) == 0 {
		dest.away = nil
	}
	return ids
}
