package imap

import (
	"strings"
	"testing"
)

// TestSearchRoom finds the same in large messages whether there is room to hold
// them or not, and gives the room back.
func TestSearchRoom(t *testing.T) {
	s := newServer(t)
	c := s.login("alice")
	filler := strings.Repeat("0123456789 filler üäö\r\n", 40_000)
	header := "Content-Type: text/plain; charset=utf-8\r\n\r\n"
	c.add("INBOX", "Subject: one\r\nX-Rare: yes\r\n"+header+filler+"needle ü\r\n", "Subject: two\r\n"+header+filler, testMessage(3)+"needle ü\r\n")
	c.ok("SELECT INBOX")
	if len(filler) < 2*freeRawSearch || len(filler) > maxRawSearch {
		t.Fatal("the messages are not of the size that this is about")
	}
	for _, full := range []bool{false, true} {
		want := int64(0)
		if full {
			want = allRawSearch
			s.searchRoom.taken.Store(want)
		}
		for query, want := range map[string]string{
			"TEXT \"needle ü\"": "* SEARCH 1 3", "NOT BODY needle": "* SEARCH 2", "HEADER X-Rare y": "* SEARCH 1",
			"OR BODY nowhere BODY \"filler ü\"": "* SEARCH 1 2",
		} {
			if got := c.ok("SEARCH " + query)[0]; got != want {
				t.Errorf("full %v: %s: %q, want %q", full, query, got, want)
			}
		}
		if got := s.searchRoom.taken.Load(); got != want {
			t.Errorf("full %v: %d octets are taken afterwards", full, got)
		}
	}
}
