package mta_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tram/internal/agent/mta/smtptest"
	"tram/internal/dns/dnstest"
	"tram/internal/queue"
)

const zone = `
	two.example.        MX   10 dead.two.example.
	two.example.        MX   20 live.two.example.
	dead.two.example.   A    127.0.0.99
	live.two.example.   A    127.0.0.2
	direct.example.     A    127.0.0.2
	null.example.       MX   0 .
	nowhere.example.    TXT  "no address at all"
	lost.example.       MX   10 missing.lost.example.
	zero.example.       A    0.0.0.0
	alias.example.      CNAME two.example.
	self.example.       MX   10 MX.here.example.
	behind.example.     MX   10 live.two.example.
	behind.example.     MX   20 mx.here.example.
	behind.example.     MX   30 dead.two.example.
	before.example.     MX   10 mx.here.example.
	before.example.     MX   20 live.two.example.
	selfaddr.example.   MX   10 other.name.example.
	other.name.example. A    127.0.0.3
`

// TestSendToMX: dead hosts are passed over, one transaction serves all
// recipients, and the text arrives as it was stored.
func TestSendToMX(t *testing.T) {
	for _, domain := range []string{"two.example", "direct.example", "alias.example", "behind.example", "[127.0.0.2]"} {
		l := newLab(t, zone)
		host := l.host("127.0.0.2", smtptest.Options{})
		l.start()
		id := l.send("a@there.example", "x@"+domain, "y@"+domain)
		m := host.Wait(t, 1, patience)[0]
		l.wait(2, "delivered", "id="+id, "host=", "reply=250")
		if m.From != fmt.Sprintf("<a@there.example> SIZE=%d", len(m.Text)) || len(m.Rcpts) != 2 {
			t.Errorf("%s: MAIL FROM:%s, %d recipients", domain, m.From, len(m.Rcpts))
		}
		trace, rest, _ := strings.Cut(string(m.Text), "\r\nSubject")
		if !strings.HasPrefix(trace, "Received: from client.example ([192.0.2.7])\r\n\tby mx.here.example (Tram) with ESMTP id "+id+";\r\n\t") || "Subject"+rest != letter {
			t.Errorf("%s: arrived %q", domain, m.Text)
		}
		l.drained()
		if n := len(host.Messages()); n != 1 {
			t.Errorf("%s: %d messages", domain, n)
		}
	}
}

// TestDecidedByDNS: what the DNS says for certain bounces, all else waits.
func TestDecidedByDNS(t *testing.T) {
	tests := []struct {
		domain string
		fault  dnstest.Fault
		line   string // deferred or bounced
		code   string
	}{
		{"null.example", dnstest.None, "bounced", "556 5.1.10"},
		{"missing.example", dnstest.None, "bounced", "550 5.1.2"},
		{"nowhere.example", dnstest.None, "bounced", "550 5.4.4"},
		{"zero.example", dnstest.None, "bounced", "550 5.4.4"},
		{"self.example", dnstest.None, "bounced", "550 5.4.6"},
		{"before.example", dnstest.None, "bounced", "550 5.4.6"},
		{"selfaddr.example", dnstest.None, "bounced", "550 5.4.6"},
		{"lost.example", dnstest.None, "deferred", "451 4.4.4"},
		{"two.example", dnstest.ServFail, "deferred", "451 4.4.3"},
		{"two.example", dnstest.Drop, "deferred", "451 4.4.3"},
		{"two.example", dnstest.Refused, "deferred", "451 4.4.3"},
		{"two.example", dnstest.Garbage, "deferred", "451 4.4.3"},
	}
	for _, test := range tests {
		l := newLab(t, zone)
		host := l.host("127.0.0.2", smtptest.Options{})
		self := l.host("127.0.0.3", smtptest.Options{})
		l.options.Self = append(l.options.Self, self.Addr())
		l.dns.SetFault(test.domain, "", test.fault)
		l.start()
		id := l.send("", "x@"+test.domain) // the null sender: no bounce disturbs
		line := l.wait(1, "id="+id, "to=<x@")[0]
		if !strings.HasPrefix(line, test.line) || !strings.Contains(line, "reply="+test.code) {
			t.Errorf("%s %d: %s", test.domain, test.fault, line)
		}
		if n := len(host.Messages()) + self.Connections(); n != 0 {
			t.Errorf("%s: %d messages and connections", test.domain, n)
		}
	}
}

