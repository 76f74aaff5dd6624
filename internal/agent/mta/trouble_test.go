package mta_test

import (
	"context"
	"flag"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tram/internal/agent/mta/smtpclient"
	"tram/internal/agent/mta/smtptest"
	"tram/internal/queue"
)

var troubleMessages = flag.Int("trouble", 3000, "messages of TestTrouble; 100000 in a soak")

// Of a hundred destinations, so many are in trouble of each kind.
const (
	silentPart  = 10 // take the connection and say nothing
	defersPart  = 10 // refuse every message once, at one step or another
	cutPart     = 5  // drop connections, at every possible byte
	troublePart = silentPart + defersPart + cutPart
)

// cutRange is how many bytes a client says in four transactions of the test,
// about. All connections are cut in it, so that each of its bytes has its turn.
const cutRange = 2080

// sinks are the destinations: each its own domain and its own address.
type sinks struct {
	hosts   []*smtptest.Host
	cuts    int // connections that each host of the cut part drops
	silent  int // that each silent host keeps waiting
	release chan struct{}
}

// TestTrouble sends many messages to many destinations, a quarter of them in
// trouble. None is lost. One arrives twice only where the reply to its end got
// lost, and those are counted.
func TestTrouble(t *testing.T) {
	t.Parallel() // the queue puts nothing off for less than five seconds
	n := *troubleMessages
	destinations := min(max(n/30, 100), 1000)
	s := &sinks{cuts: min(n/1500, 60), silent: 1 + n/25_000, release: make(chan struct{})}
	l := newLab(t, s.zone(destinations))
	l.journal.mute = true
	l.reopenQueue(queue.Options{Retry: []time.Duration{time.Millisecond}, MaxInFlight: 2048})
	l.options.MaxRemote, l.options.Backoff = 1536, 100*time.Millisecond
	l.options.Client.Timeouts = smtpclient.Timeouts{Connect: patience, Greeting: 400 * time.Millisecond, Command: patience, Final: patience}
	s.start(l, destinations)
	began := time.Now()
	l.start()
	for i := range n {
		l.sendAs(l.envelope(fmt.Sprintf("s%d@there.example", i), fmt.Sprintf("r%d@d%d.trouble.example", i, i%destinations)), letter)
	}
	l.emptied(time.Duration(n) * 10 * time.Millisecond)
	t.Logf("%d messages to %d destinations in %v", n, destinations, time.Since(began).Round(time.Millisecond))
	s.check(t, l, n)
}

// zone is the DNS of the destinations.
func (s *sinks) zone(destinations int) string {
	var b strings.Builder
	for i := range destinations {
		fmt.Fprintf(&b, "d%d.trouble.example. A %s\n", i, sinkAddr(i))
	}
	return b.String()
}

func sinkAddr(i int) netip.Addr {
	return netip.AddrFrom4([4]byte{127, 9, byte(i / 250), byte(i%250 + 1)})
}

// start starts the destinations.
func (s *sinks) start(l *lab, destinations int) {
	for i := range destinations {
		s.hosts = append(s.hosts, l.host(sinkAddr(i).String(), s.trouble(i)))
	}
	l.t.Cleanup(func() { close(s.release) })
}

// trouble is how destination i behaves.
func (s *sinks) trouble(i int) smtptest.Options {
	switch part := i % 100; {
	case part < silentPart:
		return s.mute()
	case part < silentPart+defersPart:
		return smtptest.Options{Reply: deferOnce()}
	case part < troublePart:
		return smtptest.Options{Cut: func(connection int) (in, out int) {
			if connection >= s.cuts {
				return -1, -1
			}
			at := (connection*197 + i*131) % cutRange
			if connection%2 == 0 {
				return at, -1
			}
			return -1, at / 3 // hosts say less
		}}
	}
	return smtptest.Options{}
}

// mute is a host that keeps the first connections waiting.
func (s *sinks) mute() smtptest.Options {
	var mu sync.Mutex
	seen := 0
	return smtptest.Options{Reply: func(step, _ string) string {
		if step != "greeting" {
			return ""
		}
		mu.Lock()
		seen++
		wait := seen <= s.silent
		mu.Unlock()
		if wait {
			<-s.release
			return "drop"
		}
		return ""
	}}
}

var number = regexp.MustCompile(`[sr](\d+)@`)

// deferOnce refuses each message once: at MAIL, RCPT, the text, or by closing.
func deferOnce() func(step, arg string) string {
	var mu sync.Mutex
	seen := map[int]bool{}
	replies := []struct{ step, reply string }{
		{"MAIL", "451 4.3.0 not now"}, {"RCPT", "450 4.2.0 greylisted"}, {"MAIL", "421 4.3.2 closing"}, {"RCPT", "452 4.2.2 full"},
	}
	return func(step, arg string) string {
		found := number.FindStringSubmatch(arg)
		if found == nil || step != "MAIL" && step != "RCPT" {
			return ""
		}
		n, _ := strconv.Atoi(found[1])
		how := replies[n/100%len(replies)]
		mu.Lock()
		defer mu.Unlock()
		if how.step != step || seen[n] {
			return ""
		}
		seen[n] = true
		return how.reply
	}
}

// emptied waits for the end of the queue, which takes a while.
func (l *lab) emptied(limit time.Duration) {
	l.t.Helper()
	deadline := time.Now().Add(max(limit, patience))
	for ; l.left() > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			l.t.Fatalf("the queue: %+v", l.queue.Stats())
		}
	}
}

// check looks at what arrived.
func (s *sinks) check(t *testing.T, l *lab, n int) {
	t.Helper()
	copies, certain := make([]int, n), make([]int, n)
	doubtful, cuts := 0, 0
	for i, h := range s.hosts {
		for _, m := range h.Messages() {
			to, err := strconv.Atoi(number.FindStringSubmatch(m.Rcpts[0])[1])
			if err != nil || to%len(s.hosts) != i || len(m.Rcpts) != 1 || !strings.HasSuffix(string(m.Text), letter) {
				t.Fatalf("destination %d got %+v", i, m)
			}
			copies[to]++
			if m.Doubtful {
				doubtful++
			} else {
				certain[to]++
			}
		}
		if i%100 >= silentPart+defersPart && i%100 < troublePart {
			cuts += min(h.Connections(), s.cuts)
		}
	}
	lost, doubles := 0, 0
	for i := range n {
		if certain[i] > 1 {
			t.Errorf("message %d arrived %d times though the reply came", i, certain[i])
		}
		if copies[i] == 0 {
			lost++
		}
		doubles += max(0, copies[i]-1)
	}
	counted := int(l.counts.LostReplies.Load())
	t.Logf("%d lost, %d doubles, %d taken without a whole reply, %d lost replies counted, %d connections cut", lost, doubles, doubtful, counted, cuts)
	if lost > 0 || doubles > doubtful || doubtful > counted || l.counts.Bounces.Load() > 0 {
		t.Errorf("%d notifications", l.counts.Bounces.Load())
	}
	if listed, err := l.queue.List(context.Background(), queue.Filter{}); err != nil || len(listed) > 0 {
		t.Errorf("left: %+v, %v", listed, err)
	}
}
