package imap

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// flip changes one byte of the first place in the packs where text stands.
func (s *testServer) flip(text string) {
	s.t.Helper()
	names, err := s.fs.List("blobs/packs")
	check(s.t, err)
	for _, name := range names {
		f, err := s.fs.OpenReadWrite("blobs/packs/"+name, vfs.WriteCategoryUnspecified)
		check(s.t, err)
		defer f.Close()
		all, err := io.ReadAll(f)
		check(s.t, err)
		if i := bytes.Index(all, []byte(text)); i >= 0 {
			_, err := f.WriteAt([]byte{all[i] ^ 1}, int64(i))
			check(s.t, err)
			return
		}
	}
	s.t.Fatalf("%q is in no pack", text)
}

// TestDamage: a flipped bit costs its message, and no other.
func TestDamage(t *testing.T) {
	s := newServer(t)
	c := s.login("alice")
	big := strings.Repeat("0123456789\r\n", 20_000)
	c.add("INBOX", testMessage(1), testMessage(2), testMessage(3), testMessage(4)+big+"the end\r\n")
	c.ok("SELECT INBOX")
	s.flip("body 2\r\n")
	untagged, status := c.cmd("FETCH 1:* (UID BODY.PEEK[])")
	if !strings.HasPrefix(status, "NO [CORRUPTION]") || len(untagged) != 3 {
		t.Errorf("%s, %d responses", status, len(untagged))
	}
	for i, n := range []string{"1", "3", "4"} {
		if !strings.HasPrefix(untagged[i], "* "+n+" FETCH") || !strings.Contains(untagged[i], "body "+n) {
			t.Errorf("%.60q", untagged[i])
		}
	}
	// What is kept beside the body is still there.
	if got := c.ok("FETCH 1:* (ENVELOPE BODYSTRUCTURE BODY.PEEK[HEADER.FIELDS (SUBJECT)])"); len(got) != 4 {
		t.Errorf("%d responses", len(got))
	}
	if got := c.ok("SEARCH TEXT body"); got[0] != "* SEARCH 1 3 4" {
		t.Errorf("%q", got)
	}
	if got := c.ok("SEARCH SUBJECT message"); got[0] != "* SEARCH 1 2 3 4" {
		t.Errorf("%q", got)
	}
	// When the literal is announced already, there is no way back.
	s.flip("the end")
	c.send("x FETCH 4 BODY.PEEK[]\r\n")
	if got := c.expectEnd(); strings.Contains(got, "x OK") {
		t.Errorf("damage was served: %.100q", got)
	}
	// Who comes back is not cut off at the same place again.
	c = s.login("alice")
	c.ok("SELECT INBOX")
	for range 2 {
		untagged, status := c.cmd("FETCH 3:* (UID BODY.PEEK[])")
		if !strings.HasPrefix(status, "NO [CORRUPTION]") || len(untagged) != 1 {
			t.Errorf("%s, %d responses", status, len(untagged))
		}
	}
	for range 2 {
		c.ok("FETCH 4 BODY.PEEK[]<0.70000>")
		if _, status := c.cmd("FETCH 4 BODY.PEEK[]<140000.200000>"); !strings.HasPrefix(status, "NO [CORRUPTION]") {
			t.Errorf("a part: %s", status)
		}
	}
	// When it can be read, it is.
	s.flip("uhe end")
	if got := c.ok("FETCH 4 BODY.PEEK[]")[0]; !strings.Contains(got, "the end") {
		t.Errorf("%.60q", got)
	}
}

// TestDamageAnywhere: it makes no difference where in the buffer of the answers
// the damaged message has its place.
func TestDamageAnywhere(t *testing.T) {
	s := newServer(t)
	c := s.login("alice")
	const n, bad = 150, 100
	var all []string
	for i := range n {
		all = append(all, testMessage(i+1)+strings.Repeat("0123456789\r\n", 80))
	}
	c.add("INBOX", all...)
	c.ok("SELECT INBOX")
	s.flip(fmt.Sprintf("body %d\r\n", bad))
	for from := 1; from < bad; from++ {
		untagged, status := c.cmd(fmt.Sprintf("FETCH %d:%d BODY.PEEK[]", from, bad+5))
		if !strings.HasPrefix(status, "NO [CORRUPTION]") || len(untagged) != bad+5-from {
			t.Fatalf("from %d: %s, %d responses", from, status, len(untagged))
		}
	}
}
