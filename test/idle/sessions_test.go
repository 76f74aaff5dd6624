package idle

import (
	"slices"
	"testing"
	"time"
)

// What is promised of idle sessions over TLS.
const (
	sessionBudget = 24 << 10               // bytes each
	pushBudget    = 100 * time.Millisecond // one change, to 1,000 of them
)

// TestIdleSessions opens idle sessions of ten users, 1,000 of them of one, and
// measures their memory and how fast a change reaches the 1,000.
func TestIdleSessions(t *testing.T) {
	users, sessions, limit := 10, 1000, 10*pushBudget // CI shares its processors
	if *long {
		sessions, limit = 10_000, pushBudget
	}
	s := newServer(t, users+1)
	s.start()
	warm := startClients(t, s, 0, users, 2*users) // what a mailbox and a login cost once
	writer, err := open(s.imaps, address(0))
	check(t, err)
	defer writer.Close()
	warm.stop()
	before := s.settled()

	c := startClients(t, s, 0, users, sessions)
	per := (s.settled() - before) / int64(sessions)
	t.Logf("%d sessions in IDLE over TLS: %.1f KiB each; opened in %v (%.0f a second)", sessions, float64(per)/1024,
		c.opened.Round(time.Millisecond), float64(sessions)/c.opened.Seconds())
	if per > sessionBudget {
		t.Errorf("an idle session costs %d bytes", per)
	}
	if per < 4<<10 {
		t.Errorf("an idle session costs %d bytes: nothing was measured", per)
	}

	const rounds = 15
	var halves, alls []time.Duration
	heard := 0
	for range rounds {
		var half, all time.Duration
		half, all, heard = c.push(func() { check(t, writer.do("APPEND INBOX {15+}\r\nSubject: x\r\n\r\nx")) })
		halves, alls = append(halves, half), append(alls, all)
	}
	slices.Sort(halves)
	slices.Sort(alls)
	half, all := halves[rounds/2], alls[rounds/2]
	t.Logf("one message, heard by %d of them: half after %v, all after %v (medians of %d; best %v, worst %v)", heard,
		half.Round(100*time.Microsecond), all.Round(100*time.Microsecond), rounds, alls[0].Round(100*time.Microsecond), alls[rounds-1].Round(100*time.Microsecond))
	if all > limit {
		t.Errorf("a change took %v to reach %d sessions", all, heard)
	}
}
