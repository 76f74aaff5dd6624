package mta

import (
	"fmt"
	"testing"
	"time"

	"tram/internal/queue"
)

// TestWindow walks through the rule.
func TestWindow(t *testing.T) {
	now := time.Unix(1e9, 0)
	const most = 20
	var w window
	expect := func(what string, want int) {
		t.Helper()
		if got := w.limit(most, now); got != want {
			t.Fatalf("%s: %d, want %d", what, got, want)
		}
	}
	round := func() {
		for n := w.limit(most, now); n > 0; n-- {
			w.well(w.limit(most, now), most, now)
		}
		now = now.Add(time.Second)
	}
	expect("new", startWindow)
	w.well(1, most, now)
	expect("what was not in use proves nothing", startWindow)
	round()
	expect("doubled", 2*startWindow)
	round()
	expect("doubled again", 4*startWindow)
	round()
	round()
	expect("bounded", most)
	began := now
	now = now.Add(time.Second)
	w.ill(began, now)
	expect("halved", most/2)
	w.ill(began, now)
	expect("halved once", most/2)
	round()
	round()
	expect("opens slowly after trouble", most/2+1)
	for range 10 {
		now = now.Add(time.Second)
		w.ill(now, now)
	}
	expect("never closed", 1)
	for range 40 {
		round()
	}
	expect("recovered", most)

	w.crowded(6, now)
	expect("one less than what was refused", 5)
	for range 100 {
		round()
	}
	expect("the ceiling is believed", 5)
	now = now.Add(ceilingTime)
	round()
	round()
	expect("and tried again later", 6)
	w.crowded(1, now)
	expect("one is always allowed", 1)
}

// TestWindowSimulation is where the numbers in the decision record come from:
// a destination that takes so many connections, serves each transaction in
// 200 ms, and refuses more in 20 ms. It compares the rule with a fixed number
// and with steps of 1/n both ways.
func TestWindowSimulation(t *testing.T) {
	for _, capacity := range []int{1, 2, 5, 10, 50} {
		rule := &adaptive{}
		kinds := []struct {
			name    string
			control control
		}{{"fixed 10", fixed(10)}, {"steps of 1/n", &steps{size: 5}}, {"window", rule}}
		for _, kind := range kinds {
			served, refused := simulate(kind.control, capacity, 10*time.Minute)
			t.Logf("capacity %2d  %-12s  %5.1f served a second, %5d refused in 10 min", capacity, kind.name, float64(served)/600, refused)
			if kind.control != rule {
				continue
			}
			// At least 90 % of what the destination can do, up to the bound of
			// 20, and next to no refusals.
			if best := 600 * 5 * min(capacity, 20); served < best*9/10 || refused > 10 {
				t.Errorf("capacity %d: %d of %d served, %d refused", capacity, served, best, refused)
			}
		}
	}
}

// control says how many transactions there may be, and learns.
type control interface {
	limit(now time.Time) int
	well(busy int, now time.Time)
	refused(busy int, now time.Time)
}

type fixed int

func (f fixed) limit(time.Time) int    { return int(f) }
func (f fixed) well(int, time.Time)    {}
func (f fixed) refused(int, time.Time) {}

// steps is the plain rule: 1/n up for each success, 1/n down for each failure.
type steps struct{ size float64 }

func (s *steps) limit(time.Time) int    { return max(1, int(s.size)) }
func (s *steps) well(int, time.Time)    { s.size = min(20, s.size+1/s.size) }
func (s *steps) refused(int, time.Time) { s.size = max(1, s.size-1/s.size) }

type adaptive struct{ w window }

func (a *adaptive) limit(now time.Time) int         { return a.w.limit(20, now) }
func (a *adaptive) well(busy int, now time.Time)    { a.w.well(busy, 20, now) }
func (a *adaptive) refused(busy int, now time.Time) { a.w.crowded(busy, now) }

