package queue

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// waiting is an entry of the model of a lane.
type waiting struct {
	next int64
	id   ID
}

func byTime(a, b waiting) int {
	if a.next != b.next {
		return int(a.next - b.next)
	}
	return int(int64(a.id) - int64(b.id))
}

// TestScheduleModel compares the schedule with sorted slices.
func TestScheduleModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newSchedule()
		model := [2 * classes][]waiting{}
		others := map[ID]State{}
		var ids []ID
		forget := func(id ID) {
			for lane := range model {
				model[lane] = slices.DeleteFunc(model[lane], func(w waiting) bool { return w.id == id })
			}
			delete(others, id)
		}
		pick := func(t *rapid.T) *slot {
			if len(ids) == 0 {
				t.Skip("empty")
			}
			return s.find(rapid.SampledFrom(ids).Draw(t, "id"))
		}
		wait := func(t *rapid.T, sl *slot) {
			id, next, tried := sl.id, rapid.Int64Range(0, 20).Draw(t, "next"), rapid.Bool().Draw(t, "tried")
			s.wait(sl, next, tried)
			forget(id)
			model[sl.lane()] = append(model[sl.lane()], waiting{next, id})
			slices.SortFunc(model[sl.lane()], byTime)
		}
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				id := ID(rapid.Uint64Range(1, 1000).Draw(t, "id"))
				sl := s.add(id)
				if (sl == nil) != slices.Contains(ids, id) {
					t.Fatal("add found something else")
				}
				if sl != nil {
					ids = append(ids, id)
					sl.class = uint8(rapid.IntRange(0, classes-1).Draw(t, "class"))
					wait(t, sl)
				}
			},
			"wait": func(t *rapid.T) { wait(t, pick(t)) },
			"set": func(t *rapid.T) {
				sl := pick(t)
				state := rapid.SampledFrom([]State{InFlight, Held, Damaged}).Draw(t, "state")
				s.set(sl, state)
				forget(sl.id)
				others[sl.id] = state
			},
			"remove": func(t *rapid.T) {
				id := pick(t).id
				s.remove(s.find(id))
				forget(id)
				ids = slices.DeleteFunc(ids, func(x ID) bool { return x == id })
			},
			"": func(t *rapid.T) { checkSchedule(t, s, model, others) },
		})
	})
}

func checkSchedule(t *rapid.T, s *schedule, model [2 * classes][]waiting, others map[ID]State) {
	inFlight := 0
	for id, state := range others {
		sl := s.find(id)
		if sl == nil || sl.state != state {
			t.Fatalf("%d is not %v", id, state)
		}
		if state == InFlight && sl.tried {
			inFlight++
		}
	}
	if s.triedInFlight != inFlight {
		t.Fatalf("%d tried in flight, want %d", s.triedInFlight, inFlight)
	}
	var fresh, tried int
	for lane, want := range model {
		if lane%2 == 0 {
			fresh += len(want)
		} else {
			tried += len(want)
		}
	}
	if s.count[Fresh] != fresh || s.count[Waiting] != tried ||
		len(s.index) != len(others)+s.count[Fresh]+s.count[Waiting] {
		t.Fatalf("counts %v", s.count)
	}
	for lane, want := range model {
		if len(s.lanes[lane]) != len(want) {
			t.Fatalf("lane %d has %d, want %d", lane, len(s.lanes[lane]), len(want))
		}
		if len(want) > 0 && s.first(lane).id != want[0].id {
			t.Fatalf("lane %d begins with %d, want %d", lane, s.first(lane).id, want[0].id)
		}
		for pos, i := range s.lanes[lane] {
			if int(s.slots[i].pos) != pos {
				t.Fatalf("slot %d does not know its place", i)
			}
		}
	}
}

func TestShiftKeepsOrder(t *testing.T) {
	s := newSchedule()
	for i := range 10 {
		s.wait(s.add(ID(i+1)), int64(1000*(10-i)), true)
	}
	s.wait(s.add(100), 0, false)
	s.shift(-4 * time.Second)
	var got []int64
	for sl := s.first(1); sl != nil; sl = s.first(1) {
		got = append(got, sl.next)
		s.set(sl, Held)
	}
	want := []int64{1, 1, 1, 1, 1000, 2000, 3000, 4000, 5000, 6000}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if sl := s.due(0, 0); sl == nil || sl.id != 100 {
		t.Error("fresh entry is not due at once any more")
	}
}