// TestRecipients: each recipient of a transaction has its own fate.
func TestRecipients(t *testing.T) {
	l := newLab(t, zone)
	host := l.host("127.0.0.2", smtptest.Options{Reply: func(step, arg string) string {
		switch {
		case step == "RCPT" && strings.Contains(arg, "later"):
			return "450 4.2.1 not now"
		case step == "RCPT" && strings.Contains(arg, "never"):
			return "550 5.1.1 who is that?"
		}
		return ""
	}})
	l.start()
	id := l.send("an@here.example", "now@two.example", "later@two.example", "never@two.example", "an@here.example")
	l.wait(1, "delivered", "id="+id, "to=<now@two.example>", "host=live.two.example[127.0.0.2]")
	l.wait(1, "delivered", "id="+id, "to=<an@here.example>")
	l.wait(1, "deferred", "id="+id, "to=<later@two.example>", "reply=450 4.2.1 not now")
	l.wait(1, "bounced", "id="+id, "to=<never@two.example>", "reply=550 5.1.1 who is that?")
	l.wait(1, "delivered", "from=<>", "to=<an@here.example>")
	if m := host.Messages(); len(m) != 1 || len(m[0].Rcpts) != 1 {
		t.Errorf("%d messages, the first to %v", len(m), m[0].Rcpts)
	}
	listed, err := l.queue.List(t.Context(), queue.Filter{})
	l.must(err)
	if len(listed) != 1 || len(listed[0].Rcpts) != 1 || listed[0].Rcpts[0].To.Local != "later" || listed[0].Rcpts[0].Attempts != 1 {
		t.Errorf("left in the queue: %+v", listed)
	}
	inbox := l.inbox()
	if len(inbox) != 2 {
		t.Fatalf("%d messages in the mailbox: %q", len(inbox), inbox)
	}
	bounce := inbox[1]
	for _, want := range []string{
		"Return-Path: <>\r\n", "Final-Recipient: rfc822; never@two.example\r\n", "Status: 5.1.1\r\n", "Action: failed\r\n",
		"Remote-MTA: dns; live.two.example\r\n", "550 5.1.1 who is that?", "Subject: hello", "X-Tram-Queue-ID: " + id,
		"To: an@here.example", "Content-Type: multipart/report; report-type=delivery-status",
	} {
		if !strings.Contains(strings.ReplaceAll(bounce, "\r\n\t", " "), want) {
			t.Errorf("the bounce lacks %q", want)
		}
	}
	if strings.Contains(bounce, "later@") || strings.Contains(bounce, "now@two") {
		t.Error("the bounce names recipients that did not fail")
	}
	if t.Failed() {
		t.Log(bounce)
	}
}

// TestOneSenderEachDestination: recipients in different domains go their own
// ways, also when one way is slow.
func TestSlowDestination(t *testing.T) {
	l := newLab(t, "slow.example. A 127.0.0.2\nfast.example. A 127.0.0.3\n")
	release := make(chan struct{})
	slow := l.host("127.0.0.2", smtptest.Options{Reply: func(step, arg string) string {
		if step == "greeting" {
			<-release
		}
		return ""
	}})
	fast := l.host("127.0.0.3", smtptest.Options{})
	l.start()
	for range 20 {
		l.send("a@there.example", "x@slow.example", "x@fast.example", "an@here.example")
	}
	fast.Wait(t, 20, patience)
	l.wait(20, "delivered", "to=<an@here.example>")
	if n := len(slow.Messages()); n != 0 {
		t.Errorf("%d messages at the slow host", n)
	}
	close(release)
	slow.Wait(t, 20, patience)
	l.wait(20, "delivered", "to=<x@slow.example>")
	l.drained()
	if n := slow.Connections(); n > 20 {
		t.Errorf("%d connections to one destination", n)
	}
}

// TestDeadDestination: many messages for a host that is not there cost one
// attempt, not one each.
func TestDeadDestination(t *testing.T) {
	l := newLab(t, "dead.example. MX 10 mx.dead.example.\nmx.dead.example. A 127.0.0.2\nlive.example. A 127.0.0.3\n")
	dead := l.host("127.0.0.2", smtptest.Options{Reply: func(step, arg string) string { return "421 4.3.2 not today" }})
	live := l.host("127.0.0.3", smtptest.Options{})
	l.options.PerDestination = 3
	l.start()
	for range 50 {
		l.send("", "x@dead.example")
	}
	l.waiting(50)
	if n := len(l.journal.find("dead.example")); n > 10 {
		t.Errorf("%d lines about it", n)
	}
	if n := dead.Connections(); n > 3 {
		t.Errorf("%d connections to the dead host", n)
	}
	l.send("", "x@live.example")
	live.Wait(t, 1, patience)
}

