package idle

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// What is promised of a mailbox with 1,000,000 messages.
const (
	selectBudget = 50 * time.Millisecond  // warm
	flagBudget   = 100 * time.Millisecond // a changed flag, to 100 sessions in IDLE
	oneBudget    = 10 * time.Millisecond  // FETCH or STORE of one message
)

// TestLargeMailbox has 100 sessions watch one mailbox of very many messages.
// CI has a tenth of them and ten times the time.
func TestLargeMailbox(t *testing.T) {
	messages, slack := 100_000, 10
	if *long {
		messages, slack = 1_000_000, 1
	}
	s := newServer(t, 1)
	s.fill(1, messages)
	s.start()
	c, err := dialTLS(s.imaps)
	check(t, err)
	defer c.Close()
	check(t, c.do(fmt.Sprintf("LOGIN %s %s", address(0), password)))
	limits := func(what string, budget time.Duration, took time.Duration) {
		t.Helper()
		t.Logf("%d messages: %s took %v", messages, what, took.Round(10*time.Microsecond))
		if took > time.Duration(slack)*budget {
			t.Errorf("%s took %v", what, took)
		}
	}
	limits("the first SELECT", 40*selectBudget, timed(t, c, 1, func(int) string { return "SELECT INBOX" }))
	limits("SELECT", selectBudget, timed(t, c, 9, func(int) string { return "SELECT INBOX" }))
	limits("FETCH of one", oneBudget, timed(t, c, 100, func(i int) string { return fmt.Sprintf("FETCH %d (UID FLAGS ENVELOPE)", 1+i*messages/100) }))
	limits("UID FETCH of one", oneBudget, timed(t, c, 100, func(i int) string { return fmt.Sprintf("UID FETCH %d BODY.PEEK[]", 1+i*messages/100) }))
	limits("STORE of one", oneBudget, timed(t, c, 100, func(i int) string { return fmt.Sprintf("STORE %d +FLAGS.SILENT \\Flagged", 1+i*messages/100) }))

	idlers := startClients(t, s, 0, 1, 100)
	var times []time.Duration
	for i := range 15 {
		_, all, _ := idlers.push(func() { check(t, c.do(fmt.Sprintf("STORE %d FLAGS.SILENT (k%d)", 1+i*messages/20, i%5))) })
		times = append(times, all)
	}
	slices.Sort(times)
	limits("a flag on its way to 100 sessions", flagBudget, times[len(times)/2])
	t.Logf("%d messages and %d sessions: %d MiB of memory", messages, 101, s.settled()>>20)
}

// timed runs commands one after the other, and returns the median of the times
// that they take.
func timed(t *testing.T, c *conn, n int, command func(int) string) time.Duration {
	t.Helper()
	var times []time.Duration
	for i := range n {
		began := time.Now()
		check(t, c.do(command(i)))
		times = append(times, time.Since(began))
	}
	slices.Sort(times)
	return times[n/2]
}
