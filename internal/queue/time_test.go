package queue

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// inBubble runs a test of time with a queue on a store that is opened, as it
// must be, inside the bubble.
func inBubble(t *testing.T, o Options, fn func(*testing.T, *Queue)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		db := openStore(t, vfs.NewMem())
		defer db.Close()
		q := openQueue(t, db, o)
		defer q.Close()
		fn(t, q)
	})
}

// next waits for the next entry and returns how long that took.
func next(t *testing.T, q *Queue) (*Entry, time.Duration) {
	t.Helper()
	start := time.Now()
	e, err := q.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return e, time.Since(start)
}

// TestRetrySchedule follows a message that nobody takes to its end.
func TestRetrySchedule(t *testing.T) {
	inBubble(t, Options{}, func(t *testing.T, q *Queue) {
		add(t, q, letter(1, "binh@example.net"))
		var waits []time.Duration
		for {
			e, wait := next(t, q)
			waits = append(waits, wait)
			o := q.Defer(e, 0, "451 later")
			settle(t, q, e, o)
			if o.Result == Failed {
				if age := time.Since(e.Received); age != 5*24*time.Hour {
					t.Errorf("given up after %v", age)
				}
				break
			}
		}
		want := []time.Duration{0, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour}
		for i, w := range waits {
			switch {
			case i < len(want) && w.Round(time.Second) != want[i],
				i >= len(want) && i < len(waits)-1 && w.Round(time.Second) != 4*time.Hour,
				w > 4*time.Hour+time.Second:
				t.Errorf("attempt %d came after %v", i+1, w)
			}
		}
		if len(waits) != 36 || q.Len() != 0 {
			t.Errorf("%d attempts, %d entries left", len(waits), q.Len())
		}
	})
}

// TestShortExpiry makes the attempts that fit, and one at the very end.
func TestShortExpiry(t *testing.T) {
	inBubble(t, Options{Expiry: time.Hour}, func(t *testing.T, q *Queue) {
		start := time.Now()
		add(t, q, letter(1, "binh@example.net"))
		var ages []time.Duration
		for q.Len() > 0 {
			e, _ := next(t, q)
			ages = append(ages, time.Since(start).Round(time.Second))
			settle(t, q, e, q.Defer(e, 0, "451 later"))
		}
		want := []time.Duration{0, 5 * time.Minute, 20 * time.Minute, 50 * time.Minute, time.Hour}
		if len(ages) != len(want) {
			t.Fatalf("attempts at %v, want %v", ages, want)
		}
		for i := range want {
			if ages[i] != want[i] {
				t.Fatalf("attempts at %v, want %v", ages, want)
			}
		}
	})
}

// TestNoMassBounce lets the clock jump ahead by a year: what was tried once is
// tried some more.
func TestNoMassBounce(t *testing.T) {
	inBubble(t, Options{}, func(t *testing.T, q *Queue) {
		add(t, q, letter(1, "binh@example.net"))
		e, _ := next(t, q)
		settle(t, q, e, q.Defer(e, 0, "451 later"))
		time.Sleep(365 * 24 * time.Hour)
		start := time.Now()
		for q.Len() > 0 {
			e, _ = next(t, q)
			settle(t, q, e, q.Defer(e, 0, "451 later"))
		}
		if d := time.Since(start); d < 8*time.Hour || d > 24*time.Hour {
			t.Errorf("bounced %v after the jump", d)
		}
	})
}

// TestClockSetBack checks that mail does not wait for a future that was a
// mistake. The jump itself cannot be made here, so its discovery is called.
func TestClockSetBack(t *testing.T) {
	inBubble(t, Options{}, func(t *testing.T, q *Queue) {
		add(t, q, letter(1, "binh@example.net"))
		e, _ := next(t, q)
		settle(t, q, e, q.Defer(e, 0, "451 later"))
		q.mu.Lock()
		q.schedule.shift(-time.Hour)
		q.mu.Unlock()
		e, wait := next(t, q)
		if wait > time.Second || !e.Due(0) {
			t.Errorf("waited %v, due %v", wait, e.Due(0))
		}
	})
}

