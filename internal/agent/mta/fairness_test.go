package mta_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tram/internal/agent/mta/smtptest"
	"tram/internal/queue"
)

// TestFairness: mail for a good destination is there within a second, whatever
// is wrong with the others.
func TestFairness(t *testing.T) {
	tests := []struct {
		name     string
		messages int
		domains  int
		step     string // at which the other hosts take their time
	}{
		{"one slow destination", 10_000, 1, "RCPT"},
		{"one that says nothing", 10_000, 1, "greeting"},
		{"many that say nothing", 2_000, 120, "greeting"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, "*.bad.example. A 127.0.0.2\ngood.example. A 127.0.0.3\n*.new.example. A 127.0.0.3\n")
			l.journal.mute = true
			l.reopenQueue(queue.Options{MaxInFlight: 2048})
			l.options.MaxRemote = 1536
			release := make(chan struct{})
			l.host("127.0.0.2", slowAt(test.step, release))
			good := l.host("127.0.0.3", smtptest.Options{})
			t.Cleanup(func() { close(release) }) // before the hosts wait for their sessions
			l.start()
			for i := range test.messages {
				l.send("", fmt.Sprintf("x@d%d.bad.example", i%test.domains))
			}
			l.send("", "first@good.example") // from here on it is known to be good
			good.Wait(t, 1, patience)
			var fresh []time.Duration
			for range 3 { // a busy machine may spoil a round, the dispatcher would spoil each
				fresh = l.latencies(good, 100, func(i int) string { return "x@good.example" })
				t.Logf("known destination: median %v, p99 %v", fresh[50], fresh[98])
				if fresh[98] < time.Second {
					break
				}
			}
			if fresh[98] > time.Second {
				t.Errorf("p99 %v", fresh[98])
			}
			unheard := l.latencies(good, 20, func(i int) string { return fmt.Sprintf("x@n%d.new.example", i) })
			t.Logf("new destinations: median %v, worst %v", unheard[10], unheard[19])
			if test.domains == 1 && unheard[19] > time.Second {
				t.Errorf("new destinations: %v", unheard[19])
			}
		})
	}
}

// slowAt is a host that answers after 100 ms at a step, and never at the
// greeting.
func slowAt(step string, release chan struct{}) smtptest.Options {
	return smtptest.Options{Reply: func(at, _ string) string {
		if at != step {
			return ""
		}
		if step == "greeting" {
			<-release
			return "drop"
		}
		select {
		case <-release:
		case <-time.After(100 * time.Millisecond):
		}
		return ""
	}}
}

// latencies sends messages one after the other and returns how long each took
// to arrive, in ascending order.
func (l *lab) latencies(host *smtptest.Host, n int, to func(int) string) []time.Duration {
	l.t.Helper()
	var took []time.Duration
	for i := range n {
		have := len(host.Messages())
		began := time.Now()
		id := l.send("", to(i))
		m := host.Wait(l.t, have+1, patience)
		took = append(took, time.Since(began))
		if !strings.Contains(string(m[len(m)-1].Text), " id "+id) {
			l.t.Fatalf("another message came: %q", m[len(m)-1].Text)
		}
	}
	slices.Sort(took)
	return took
}