// TestConnectionReuse: messages to one host travel on few connections.
func TestConnectionReuse(t *testing.T) {
	l := newLab(t, zone)
	host := l.host("127.0.0.2", smtptest.Options{})
	l.options.PerDestination = 2
	l.start()
	for i := range 30 {
		l.send("a@there.example", fmt.Sprintf("x%d@direct.example", i))
	}
	host.Wait(t, 30, patience)
	l.wait(30, "delivered", "host=direct.example")
	if n := host.Connections(); n > 2 {
		t.Errorf("%d connections", n)
	}
	if n := l.counts.Reused.Load(); n < 28 {
		t.Errorf("%d transactions on open connections", n)
	}
}

// TestStaleConnection: a kept connection that the host has closed is replaced
// without harm.
func TestStaleConnection(t *testing.T) {
	l := newLab(t, zone)
	sent := 0
	host := l.host("127.0.0.2", smtptest.Options{Reply: func(step, arg string) string {
		if step == "MAIL" {
			if sent++; sent == 2 { // on the first connection, after the first message
				return "drop"
			}
		}
		return ""
	}})
	l.options.PerDestination = 1
	l.start()
	for i := range 3 {
		l.send("a@there.example", "x@direct.example")
		host.Wait(t, i+1, patience)
	}
	l.wait(3, "delivered")
	if n := host.Connections(); n != 2 || len(l.journal.find("deferred")) != 0 {
		t.Errorf("%d connections", n)
	}
}

// TestLostReply: when nobody knows whether the host took the message, it is
// sent again later, and counted.
func TestLostReply(t *testing.T) {
	l := newLab(t, zone)
	l.host("127.0.0.2", smtptest.Options{Reply: func(step, arg string) string {
		if step == "text" {
			return "drop"
		}
		return ""
	}})
	l.start()
	id := l.send("a@there.example", "x@two.example")
	l.wait(1, "deferred", "id="+id, "the final dot")
	if n := l.counts.LostReplies.Load(); n != 1 {
		t.Errorf("counted %d", n)
	}
	if n := l.left(); n != 1 {
		t.Errorf("%d entries", n)
	}
}

// TestEveryCut: the first of two hosts is cut at every byte of the dialogue.
// Each time the second host gets the message, unless the first may have it.
func TestEveryCut(t *testing.T) {
	l := newLab(t, "cut.example. MX 10 a.cut.example.\ncut.example. MX 20 b.cut.example.\na.cut.example. A 127.0.0.2\nb.cut.example. A 127.0.0.3\n")
	limit := make(chan [2]int, 1)
	first := l.host("127.0.0.2", smtptest.Options{Cut: func(int) (in, out int) {
		at := <-limit
		return at[0], at[1]
	}})
	second := l.host("127.0.0.3", smtptest.Options{})
	l.options.Backoff = time.Nanosecond
	l.start()
	outcome := map[string]int{}
	for _, direction := range []int{0, 1} {
		for at := 0; ; at += 3 {
			cut := [2]int{-1, -1}
			cut[direction] = at
			limit <- cut
			id := l.send("", "x@cut.example")
			line := l.wait(1, "id="+id, "to=<x@cut.example>")[0]
			result, _, _ := strings.Cut(line, " ")
			if strings.Contains(line, "a.cut.example") {
				result += " at the first"
			}
			outcome[result]++
			taken := count(first, id)
			arrived := count(second, id)
			switch {
			case result == "delivered at the first" && taken == 1 && arrived == 0:
			case result == "delivered" && taken == 0 && arrived == 1:
			case result == "deferred at the first" && arrived == 0: // nobody knows
			default:
				t.Fatalf("cut at %d: %s; the first has %d, the second %d", at, line, taken, arrived)
			}
			if result == "delivered at the first" {
				break
			}
		}
	}
	if outcome["delivered"] < 60 || outcome["deferred at the first"] == 0 || int64(outcome["deferred at the first"]) != l.counts.LostReplies.Load() {
		t.Errorf("%v, %d lost replies", outcome, l.counts.LostReplies.Load())
	}
}

// count is how many messages with an id a host has.
func count(h *smtptest.Host, id string) int {
	n := 0
	for _, m := range h.Messages() {
		if strings.Contains(string(m.Text), " id "+id) {
			n++
		}
	}
	return n
}

// TestQueriesAreBounded: a domain with endless mail hosts cannot make one
// message ask endless questions.
func TestQueriesAreBounded(t *testing.T) {
	var b strings.Builder
	for i := range 150 {
		fmt.Fprintf(&b, "many.example. MX %d h%d.many.example.\n", i, i)
	}
	l := newLab(t, b.String())
	l.start()
	l.send("", "x@many.example")
	l.wait(1, "deferred", "to=<x@many.example>")
	if n := len(l.dns.Queries()); n > 40 {
		t.Errorf("%d queries", n)
	}
}
