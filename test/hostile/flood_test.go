package hostile

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestLimits opens connections up to each limit and beyond. Those beyond are
// told so at once, others are not touched, and room that becomes free is given
// out again.
func TestLimits(t *testing.T) {
	const (
		inAll      = 60
		perAddress = 20
	)
	s := start(t, "127.0.80.61", fmt.Sprintf("connections = %d\nconnections_per_address = %d", inAll, perAddress))
	for _, tt := range []struct {
		road
		busy string
	}{{smtpRoad, "421 "}, {roads[2], "421 "}, {imapRoad, "* BYE"}, {popRoad, "-ERR [SYS/TEMP]"}, {imapsRoad, ""}} {
		t.Run(tt.name, func(t *testing.T) {
			var held []*client
			for i := range inAll {
				from := fmt.Sprintf("127.0.80.%d", 100+i/perAddress)
				if i%perAddress == 0 && i > 0 { // the address before has all that it may have
					s.refused(t, fmt.Sprintf("127.0.80.%d", 100+i/perAddress-1), tt.port, tt.busy)
				}
				held = append(held, s.must(t, from, tt.road))
			}
			s.refused(t, "127.0.80.99", tt.port, tt.busy)
			held[0].Close()
			s.sessions(t, inAll-1)
			held[0] = s.must(t, "127.0.80.99", tt.road)
			for _, c := range held {
				c.Close()
			}
			s.sessions(t, 0)
		})
	}
	t.Run("all doors together", func(t *testing.T) {
		var held []*client
		for i := range inAll {
			from := fmt.Sprintf("127.0.80.%d", 100+i/perAddress)
			held = append(held, s.must(t, from, []road{imapRoad, popRoad, smtpRoad}[i%3]))
		}
		s.refused(t, "127.0.80.99", smtpRoad.port, "421 ")
		s.refused(t, "127.0.80.99", imapRoad.port, "* BYE")
		for _, c := range held {
			c.Close()
		}
		s.sessions(t, 0)
	})
	s.well(t)
}

// refused checks that a connection is turned away with a reply.
func (s *server) refused(t *testing.T, from string, port int, busy string) {
	t.Helper()
	c, err := s.dial(from, port)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if busy != "" {
		if err := c.expect(busy); err != nil {
			t.Error(err)
		}
	}
	if err := c.over(); err != nil {
		t.Error(err)
	}
}

// TestChurn opens and drops connections as fast as it can, at all doors.
func TestChurn(t *testing.T) {
	s := start(t, "127.0.80.62", "connections_per_address = 1000")
	before := s.settled(t)
	var working sync.WaitGroup
	for i := range 20 {
		working.Go(func() {
			for n := range 200 {
				c, err := s.dial(fmt.Sprintf("127.0.80.%d", 100+i), roads[n%len(roads)].port)
				if err != nil {
					t.Error(err)
					return
				}
				c.put("\x16\x03")
				c.Close()
			}
		})
	}
	working.Wait()
	s.sessions(t, 0)
	t.Logf("memory grew by %d KiB after 4000 connections", (s.settled(t)-before)>>10)
	s.well(t)
}

// TestSiege is everything at once: 500 hostile connections of all kinds, some
// of them busy, and ten honest clients who send and read. Each of these
// succeeds every time.
func TestSiege(t *testing.T) {
	const (
		hostile = 500
		rounds  = 10
	)
	s := start(t, "127.0.80.63", "connections_per_address = 1000")
	calm := s.rounds(t, 1)
	end := make(chan struct{})
	var attackers sync.WaitGroup
	for i := range hostile {
		st := states[i%len(states)]
		attackers.Go(func() { s.attack(st, i, end) })
	}
	time.Sleep(time.Second) // let them come
	open := s.metric(t, "tram_sessions_open")
	took := s.rounds(t, rounds)
	still := s.metric(t, "tram_sessions_open")
	close(end)
	attackers.Wait()
	t.Logf("alone: %s", summary(calm))
	t.Logf("beside %v to %v open hostile connections: %s", open, still, summary(took))
	if open < hostile/2 || still < hostile/4 {
		t.Errorf("only %v and %v connections were open", open, still)
	}
	if len(took) != 10*rounds {
		t.Errorf("%d of %d exchanges succeeded", len(took), 10*rounds)
	}
	if worst := slices.Max(took); worst > soon {
		t.Errorf("the slowest took %v", worst)
	}
	s.sessions(t, 0)
	s.well(t)
}

// attack enters a state and drips into it, again whenever it is thrown out.
func (s *server) attack(st state, seed int, end chan struct{}) {
	for {
		c, err := st.enter(s, hostileIP)
		if err == nil {
			ended := make(chan struct{})
			go func() { c.over(); close(ended) }()
			for open := true; open; {
				select {
				case <-end:
					c.Close()
				case <-ended:
					open = false
				case <-time.After(time.Duration(100+seed%50) * time.Millisecond):
					c.put("\x00")
				}
			}
			c.Close()
		}
		select {
		case <-end:
			return
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// rounds lets ten honest clients send and read at the same time.
func (s *server) rounds(t *testing.T, n int) []time.Duration {
	t.Helper()
	var mu sync.Mutex
	var all []time.Duration
	var clients sync.WaitGroup
	for i := range 10 {
		clients.Go(func() {
			for range n {
				took, err := s.honest(honestIP, fmt.Sprintf("u%d", i))
				if err != nil {
					t.Error(err)
					continue
				}
				mu.Lock()
				all = append(all, took)
				mu.Unlock()
			}
		})
	}
	clients.Wait()
	return all
}

func summary(all []time.Duration) string {
	if len(all) == 0 {
		return "nothing"
	}
	slices.Sort(all)
	var b strings.Builder
	fmt.Fprintf(&b, "%d exchanges", len(all))
	for _, p := range []int{50, 90, 99, 100} {
		fmt.Fprintf(&b, ", p%d %v", p, all[min(len(all)*p/100, len(all)-1)].Round(time.Millisecond))
	}
	return b.String()
}
