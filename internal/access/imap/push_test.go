package imap

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// idleIn enters IDLE on a mailbox.
func (s *testServer) idleIn(user string) *client {
	c := s.login(user)
	c.ok("SELECT INBOX")
	c.send("i IDLE\r\n")
	if got := c.line(); got != "+ idling" {
		s.t.Fatalf("%q", got)
	}
	return c
}

// TestPushMany tells many clients in IDLE of each change, in order, and no one
// twice.
func TestPushMany(t *testing.T) {
	s := newServer(t)
	var idlers []*client
	for range 60 {
		idlers = append(idlers, s.idleIn("alice"))
	}
	writer := s.login("alice")
	for n := range 20 {
		writer.add("INBOX", testMessage(n))
	}
	for i, c := range idlers {
		last := 0
		for last < 20 {
			var n int
			line := c.line()
			if k, _ := fmt.Sscanf(line, "* %d EXISTS", &n); k == 1 && strings.HasSuffix(line, "EXISTS") {
				if n <= last {
					t.Fatalf("idler %d: %d after %d", i, n, last)
				}
				last = n
			} else if !strings.HasSuffix(line, "RECENT") {
				t.Fatalf("idler %d: %q", i, line)
			}
		}
		c.send("DONE\r\n")
		for line := ""; line != "i OK Idle completed"; {
			if line = c.line(); strings.HasSuffix(line, "EXISTS") {
				t.Fatalf("idler %d was told twice: %q", i, line)
			}
		}
	}
}

// TestPushSlow has clients in IDLE that do not read: the others hear of
// changes all the same, and the slow ones are given up in the end.
func TestPushSlow(t *testing.T) {
	s := newServer(t, func(o *serverOptions) { o.Limits.PushTimeout = 300 * time.Millisecond })
	writer := s.login("alice")
	var messages strings.Builder
	for n := range 500 {
		fmt.Fprintf(&messages, " {%d+}\r\n%s", len(testMessage(n)), testMessage(n))
	}
	writer.ok("APPEND INBOX" + messages.String())
	writer.ok("SELECT INBOX")
	var slow []*client
	for range 3 * maxPushers {
		c := s.idleIn("alice")
		check(t, c.conn.(*net.TCPConn).SetReadBuffer(4096))
		slow = append(slow, c)
	}
	good := s.idleIn("alice")
	// Long keywords make long lines: the slow clients' sockets fill up. Each
	// round waits for the client that reads, so that none is left out.
	long := strings.Repeat("k", 120)
	for n := range 150 {
		writer.ok(fmt.Sprintf("STORE 1:* FLAGS.SILENT (%s%d)", long, n%40))
		if !good.hears(fmt.Sprintf("* 500 FETCH (FLAGS (%s%d))", long, n%40)) {
			t.Fatalf("round %d: the client that reads does not hear", n)
		}
	}
	for i := range slow {
		select {
		case <-s.ended:
		case <-time.After(patience):
			t.Fatalf("%d of %d slow clients were given up", i, len(slow))
		}
	}
	good.send("DONE\r\n")
	if !good.hears("i OK Idle completed") {
		t.Error("the client that reads was given up")
	}
}

// hears reads up to a line; false when the connection ends before it.
func (c *client) hears(want string) bool {
	for {
		switch line, err := c.read(); {
		case err != nil:
			return false
		case line == want:
			return true
		}
	}
}
