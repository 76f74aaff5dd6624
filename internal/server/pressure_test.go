package server

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"tram/internal/config"
	"tram/internal/observe"
)

// tales is a gauge of which a test sets the hands.
type tales struct {
	disk    disk
	err     error
	entries int
	memory  int64
}

func (g *tales) gauge() gauge {
	return gauge{
		disk:    func() (disk, error) { return g.disk, g.err },
		entries: func() int { return g.entries },
		memory:  func() int64 { return g.memory },
	}
}

func TestPressure(t *testing.T) {
	const mib, gib = int64(config.MiB), int64(config.GiB)
	room := disk{size: 100 * gib, free: 50 * gib, inodes: 1 << 20, countsInodes: true}
	g := &tales{disk: room}
	c := config.Default()
	c.Queue.MaxEntries, c.Limits.Memory = 1000, 100*config.MiB
	health := new(observe.Health)
	var log bytes.Buffer
	p := newPressure(g.gauge(), c, health, slog.New(slog.NewTextHandler(&log, nil)))
	set := func(change func()) { change(); p.look() }

	for _, step := range []struct {
		name   string
		change func()
		size   int64
		open   bool
	}{
		{"room for all", func() {}, 0, true},
		{"at the limit", func() { g.disk.free = 2 * gib }, 0, true},
		{"a message that does not fit", func() {}, mib, false},
		{"below the limit", func() { g.disk.free = 2*gib - 1 }, 0, false},
		{"a little more is not enough", func() { g.disk.free = 2*gib + 400*mib }, 0, false},
		{"a quarter more is", func() { g.disk.free = 2*gib + 512*mib }, 0, true},
		{"no inodes", func() { g.disk.inodes = wantedInodes - 1 }, 0, false},
		{"inodes", func() { g.disk = room }, 0, true},
		{"no inodes are counted", func() { g.disk.inodes, g.disk.countsInodes = 0, false }, 0, true},
		{"full queue", func() { g.entries = 1000 }, 0, false},
		{"one entry less", func() { g.entries = 999 }, 0, false},
		{"a tenth less", func() { g.entries = 899 }, 0, true},
		{"memory", func() { g.memory = 100*mib + 1 }, 0, false},
		{"memory is given back", func() { g.memory = 80 * mib }, 0, true},
		{"nothing can be told", func() { g.err = errors.New("I/O error") }, 0, true},
	} {
		set(step.change)
		reply := p.Check(step.size)
		if (reply == nil) != step.open {
			t.Errorf("%s: %v", step.name, reply)
		}
		if reply != nil && (reply.Code != 452 || !strings.Contains(reply.Error(), "4.3.1")) {
			t.Errorf("%s: refused with %v", step.name, reply)
		}
		if (p.Refuses(step.size) == "") != step.open {
			t.Errorf("%s: the other ways in hear something else", step.name)
		}
		if healthy := len(health.Reasons()) == 0; step.size == 0 && healthy != step.open {
			t.Errorf("%s: health says %v", step.name, health.Reasons())
		}
	}
	if n := strings.Count(log.String(), "NEW MAIL IS REFUSED"); n != 4 {
		t.Errorf("logged %d times that mail is refused, want once for each time:\n%s", n, log.String())
	}
	if n := strings.Count(log.String(), "msg=\"new mail is taken again\""); n != 4 {
		t.Errorf("logged %d times that mail is taken again", n)
	}
}

func TestWantedSpace(t *testing.T) {
	for _, test := range []struct{ configured, size, want config.Size }{
		{0, 20 * config.MiB, 2 * config.MiB},
		{0, 8 * config.GiB, 512 * config.MiB},
		{0, 100 * config.GiB, 2 * config.GiB},
		{0, 10 * config.TiB, 4 * config.GiB},
		{config.GiB, 20 * config.MiB, config.GiB},
	} {
		if got := wantedSpace(int64(test.configured), int64(test.size)); config.Size(got) != test.want {
			t.Errorf("%v of %v: %v", test.configured, test.size, config.Size(got))
		}
	}
}
