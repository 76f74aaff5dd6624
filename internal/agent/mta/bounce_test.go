package mta_test

import (
	"strings"
	"testing"
	"time"

	"tram/internal/agent/mta"
	"tram/internal/agent/mta/smtpclient"
	"tram/internal/agent/mta/smtptest"
	"tram/internal/queue"
)

// TestBounceOnce: one bounce, to the sender, and none of a bounce.
func TestBounceOnce(t *testing.T) {
	tests := []struct {
		name    string
		from    string
		notify  string
		bounces int64
		doubles int64
	}{
		{"ordinary", "an@here.example", "", 1, 0},
		{"wanted", "an@here.example", "SUCCESS,FAILURE", 1, 0},
		{"not wanted", "an@here.example", "NEVER", 0, 0},
		{"only delays", "an@here.example", "DELAY", 0, 0},
		{"null sender", "", "", 0, 1},
		{"sender unknown", "nobody@here.example", "", 1, 1},
	}
	for _, test := range tests {
		l := newLab(t, zone)
		e := l.envelope(test.from, "x@null.example", "y@null.example", "nobody2@here.example")
		for i := range e.Rcpts {
			e.Rcpts[i].Notify = test.notify
		}
		l.start()
		id := l.sendAs(e, letter)
		l.wait(2, "bounced", "id="+id, "5.1.10")
		l.wait(1, "bounced", "id="+id, "5.1.1 No such user")
		switch {
		case test.bounces > 0 && test.doubles > 0:
			l.wait(1, "bounced", "from=<>", "to=<nobody@here.example>")
			l.wait(1, "delivered", "from=<>", "to=<postmaster>")
		case test.bounces > 0:
			l.wait(1, "delivered", "from=<>", "to=<an@here.example>")
		}
		// Failures of one kind found together are one bounce; local and remote
		// ones are settled apart.
		if n := l.counts.Bounces.Load(); n < test.bounces || n > 3*test.bounces {
			t.Errorf("%s: %d bounces", test.name, n)
		}
		if n := l.counts.DoubleBounces.Load(); (n > 0) != (test.doubles > 0) {
			t.Errorf("%s: %d double bounces", test.name, n)
		}
		for _, text := range l.inbox() {
			if !strings.HasPrefix(text, "Return-Path: <>\r\n") {
				t.Errorf("%s: a bounce with another sender: %.60q", test.name, text)
			}
		}
	}
}

// TestReturnedMessage: how much of the message comes back.
func TestReturnedMessage(t *testing.T) {
	long := letter + strings.Repeat("a line of the body that is long enough\r\n", 3000)
	tests := []struct {
		name, ret, text string
		whole           bool
	}{
		{"small", "", letter, true},
		{"small, header wanted", "HDRS", letter, false},
		{"large", "", long, false},
		{"large, all wanted", "FULL", long, true},
	}
	for _, test := range tests {
		l := newLab(t, zone)
		l.start()
		e := l.envelope("an@here.example", "x@null.example")
		e.FromParams.Ret, e.FromParams.EnvID = test.ret, "id-42"
		l.sendAs(e, test.text)
		l.wait(1, "delivered", "from=<>")
		bounce := l.inbox()[0]
		if whole := strings.Contains(bounce, strings.TrimPrefix(test.text, letter[:20])); whole != test.whole {
			t.Errorf("%s: whole is %v", test.name, whole)
		}
		if !strings.Contains(bounce, "Subject: hello") || !strings.Contains(bounce, "Original-Envelope-Id: id-42\r\n") {
			t.Errorf("%s: header or envelope id is missing", test.name)
		}
	}
}

// TestExpired: what was tried for too long comes back with the last reply.
func TestExpired(t *testing.T) {
	l := newLab(t, zone)
	l.host("127.0.0.2", smtptest.Options{Reply: func(step, arg string) string {
		if step == "RCPT" {
			return "450 4.2.1 still not"
		}
		return ""
	}})
	l.reopenQueue(queue.Options{Expiry: time.Nanosecond})
	l.start()
	id := l.send("an@here.example", "x@two.example")
	l.wait(1, "bounced", "id="+id, "450 4.2.1 still not")
	l.wait(1, "delivered", "from=<>")
	if bounce := l.inbox()[0]; !strings.Contains(bounce, "Action: failed\r\n") || !strings.Contains(bounce, "450 4.2.1 still not") {
		t.Error(bounce)
	}
}

func TestTLSFallback(t *testing.T) {
	l := newLab(t, zone)
	host := l.host("127.0.0.2", smtptest.Options{BreakTLS: true})
	l.start()
	l.send("a@there.example", "x@two.example")
	host.Wait(t, 1, patience)
	if n := l.counts.TLSFallbacks.Load(); n != 1 {
		t.Errorf("%d fallbacks", n)
	}
}

