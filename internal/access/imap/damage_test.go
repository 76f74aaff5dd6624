package imap

import (
	"bytes"
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
	if _, status := s.login("alice").cmd("NOOP"); !strings.HasPrefix(status, "OK") {
		t.Error(status)
	}
}
