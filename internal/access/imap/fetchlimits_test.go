package imap

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestFetchLimits asks for as many sections and fields as a FETCH can, and for
// more.
func TestFetchLimits(t *testing.T) {
	s := newServer(t)
	c := s.login("alice")
	c.add("INBOX", testMessage(1))
	c.ok("SELECT INBOX")
	many := func(item string, n int) string { return "(" + strings.TrimSpace(strings.Repeat(item+" ", n)) + ")" }
	for _, x := range []struct {
		item string
		most int
		want string
	}{
		{"BODY.PEEK[1.1.1.1]", maxFetchSections, "Too many sections"},
		{"RFC822.HEADER", maxFetchSections, "Too many sections"},
		{"BINARY.SIZE[1]", maxFetchSections, "Too many sections"},
		{"BINARY.PEEK[1]<0.1>", maxFetchSections, "Too many sections"},
	} {
		if untagged := c.ok("FETCH 1 " + many(x.item, x.most)); len(untagged) != 1 {
			t.Errorf("%d × %s: %d responses", x.most, x.item, len(untagged))
		}
		if _, status := c.cmd("FETCH 1 " + many(x.item, x.most+1)); status != "BAD "+x.want {
			t.Errorf("%d × %s: %s", x.most+1, x.item, status)
		}
	}
	c.ok("FETCH 1 BODY.PEEK[HEADER.FIELDS " + many("x", maxSectionFields) + "]")
	if _, status := c.cmd("FETCH 1 BODY.PEEK[HEADER.FIELDS " + many("x", maxSectionFields+1) + "]"); status != "BAD Too many header fields" {
		t.Errorf("%d fields: %s", maxSectionFields+1, status)
	}
}

// TestBinarySizeOnce decodes a part once however often its size is asked for.
func TestBinarySizeOnce(t *testing.T) {
	s := newServer(t)
	c := s.login("alice")
	const size = 3_000_000
	c.add("INBOX", "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n"+
		base64.StdEncoding.EncodeToString(make([]byte, size))+"\r\n")
	c.ok("SELECT INBOX")
	began := time.Now()
	one := c.ok("FETCH 1 BINARY.SIZE[1]")[0]
	once := time.Since(began)
	if want := fmt.Sprintf("* 1 FETCH (BINARY.SIZE[1] %d)", size); one != want {
		t.Fatalf("%q, want %q", one, want)
	}
	began = time.Now()
	got := c.ok("FETCH 1 (" + strings.TrimSpace(strings.Repeat("BINARY.SIZE[1] ", maxFetchSections)) + ")")[0]
	took := time.Since(began)
	if n := strings.Count(got, fmt.Sprint("BINARY.SIZE[1] ", size)); n != maxFetchSections {
		t.Errorf("%d sizes", n)
	}
	if limit := maxFetchSections / 4 * once; took > limit {
		t.Errorf("one size took %v, %d of them %v", once, maxFetchSections, took)
	}
}

// TestBinaryStops: a server that stops does not wait for a client that has large
// parts decoded for a few octets of them.
func TestBinaryStops(t *testing.T) {
	s := newServer(t)
	c := s.login("alice")
	c.add("INBOX", "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n"+
		base64.StdEncoding.EncodeToString(make([]byte, 20_000_000))+"\r\n")
	c.ok("SELECT INBOX")
	began := time.Now()
	c.ok("FETCH 1 BINARY.PEEK[1]<19000000.1>")
	once := time.Since(began)
	c.send("x FETCH 1 (" + strings.TrimSpace(strings.Repeat("BINARY.PEEK[1]<19000000.1> ", maxFetchSections)) + ")\r\n")
	s.stop()
	began = time.Now()
	c.expectEnd()
	if took := time.Since(began); took > maxFetchSections/10*once {
		t.Errorf("one section takes %v, and stopping among %d of them %v", once, maxFetchSections, took)
	}
}
