package mailstore

import (
	"testing"
	"time"
)

func TestRestFor(t *testing.T) {
	const look = paceLook
	for _, c := range []struct {
		name    string
		changes uint64
		others  time.Duration
		want    float64
	}{
		{"an idle server", 0, 0, restIdle},
		{"work that was counted twice", 0, -look, restIdle},
		{"a little", 0, look / 10, restIdle},
		{"one reader", 0, look, restReaders},
		{"many readers", 0, 10 * look, restReaders},
		{"the odd change", fewChanges, 0, restIdle},
		{"a writer", fewChanges + 1, 0, restWriters},
		{"readers and writers", 100, 2 * look, restWriters},
	} {
		if got := restFor(c.changes, c.others, look); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// The pace follows what the server does, and somebody who waits for the work
// ends long rests.
func TestPaceLooks(t *testing.T) {
	var changes uint64
	p := newPace(func() uint64 { return changes })
	if p.share != restWriters {
		t.Errorf("the first rest is %v of the work", p.share)
	}
	look := func() float64 {
		p.looked, p.cpu, p.own = time.Now().Add(-time.Hour), processTime(), 0
		p.look()
		return p.share
	}
	if got := look(); got != restIdle {
		t.Errorf("nothing else happens: %v", got)
	}
	changes += 1000
	if got := look(); got != restWriters {
		t.Errorf("somebody writes: %v", got)
	}
	wanted := false
	p.start(false, func() bool { return wanted })
	wanted = true
	p.began = time.Now().Add(-paceSlice)
	began := time.Now()
	if err := p.rest(t.Context()); err != nil || !p.urgent {
		t.Errorf("urgent %v, %v", p.urgent, err)
	}
	if rested := time.Since(began); rested < paceSlice/5 {
		t.Errorf("rested %v", rested)
	}
}

// Whoever waits for the index shortens its rests, but not as far as others who
// write are held up for him.
func TestRests(t *testing.T) {
	for _, c := range []struct{ share, plain, urgent float64 }{
		{restIdle, restIdle, restIdle},
		{restReaders, restReaders, restIdle},
		{restWriters, restWriters, restReaders},
	} {
		for _, urgent := range []bool{false, true} {
			want := c.plain
			if urgent {
				want = c.urgent
			}
			if got := (&pace{share: c.share, urgent: urgent}).rests(); got != want {
				t.Errorf("share %v, urgent %v: %v, want %v", c.share, urgent, got, want)
			}
		}
	}
}