// simulate has an endless backlog for one destination, in steps of 20 ms.
func simulate(c control, capacity int, span time.Duration) (served, refused int) {
	const step, service = 20 * time.Millisecond, 200 * time.Millisecond
	start := time.Unix(1e9, 0)
	var ends []time.Time // of the transactions under way
	for now := start; now.Sub(start) < span; now = now.Add(step) {
		left := ends[:0]
		busy := len(ends)
		for _, end := range ends {
			if end.After(now) {
				left = append(left, end)
				continue
			}
			served++
			c.well(busy, now)
		}
		ends = left
		for len(ends) < c.limit(now) {
			if len(ends) >= capacity {
				refused++
				c.refused(len(ends)+1, now)
				break // whoever was refused has spent this step
			}
			ends = append(ends, now.Add(service))
		}
	}
	return served, refused
}

// TestShare: the worse the rank, the smaller the part, also together.
func TestShare(t *testing.T) {
	tests := []struct {
		have [ranks]int
		fits [ranks]bool
	}{
		{[ranks]int{0, 0, 0}, [ranks]bool{true, true, true}},
		{[ranks]int{0, 0, 4}, [ranks]bool{true, true, false}},
		{[ranks]int{0, 3, 3}, [ranks]bool{true, false, false}},
		{[ranks]int{8, 0, 0}, [ranks]bool{false, false, false}},
		{[ranks]int{4, 0, 0}, [ranks]bool{true, true, true}},
		{[ranks]int{4, 2, 2}, [ranks]bool{false, false, false}},
	}
	for _, test := range tests {
		for r, want := range test.fits {
			if got := fits(&test.have, rank(r), 8); got != want {
				t.Errorf("%v, rank %d: %v", test.have, r, got)
			}
		}
	}
}

// TestSlots: groups without a place come back one after the other, as fast as
// the destination takes them, and none later than is sensible.
func TestSlots(t *testing.T) {
	for _, every := range []time.Duration{0, time.Microsecond, time.Millisecond, time.Minute} {
		now := time.Unix(1e9, 0)
		dest := &destination{every: every, backlog: make([]*group, 100)}
		seen := map[time.Time]bool{}
		for range 1000 {
			at := dest.nextSlot(now)
			if at.Before(now.Add(minPostpone)) || at.After(now.Add(maxPostpone+maxSlot)) {
				t.Fatalf("a slot %v ahead", at.Sub(now))
			}
			seen[at] = true
		}
		if len(seen) != 1000 {
			t.Errorf("%v: %d different slots", every, len(seen))
		}
	}
	dest := &destination{backlog: make([]*group, 1)}
	now := time.Unix(1e9, 0)
	for range 1000 {
		dest.meet(now)
		now = now.Add(time.Millisecond)
	}
	dest.backlog = nil
	dest.meet(now)
	dest.meet(now.Add(time.Hour))
	if dest.every != time.Millisecond {
		t.Errorf("one every %v", dest.every)
	}
}

// TestPriority: urgent mail goes first, but not for ever.
func TestPriority(t *testing.T) {
	dest := &destination{}
	name := func(g *group) string { return fmt.Sprintf("%d", g.f.e.Priority) }
	for _, p := range []int8{0, 4, 0, -4, 9, 4} {
		dest.enqueue(urgent(p))
	}
	got := ""
	for _, g := range dest.backlog {
		got += name(g) + " "
	}
	if got != "9 4 4 0 0 -4 " {
		t.Errorf("order %s", got)
	}
	for range 2 * maxOvertaken {
		dest.enqueue(urgent(9))
	}
	if last := dest.backlog[len(dest.backlog)-1]; last.f.e.Priority != 9 {
		t.Error("the lowest was overtaken without end")
	}
}

func urgent(priority int8) *group {
	return &group{f: &flight{e: &queue.Entry{Message: queue.Message{Priority: priority}}}}
}