// TestRecipientsHaveTheirOwnTime defers two recipients differently.
func TestRecipientsHaveTheirOwnTime(t *testing.T) {
	inBubble(t, Options{}, func(t *testing.T, q *Queue) {
		add(t, q, letter(1, "a@example.net", "b@example.net", "c@example.net"))
		e, _ := next(t, q)
		now := time.Now()
		settle(t, q, e,
			Outcome{Result: Deferred, Next: now.Add(time.Hour)},
			Outcome{Result: Deferred, Next: now.Add(time.Minute), Reply: strings.Repeat("đ\n", MaxReply)},
			Outcome{Result: Deferred, Next: now.AddDate(1, 0, 0)})
		e, wait := next(t, q)
		if wait.Round(time.Second) != time.Minute || e.Due(0) || !e.Due(1) || e.Due(2) {
			t.Errorf("after %v due: %v %v %v", wait, e.Due(0), e.Due(1), e.Due(2))
		}
		if r := e.Rcpts[1].LastReply; len(r) > MaxReply || len(r) < MaxReply-4 || !utf8.ValidString(r) || strings.Contains(r, "\n") {
			t.Errorf("reply of %d bytes: %q", len(r), r)
		}
		settle(t, q, e, Outcome{}, Outcome{Result: Delivered}, Outcome{})
		e, wait = next(t, q)
		if wait.Round(time.Minute) != 59*time.Minute || len(e.Rcpts) != 2 || !e.Due(0) || e.Due(1) {
			t.Errorf("after %v: %+v", wait, e.Rcpts)
		}
		settle(t, q, e, Outcome{Result: Delivered}, Outcome{})
		if _, wait = next(t, q); wait.Round(time.Hour) != 23*time.Hour {
			t.Errorf("a time out of all bounds came after %v, want the rest of %v", wait, longestDefer)
		}
	})
}

// TestReleaseDoesNotSpin hands an entry out again only after a pause.
func TestReleaseDoesNotSpin(t *testing.T) {
	inBubble(t, Options{}, func(t *testing.T, q *Queue) {
		add(t, q, letter(1, "binh@example.net"))
		for range 3 {
			e, _ := next(t, q)
			q.Release(e)
			q.Release(e) // a second end of one flight changes nothing
			if s := q.Stats(); s.Fresh != 1 || s.InFlight != 0 {
				t.Fatalf("stats %+v", s)
			}
			e, wait := next(t, q)
			if wait < minPause || wait > minPause+time.Second {
				t.Errorf("came back after %v", wait)
			}
			q.Postpone(e, time.Now().Add(time.Hour))
			over := e
			e, wait = next(t, q)
			q.Release(over)
			if s := q.Stats(); s.InFlight != 1 {
				t.Errorf("the end of an older flight ended this one: %+v", s)
			}
			if wait.Round(time.Second) != time.Hour {
				t.Errorf("came back after %v", wait)
			}
			q.Release(e)
		}
	})
}

// TestFreshMailGoesFirst has more deferred mail due than may be in flight.
func TestFreshMailGoesFirst(t *testing.T) {
	const bound = 8
	inBubble(t, Options{MaxInFlight: bound}, func(t *testing.T, q *Queue) {
		for i := range 3 * bound {
			add(t, q, letter(i, "old@example.net"))
			e, _ := next(t, q)
			settle(t, q, e, Outcome{Result: Deferred, Next: time.Now().Add(time.Hour)})
		}
		time.Sleep(2 * time.Hour)
		// Old mail alone takes half of the places and no more.
		var old []*Entry
		for e := take(t, q); e != nil; {
			old = append(old, e)
			var err error
			if e, err = q.TryNext(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if len(old) != bound/2 {
			t.Fatalf("%d old entries are in flight, want %d", len(old), bound/2)
		}
		var want ID
		for i := range bound {
			id := add(t, q, letter(i, "new@example.net"))
			if i == 0 {
				want = id
			}
		}
		if e := take(t, q); e.ID != want {
			t.Fatalf("got %s, want the fresh %s", e.ID, want)
		}
		for range bound/2 - 1 {
			take(t, q)
		}
		idle(t, q) // MaxInFlight
		// When places become free both kinds get theirs: old mail every fourth.
		kinds := map[bool]int{}
		for _, e := range old {
			settle(t, q, e, Outcome{Result: Delivered})
			kinds[take(t, q).tried()]++
		}
		if kinds[true] != 1 || kinds[false] != 3 {
			t.Errorf("%d old and %d fresh entries", kinds[true], kinds[false])
		}
	})
}

// TestBlockedNextWakesAtABound blocks on MaxInFlight and goes on when a flight
// ends.
func TestBlockedNextWakesAtABound(t *testing.T) {
	inBubble(t, Options{MaxInFlight: 1}, func(t *testing.T, q *Queue) {
		add(t, q, letter(1, "a@example.net"))
		second := add(t, q, letter(2, "b@example.net"))
		e, _ := next(t, q)
		got := make(chan ID, 1)
		go func() {
			e, err := q.Next(context.Background())
			if err != nil {
				t.Error(err)
				return
			}
			got <- e.ID
		}()
		synctest.Wait()
		if len(got) != 0 {
			t.Fatal("two entries are in flight")
		}
		settle(t, q, e, Outcome{Result: Delivered})
		if id := <-got; id != second {
			t.Errorf("got %s, want %s", id, second)
		}
	})
}
