package queue

import (
	"fmt"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// TestBlockedDomain keeps the mail of a dead domain from the agents: it comes at
// a trickle, every entry of it, and never before mail for others.
func TestBlockedDomain(t *testing.T) {
	inBubble(t, Options{MaxInFlight: 100_000}, func(t *testing.T, q *Queue) {
		const dead, live = 10_000, 10
		for i := range dead {
			add(t, q, letter(i, fmt.Sprintf("u%d@dead.example", i)))
		}
		first := take(t, q)
		start := time.Now()
		q.Block(first, start.Add(time.Hour), "451 4.4.1 no answer")
		settle(t, q, first, q.Defer(first, 0, "451 4.4.1 no answer"))
		for i := range live {
			add(t, q, letter(i, "a@live.example"))
		}
		seen, found := 0, 0
		for n := 0; found < live; n++ {
			e := take(t, q)
			if e.domain() == "live.example" {
				found++
				continue
			}
			seen++
			settle(t, q, e, q.Defer(e, 0, "451 4.4.1 no answer"))
			if n > 2*live { // the burst of the backlog has one turn in four
				t.Fatalf("%d of %d live entries among the first %d", found, live, n)
			}
		}
		l, err := q.List(t.Context(), Filter{Domain: "dead.example", Limit: 2})
		if err != nil || l[1].State != Waiting || l[1].Reply != "451 4.4.1 no answer" || l[1].Blocked.IsZero() {
			t.Errorf("listed as %+v, %v", l[1], err)
		}
		for ; seen < dead-1; seen++ {
			e, _ := next(t, q)
			settle(t, q, e, q.Defer(e, 0, "451 4.4.1 no answer"))
		}
		least := (dead-1)*backlogEvery - 2*backlogBurst
		if took := time.Since(start); took < least || took > 2*least {
			t.Errorf("%d entries came in %v, want about %v", seen, took, least)
		}
		if s := q.Stats(); s.Waiting != dead || s.Blocked != 1 || s.Destinations != 2 {
			t.Errorf("stats %+v", s)
		}
	})
}

// TestLinesShareThePace has a domain with a few entries beside one with many: both
// are unreachable, and the few do not stand behind the many.
func TestLinesShareThePace(t *testing.T) {
	inBubble(t, Options{MaxInFlight: 100_000}, func(t *testing.T, q *Queue) {
		const many, few = 10_000, 10
		block := func(domain string, n int) {
			for i := range n {
				add(t, q, letter(i, fmt.Sprintf("u%d@%s", i, domain)))
			}
			e := take(t, q)
			q.Block(e, time.Now().Add(time.Hour), "451 no")
			settle(t, q, e, q.Defer(e, 0, "451 no"))
			q.takeOff() // sends the first of the rest into the line
		}
		block("many.example", many)
		start := time.Now()
		block("few.example", few)
		for found := 0; found < few-2; {
			if e, _ := next(t, q); e.domain() == "few.example" {
				found++
			}
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("the few came after %v", took)
		}
	})
}

// TestUnblock lets mail go again at full speed.
func TestUnblock(t *testing.T) {
	inBubble(t, Options{}, func(t *testing.T, q *Queue) {
		add(t, q, letter(1, "a@dead.example"))
		e := take(t, q)
		q.Block(e, time.Now().Add(time.Hour), "451 no")
		q.Unblock(e)
		q.Release(e)
		add(t, q, letter(2, "a@dead.example"))
		if l, _ := q.List(t.Context(), Filter{}); !l[1].Blocked.IsZero() {
			t.Error("still blocked")
		}
	})
}

// TestAsked tries what somebody asked for, blocked or not.
func TestAsked(t *testing.T) {
	inBubble(t, Options{}, func(t *testing.T, q *Queue) {
		id := add(t, q, letter(1, "a@dead.example"))
		e := take(t, q)
		q.Block(e, time.Now().Add(time.Hour), "451 no")
		settle(t, q, e, q.Defer(e, 0, "451 no"))
		idle(t, q)
		for _, domain := range []string{"dead.example", "@dead.example"} {
			if n, err := q.RetryDomain(t.Context(), domain); n != 1 || err != nil {
				t.Fatalf("%s: %d, %v", domain, n, err)
			}
			e = take(t, q)
			if e.ID != id || !e.Asked {
				t.Errorf("got %s, asked %v", e.ID, e.Asked)
			}
			settle(t, q, e, q.Defer(e, 0, "451 no"))
		}
		if n, err := q.RetryDomain(t.Context(), "other.example"); n != 0 || err != nil {
			t.Errorf("another domain: %d, %v", n, err)
		}
		if _, err := q.RetryDomain(t.Context(), ""); err == nil {
			t.Error("no domain was taken for all")
		}
	})
}

// TestOverdueAtStart spreads what was due while nobody was there, and lets fresh
// mail pass.
func TestOverdueAtStart(t *testing.T) {
	inBubble(t, Options{}, func(t *testing.T, q *Queue) {
		const n = 6000
		for i := range n {
			add(t, q, letter(i, fmt.Sprintf("a@d%d.example", i%100)))
			e := take(t, q)
			settle(t, q, e, q.Defer(e, 0, "451 later"))
		}
		time.Sleep(time.Hour)
		again := openQueue(t, q.db, Options{MaxInFlight: 2 * n})
		defer again.Close()
		at := map[time.Duration]int{}
		start := time.Now()
		for range n {
			_, _ = next(t, again)
			at[time.Since(start).Truncate(time.Second)]++
		}
		// 2,000 of the quiet second before, then 2,000 a second.
		if at[0] < 2000 || at[0] > 4100 || at[time.Second] < 1900 || at[time.Second] > 2100 {
			t.Errorf("handed out a second: %v", at)
		}
	})
}

func TestDestinations(t *testing.T) {
	q := newQueue(t, Options{})
	for i := range 3 {
		add(t, q, letter(i, fmt.Sprintf("u%d@big.example", i)))
	}
	several := add(t, q, letter(4, "a@small.example", "a@big.example"))
	small := add(t, q, letter(5, "a@small.example", "b@small.example"))
	if _, err := q.Hold(t.Context(), Only(small), "why not"); err != nil {
		t.Fatal(err)
	}
	e := take(t, q)
	settle(t, q, e, q.Defer(e, 0, "451 4.4.1 at connect"))
	for _, q := range []*Queue{q, openQueue(t, q.db, Options{})} { // as added, and as read back
		list, all, err := q.Destinations(t.Context(), 2)
		if err != nil || all != 3 || len(list) != 2 {
			t.Fatalf("%d of %d, %v", len(list), all, err)
		}
		big := list[0]
		if big.Domain != "big.example" || big.Entries != 3 || big.Fresh != 2 || big.Waiting != 1 || big.Ages[0] != 3 ||
			!big.Oldest.Equal(e.ID.Time()) || big.Reply != "451 4.4.1 at connect" {
			t.Errorf("first is %+v", big)
		}
		if list[1].Domain != "" || list[1].Entries != 1 || !list[1].Oldest.Equal(several.Time()) {
			t.Errorf("second is %+v", list[1])
		}
	}
}

// TestSitesAreForgotten keeps no domain without entries.
func TestSitesAreForgotten(t *testing.T) {
	q := openQueue(t, openStore(t, vfs.NewMem()), Options{})
	for i := range 100 {
		add(t, q, letter(i, fmt.Sprintf("a@d%d.example", i)))
		settle(t, q, take(t, q), Outcome{Result: Delivered})
	}
	if s := &q.schedule.sites; len(s.numbers) != 0 || len(s.all) != 2 {
		t.Errorf("%d sites of %d", len(s.numbers), len(s.all))
	}
}
