package imap

import (
	"fmt"
	"strings"
	"testing"
)

// TestAppendBinaryParts appends messages with NULs: the bodies that have them
// are encoded, nothing else is touched, and BINARY gives them back.
func TestAppendBinaryParts(t *testing.T) {
	raw := strings.Repeat("a\x00\nb\xff\r", 5000)
	signed := "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\ntiếng Việt  \r\n"
	message := func(body string) string {
		return "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\npreamble\r\n--b\r\n" + signed +
			"\r\n--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\nContent-Transfer-Encoding: binary\r\nContent-Type: application/x\r\n\r\n" +
			body + "\r\n--c--\r\n\r\n--b--\r\n"
	}
	s := newServer(t)
	c := s.login("alice")
	text := message(raw)
	c.ok(fmt.Sprintf("APPEND INBOX ~{%d+}\r\n%s", len(text), text))
	// The same by way of CATENATE, as several literals.
	head, tail, _ := strings.Cut(text, raw)
	c.ok(fmt.Sprintf("APPEND INBOX CATENATE (TEXT {%d+}\r\n%s TEXT ~{%d+}\r\n%s TEXT {%d+}\r\n%s)", len(head), head, len(raw), raw, len(tail), tail))
	c.ok("ENABLE UTF8=ACCEPT")
	c.ok(fmt.Sprintf("APPEND INBOX UTF8 (~{%d+}\r\n%s)", len(text), text))
	c.ok("SELECT INBOX")
	for n := 1; n <= 3; n++ {
		got := c.ok(fmt.Sprintf("FETCH %d (BINARY.SIZE[2.1] BINARY.PEEK[2.1])", n))
		if want := fmt.Sprintf("BINARY.SIZE[2.1] %d BINARY[2.1] ~{%d}\r\n%s)", len(raw), len(raw), raw); !strings.Contains(strings.Join(got, ""), want) {
			t.Errorf("message %d does not come back", n)
		}
		all := strings.Join(c.ok(fmt.Sprintf("FETCH %d BODY.PEEK[]", n)), "")
		encoded := strings.Contains(all, "Content-Type: application/x\r\nContent-Transfer-Encoding: base64\r\n\r\nYQAKYv8N") &&
			!strings.Contains(all, "binary") && !strings.ContainsRune(all, 0)
		if !encoded || !strings.Contains(all, "preamble\r\n--b\r\n"+signed+"\r\n--b\r\n") {
			t.Errorf("message %d is stored as %.600q", n, all)
		}
		if lines := strings.Split(all, "\r\n"); len(lines) < len(raw)/57 {
			t.Errorf("message %d: base64 in %d lines", n, len(lines))
		}
	}
}
