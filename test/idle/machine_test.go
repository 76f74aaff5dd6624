package idle

import (
	"fmt"
	"io"
	"net/smtp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// What is promised of a small machine: 400 users, each in IDLE over TLS, with a
// delivery and a fetch a minute.
const (
	machineMemory = 256 << 20
	machineShare  = 0.10 // of one processor
	machineP99    = 500 * time.Millisecond
)

// TestSmallMachine serves users in a control group of 256 MiB. In CI they are
// few, and everything happens faster.
func TestSmallMachine(t *testing.T) {
	users, messages, minute, minutes := 40, 500, 4*time.Second, 2
	if *long {
		users, messages, minute = 400, 3000, time.Minute
	}
	s := newServer(t, users)
	s.fill(users, messages)
	group := newCage(t, machineMemory)
	s.start("GOMEMLIMIT=160MiB")
	limit := "GOMEMLIMIT only: control groups are not allowed here"
	if group != nil {
		group.hold(t, s.process.Process.Pid)
		limit = "a control group of 256 MiB"
	}
	crowd := newCrowd(t, s, users)
	used, began := s.processorTime(), time.Now()
	crowd.live(minute, minutes)
	share := float64(s.processorTime()-used) / float64(time.Since(began))
	share *= float64(minute) / float64(time.Minute) // as if a minute had been one

	t.Logf("%d users with %d messages each, in %s: %.1f %% of a processor, %d MiB (PSS)", users, messages, limit, 100*share, s.memory()>>20)
	if group != nil {
		t.Logf("at most %d MiB with the page cache", group.most()>>20)
	}
	if len(crowd.errors) > 0 {
		t.Fatalf("%d errors, the first: %v", len(crowd.errors), crowd.errors[0])
	}
	for _, kind := range []string{"delivery", "push", "fetch"} {
		times := crowd.times[kind]
		slices.Sort(times)
		if len(times) != users*minutes {
			t.Fatalf("%d times %s", len(times), kind)
		}
		p50, p99 := times[len(times)/2], times[len(times)*99/100]
		t.Logf("%-8s p50 %v, p99 %v, at most %v", kind, p50.Round(100*time.Microsecond), p99.Round(100*time.Microsecond), times[len(times)-1].Round(100*time.Microsecond))
		if p99 > machineP99 && *long {
			t.Errorf("p99 of %s: %v", kind, p99)
		}
	}
	if *long && share > machineShare {
		t.Errorf("%.1f %% of a processor", 100*share)
	}
	if s.memory() > machineMemory {
		t.Errorf("%d MiB of memory", s.memory()>>20)
	}
}

// crowd are users in IDLE.
type crowd struct {
	s     *server
	conns []*conn

	mu     sync.Mutex
	times  map[string][]time.Duration
	errors []error
}

func newCrowd(t *testing.T, s *server, users int) *crowd {
	t.Helper()
	c := &crowd{s: s, conns: make([]*conn, users), times: map[string][]time.Duration{}}
	check(t, openAll(c.conns, s.imaps, 0, users))
	t.Cleanup(func() {
		for _, conn := range c.conns {
			conn.Close()
		}
	})
	return c
}

// live has each user get and fetch one message in each minute, one user after
// the other.
func (c *crowd) live(minute time.Duration, minutes int) {
	tick := time.NewTicker(minute / time.Duration(len(c.conns)))
	defer tick.Stop()
	var all sync.WaitGroup
	for n := range len(c.conns) * minutes {
		<-tick.C
		user := n % len(c.conns)
		all.Go(func() {
			if err := c.one(user); err != nil {
				c.mu.Lock()
				c.errors = append(c.errors, fmt.Errorf("user %d: %w", user, err))
				c.mu.Unlock()
			}
		})
	}
	all.Wait()
}

// one delivers a message to a user, whose client hears of it and fetches it.
func (c *crowd) one(user int) error {
	conn := c.conns[user]
	conn.SetDeadline(time.Now().Add(patience))
	began := time.Now()
	text := strings.Replace(letter, "binh@example.org", address(user), 1)
	if err := send(c.s.smtp, address(user), text); err != nil {
		return err
	}
	c.note("delivery", began)
	if err := conn.change(); err != nil {
		return err
	}
	c.note("push", began)
	if _, err := io.WriteString(conn, "DONE\r\n"); err != nil {
		return err
	}
	if _, err := conn.until("i OK"); err != nil {
		return err
	}
	began = time.Now()
	if err := conn.do("FETCH * (UID FLAGS ENVELOPE BODYSTRUCTURE BODY.PEEK[])"); err != nil {
		return err
	}
	c.note("fetch", began)
	return conn.idle()
}

// send hands a message in, in the clear.
func send(server, to, text string) error {
	c, err := smtp.Dial(server)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.Mail("an@example.org"); err != nil {
		return err
	}
	if err := c.Rcpt(to); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, text); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return c.Quit()
}

func (c *crowd) note(kind string, began time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.times[kind] = append(c.times[kind], time.Since(began))
}
