package queue

import (
	"testing"
	"time"

	"tram/internal/mail/address"
)

// TestWarning follows a delayed message: it is woken for its warning although its
// next attempt is later, and warned about once.
func TestWarning(t *testing.T) {
	o := Options{WarnAfter: 50 * time.Minute} // between the attempts at 20 and 50 minutes and the next
	inBubble(t, o, func(t *testing.T, q *Queue) {
		start := time.Now()
		add(t, q, letter(1, "a@example.net", "b@example.net"))
		var warned []time.Duration
		for range 8 {
			e, _ := next(t, q)
			outcomes := make([]Outcome, len(e.Rcpts))
			for i := range outcomes {
				if e.Due(i) {
					outcomes[i] = q.Defer(e, i, "451 later")
				}
				if e.WarnDue(i) {
					outcomes[i].Warned = true
					warned = append(warned, time.Since(start))
				}
			}
			settle(t, q, e, outcomes...)
		}
		if len(warned) != 2 {
			t.Fatalf("warned %d times, want once for each recipient", len(warned))
		}
		for _, at := range warned {
			if at < o.WarnAfter || at > o.WarnAfter+10*time.Second {
				t.Errorf("warned after %v", at)
			}
		}
	})
}

// TestWarningAlone wakes an entry that has nothing to try; when nobody is warned
// it waits for its next attempt and does not come back at once.
func TestWarningAlone(t *testing.T) {
	inBubble(t, Options{WarnAfter: time.Minute}, func(t *testing.T, q *Queue) {
		start := time.Now()
		add(t, q, letter(1, "a@example.net"))
		e, _ := next(t, q)
		settle(t, q, e, q.Defer(e, 0, "451 later"))
		e, _ = next(t, q)
		if at := time.Since(start).Round(time.Second); at != time.Minute || e.Due(0) || !e.WarnDue(0) {
			t.Errorf("woken after %v, due %v, warning %v", at, e.Due(0), e.WarnDue(0))
		}
		q.Release(e)
		e, _ = next(t, q)
		if at := time.Since(start).Round(time.Second); at != 5*time.Minute || !e.Due(0) || !e.WarnDue(0) {
			t.Errorf("then after %v, due %v, warning %v", at, e.Due(0), e.WarnDue(0))
		}
		q.Release(e)
	})
}

// TestNobodyIsWarned has those who must not hear of a delay (RFC 3461 4.1, 6.1).
func TestNobodyIsWarned(t *testing.T) {
	for name, change := range map[string]func(*Message){
		"null sender":  func(m *Message) { m.Sender = address.Address{} },
		"never":        func(m *Message) { m.Rcpts[0].Notify = "NEVER" },
		"failure only": func(m *Message) { m.Rcpts[0].Notify = "SUCCESS,FAILURE" },
	} {
		inBubble(t, Options{WarnAfter: time.Minute}, func(t *testing.T, q *Queue) {
			m := letter(1, "a@example.net")
			change(&m)
			add(t, q, m)
			e, _ := next(t, q)
			settle(t, q, e, q.Defer(e, 0, "451 later"))
			e, wait := next(t, q)
			if wait.Round(time.Second) != 5*time.Minute || e.WarnDue(0) {
				t.Errorf("%s: woken after %v, warning %v", name, wait, e.WarnDue(0))
			}
			q.Release(e)
		})
	}
}

// TestRelease holds a message until the sender's time, over a restart too, and
// counts its age from then (RFC 4865 4.1).
func TestFutureRelease(t *testing.T) {
	inBubble(t, Options{}, func(t *testing.T, q *Queue) {
		const wish = 40 * 24 * time.Hour // farther ahead than any retry
		start := time.Now()
		m := letter(1, "a@example.net")
		m.Release = start.Add(wish)
		add(t, q, m)
		idle(t, q)
		again := openQueue(t, q.db, Options{})
		defer again.Close()
		e, _ := next(t, again)
		if at := time.Since(start); at < wish || at > wish+time.Second {
			t.Errorf("released after %v", at)
		}
		if age := e.Expires.Sub(e.Release).Round(time.Second); age != 5*24*time.Hour {
			t.Errorf("expires %v after its release", age)
		}
		again.Release(e)
	})
}

// TestDeadline wakes a message of mode R at its deadline, and only then gives up.
func TestDeadline(t *testing.T) {
	inBubble(t, Options{}, func(t *testing.T, q *Queue) {
		start := time.Now()
		m := letter(1, "a@example.net")
		m.By = DeliverBy{Until: start.Add(7 * time.Minute), Return: true}
		add(t, q, m)
		var at []time.Duration
		for q.Len() > 0 {
			e, _ := next(t, q)
			at = append(at, time.Since(start).Round(time.Second))
			if e.Overdue() {
				settle(t, q, e, Outcome{Result: Failed})
				continue
			}
			settle(t, q, e, q.Defer(e, 0, "451 later"))
		}
		if len(at) != 3 || at[1] != 5*time.Minute || at[2] != 7*time.Minute {
			t.Errorf("handed out after %v", at)
		}
	})
}

// TestNotifyDeadline tells the sender at the deadline of mode N, and goes on.
func TestNotifyDeadline(t *testing.T) {
	inBubble(t, Options{WarnAfter: time.Minute}, func(t *testing.T, q *Queue) {
		start := time.Now()
		m := letter(1, "a@example.net")
		m.By = DeliverBy{Until: start.Add(10 * time.Minute)}
		add(t, q, m)
		for {
			e, _ := next(t, q)
			if !e.WarnDue(0) {
				settle(t, q, e, q.Defer(e, 0, "451 later"))
				continue
			}
			if at := time.Since(start).Round(time.Second); at != 10*time.Minute || e.Overdue() {
				t.Errorf("warned after %v, overdue %v", at, e.Overdue())
			}
			settle(t, q, e, Outcome{Warned: true})
			break
		}
		e, _ := next(t, q)
		if e.WarnDue(0) || !e.Due(0) {
			t.Error("warned twice, or given up")
		}
		q.Release(e)
	})
}

// TestHeldFromTheStart is on hold before anybody can take it, with its reason.
func TestHeldFromTheStart(t *testing.T) {
	q := newQueue(t, Options{})
	m := letter(1, "a@example.net")
	m.Hold, m.HoldReason = true, "header check"
	id := add(t, q, m)
	idle(t, q)
	for _, q := range []*Queue{q, openQueue(t, q.db, Options{})} {
		if l := show(t, q, id); l.State != Held || l.HoldReason != "header check" {
			t.Errorf("it is %v because of %q", l.State, l.HoldReason)
		}
	}
	if n, err := q.Unhold(t.Context(), Only(id)); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if e := take(t, q); e.ID != id || e.HoldReason != "" {
		t.Errorf("got %+v", e)
	}
}