// TestRelay: with a relay host, all mail that is not ours goes there, by login,
// whatever the DNS says.
func TestRelay(t *testing.T) {
	l := newLab(t, "relay.example. A 127.0.0.2\nrelay.example. MX 10 wrong.example.\n")
	relay := l.host("127.0.0.2", smtptest.Options{Extensions: []string{"AUTH PLAIN", "PIPELINING"}})
	l.options.Relay = &mta.Relay{Host: "relay.example", Port: int(l.port), TLS: smtpclient.NoTLS, User: "us", Password: "secret"}
	l.start()
	l.send("a@there.example", "x@two.example", "y@unheard.example", "z@[192.0.2.9]", "an@here.example")
	m := relay.Wait(t, 1, patience)
	l.wait(3, "delivered", "host=relay.example")
	l.wait(1, "delivered", "to=<an@here.example>")
	if len(m) != 1 || len(m[0].Rcpts) != 3 || m[0].User != "us" {
		t.Errorf("%+v", m)
	}
}

// TestStop: what is on its way may end; what is not stays in the queue.
func TestStop(t *testing.T) {
	l := newLab(t, "slow.example. A 127.0.0.2\n")
	asked := make(chan struct{}, 100)
	never := make(chan struct{})
	slow := l.host("127.0.0.2", smtptest.Options{Reply: func(step, arg string) string {
		if step == "MAIL" {
			asked <- struct{}{}
			<-never
		}
		return ""
	}})
	l.options.PerDestination = 2
	stop := l.start()
	for range 10 {
		l.send("a@there.example", "x@slow.example")
	}
	<-asked
	stop()
	close(never)
	if n := l.left(); n != 10 || len(slow.Messages()) != 0 || len(l.journal.find("deferred")) != 0 {
		t.Errorf("%d entries, %d messages", n, len(slow.Messages()))
	}
}

// TestStopLetsFinish: a transaction that ends within the stop time is settled.
func TestStopLetsFinish(t *testing.T) {
	l := newLab(t, "slow.example. A 127.0.0.2\n")
	asked, release := make(chan struct{}), make(chan struct{})
	l.host("127.0.0.2", smtptest.Options{Reply: func(step, arg string) string {
		if step == "text" {
			close(asked)
			<-release
		}
		return ""
	}})
	l.options.StopTime = patience
	stop := l.start()
	l.send("a@there.example", "x@slow.example")
	<-asked
	timer := time.AfterFunc(20*time.Millisecond, func() { close(release) })
	defer timer.Stop()
	stop()
	if n := l.left(); n != 0 {
		t.Errorf("%d entries left", n)
	}
}

// TestManyDestinations: 300 messages to 30 domains with a few senders, each
// message exactly once.
func TestManyDestinations(t *testing.T) {
	l := newLab(t, "*.many.example. A 127.0.0.2\n")
	host := l.host("127.0.0.2", smtptest.Options{})
	l.options.Connections, l.options.PerDestination, l.options.MaxRemote = 5, 2, 1000
	l.start()
	ids := map[string]bool{}
	for i := range 300 {
		ids[l.send("a@there.example", "x@d"+string(rune('a'+i%26))+".many.example")] = true
	}
	for _, m := range host.Wait(t, 300, patience) {
		_, id, _ := strings.Cut(string(m.Text), " id ")
		id, _, _ = strings.Cut(id, "\r\n")
		if !ids[id] {
			t.Errorf("message %q twice or unknown", id)
		}
		delete(ids, id)
	}
	l.wait(300, "delivered")
	l.drained()
	if len(ids) != 0 {
		t.Errorf("%d messages are missing", len(ids))
	}
}

// TestOverflow: what finds no place comes again by itself.
func TestOverflow(t *testing.T) {
	t.Parallel() // the queue puts nothing off for less than five seconds
	l := newLab(t, "a.example. A 127.0.0.2\n")
	first, release := true, make(chan struct{})
	host := l.host("127.0.0.2", smtptest.Options{Reply: func(step, arg string) string {
		if step == "MAIL" && first { // on the one connection that there is
			first = false
			<-release
		}
		return ""
	}})
	l.options.MaxRemote, l.options.PerDestination = 20, 1 // of which ten may wait for one destination
	l.start()
	for range 15 {
		l.send("a@there.example", "x@a.example")
	}
	l.overflown(4)
	close(release)
	host.Wait(t, 15, patience)
	l.wait(15, "delivered")
	l.drained()
	if n := len(host.Messages()); n != 15 {
		t.Errorf("%d messages", n)
	}
}

// overflown waits until n entries are out of the senders' hands again.
func (l *lab) overflown(n int) {
	l.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		s := l.queue.Stats()
		if s.Entries-s.InFlight >= n && s.Entries == 15 {
			return
		}
		if time.Now().After(deadline) {
			l.t.Fatalf("queue: %+v", s)
		}
	}
}

func TestNewWants(t *testing.T) {
	l := newLab(t, "")
	for name, change := range map[string]func(*mta.Options){
		"host name": func(o *mta.Options) { o.Hostname = "" },
		"queue":     func(o *mta.Options) { o.Queue = nil },
		"relay":     func(o *mta.Options) { o.Relay = &mta.Relay{} },
	} {
		o := l.options
		change(&o)
		if _, err := mta.New(o); err == nil {
			t.Errorf("without %s: no error", name)
		}
	}
}
