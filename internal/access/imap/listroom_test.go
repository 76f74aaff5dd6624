package imap

import (
	"fmt"
	"strings"
	"testing"
)

// TestListRoom: long lists of mailboxes share their room, give it back, and are
// refused while there is none. Short ones are never.
func TestListRoom(t *testing.T) {
	s := newServer(t)
	c, small := s.login("alice"), s.login("bob")
	const boxes = 450
	for i := range boxes {
		c.send(fmt.Sprintf("c%d CREATE %s%d\r\n", i, strings.Repeat("a", 470), i))
	}
	for i := range boxes {
		if got := c.line(); !strings.HasPrefix(got, fmt.Sprintf("c%d OK", i)) {
			t.Fatal(got)
		}
	}
	c.ok("SELECT INBOX")
	commands := []string{
		`LIST "" *`, `LIST (SUBSCRIBED) "" *`, `LSUB "" *`, "ESEARCH IN (PERSONAL) ALL", "ESEARCH ALL", "ESEARCH IN (SELECTED SUBSCRIBED) ALL",
		"NOTIFY SET STATUS (PERSONAL (MessageNew MessageExpunge))",
	}
	for _, full := range []bool{false, true, false} {
		taken := int64(0)
		if full {
			taken = maxNames
		}
		s.listRoom.taken.Store(taken)
		for _, command := range commands {
			want := "OK "
			if full {
				want = "NO [UNAVAILABLE] Too many lists"
			}
			if _, status := c.cmd(command); !strings.HasPrefix(status, want) {
				t.Errorf("full %v: %s: %s", full, command, status)
			}
			small.ok(`LIST "" *`)
			if got := s.listRoom.taken.Load(); got != taken {
				t.Fatalf("full %v: %s: %d octets are taken afterwards", full, command, got)
			}
		}
	}
	if n := len(s.listRoom.slots); n != 0 {
		t.Errorf("%d slots are held", n)
	}
}
