package queue

import (
	"testing"
	"time"
)

// TestClass holds the levels of RFC 6710 4: in between belongs to the higher.
func TestClass(t *testing.T) {
	want := map[int8]int{-9: 0, -4: 0, -3: 1, -2: 1, -1: 2, 0: 2, 1: 3, 2: 3, 3: 4, 4: 4, 5: 5, 9: 5}
	for priority, class := range want {
		if got := Class(priority); got != class {
			t.Errorf("priority %d is of class %d, want %d", priority, got, class)
		}
	}
}

// TestPriorities hands out a flood of urgent mail, and what came before it.
func TestPriorities(t *testing.T) {
	q := newQueue(t, Options{MaxInFlight: 10_000})
	const urgent = 1000
	send := func(n int, priority int8) ID {
		m := letter(n, "a@example.net")
		m.Priority = priority
		return add(t, q, m)
	}
	low, normal := send(1, -9), send(2, 0)
	for i := range urgent {
		send(10+i, 9)
	}
	if e := take(t, q); e.Priority != 9 {
		t.Errorf("the first has priority %d", e.Priority)
	}
	place := map[ID]int{}
	for n := range urgent + 1 {
		place[take(t, q).ID] = n + 2
	}
	idle(t, q)
	// Each class is first once in rotation·classes.
	for name, id := range map[string]ID{"deferred": low, "normal": normal} {
		if n := place[id]; n < 2 || n > rotation*classes {
			t.Errorf("the %s one came as number %d, wanted at most %d", name, n, rotation*classes)
		}
	}
}

// TestPrioritySurvivesRestart reads the class from the head of the record.
func TestPrioritySurvivesRestart(t *testing.T) {
	q := newQueue(t, Options{})
	m := letter(1, "a@example.net")
	add(t, q, m)
	m = letter(2, "a@example.net")
	m.Priority = 4
	want := add(t, q, m)
	again := openQueue(t, q.db, Options{})
	if e := take(t, again); e.ID != want || e.Priority != 4 {
		t.Errorf("first came %s with priority %d", e.ID, e.Priority)
	}
}

func TestPriorityLimits(t *testing.T) {
	q := newQueue(t, Options{})
	for _, priority := range []int8{-10, 10} {
		m := letter(1, "a@example.net")
		m.Priority = priority
		if _, err := q.Add(t.Context(), m); err == nil {
			t.Errorf("priority %d was taken", priority)
		}
	}
	m := letter(1, "a@example.net")
	m.Release = time.Now().Add(MaxRelease + time.Hour)
	if _, err := q.Add(t.Context(), m); err == nil {
		t.Error("a release in more than a year was taken")
	}
}
