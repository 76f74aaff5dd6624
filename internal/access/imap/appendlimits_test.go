package imap

import (
	"fmt"
	"strings"
	"testing"
)

// heavyMessage is one of which as much is remembered as of any.
func heavyMessage() string {
	var b strings.Builder
	b.WriteString("Subject: heavy\r\nTo: ")
	for i := range 1500 {
		fmt.Fprintf(&b, "\"n%d\" <a%d@example.com>, ", i, i)
	}
	b.WriteString("z@example.com\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n")
	for range 2500 {
		b.WriteString("--b\r\nContent-Type: text/plain; name=\"" + strings.Repeat("n", 60) + "\"\r\n\r\nx\r\n")
	}
	b.WriteString("--b--\r\n")
	return b.String()
}

// TestMultiAppendLimits refuses an APPEND of more messages than are taken at
// once, by their number and by what is remembered of them, and takes none.
func TestMultiAppendLimits(t *testing.T) {
	s := newServer(t, func(o *serverOptions) { o.Limits.MultiAppend = 50 })
	for _, x := range []struct {
		name    string
		message string
		most    int // that are taken
	}{
		{"light", testMessage(1), 50},
		{"heavy", heavyMessage(), 40},
	} {
		c := s.login("alice")
		box := x.name
		c.ok("CREATE " + box)
		one := fmt.Sprintf(" {%d+}\r\n%s", len(x.message), x.message)
		if _, status := c.cmd("APPEND " + box + strings.Repeat(one, x.most+1)); status != "NO [LIMIT] Too many messages in one APPEND, send them one by one" {
			t.Errorf("%s: %s", x.name, status)
		}
		if got := c.ok("STATUS " + box + " (MESSAGES)")[0]; !strings.HasSuffix(got, "(MESSAGES 0)") {
			t.Errorf("%s: %s", x.name, got)
		}
		// Half as many, and then the rest, is how to go on.
		for range 2 {
			c.ok("APPEND " + box + strings.Repeat(one, x.most/2))
		}
	}
}
