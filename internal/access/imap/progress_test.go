package imap

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestProgress lets commands take so long that the client is told of it, and so
// short that it is not (RFC 9585).
func TestProgress(t *testing.T) {
	const n = 2 * progressStride
	answers := map[string]string{}
	for _, every := range []time.Duration{time.Nanosecond, time.Hour} {
		s := newServer(t, func(o *serverOptions) { o.Limits.Progress = every })
		c := s.login("alice")
		var messages strings.Builder
		for i := range n {
			m := testMessage(i)
			fmt.Fprintf(&messages, " {%d+}\r\n%s", len(m), m)
		}
		c.ok("APPEND INBOX" + messages.String())
		c.ok("SELECT INBOX")
		untagged := strings.Join(c.ok("SEARCH HEADER X-Nothing x"), "\n")
		told := regexp.MustCompile(`^\* OK \[INPROGRESS \("t\d+" 256 512\)\] `).MatchString(untagged)
		if told != (every == time.Nanosecond) {
			t.Errorf("every %v: %s", every, untagged)
		}
		for _, command := range []string{"SORT (SUBJECT) UTF-8 ALL", "UID THREAD REFERENCES UTF-8 ALL"} {
			untagged := c.ok(command)
			told := regexp.MustCompile(`^\* OK \[INPROGRESS \("t\d+" 256 512\)\] `).MatchString(untagged[0])
			if want := every == time.Nanosecond; told != want || want != (len(untagged) == 2) {
				t.Errorf("every %v: %s: %q", every, command, untagged)
			}
			answer := untagged[len(untagged)-1]
			if other, ok := answers[command]; ok && other != answer {
				t.Errorf("%s says %q without a pause and with some %q", command, answer, other)
			}
			answers[command] = answer
			if untagged := c.ok(command); len(untagged) != 1 || strings.Count(untagged[0], "512") != 1 {
				t.Errorf("%s with its keys at hand: %q", command, untagged)
			}
		}
		if untagged := c.ok("FETCH 1 FLAGS"); len(untagged) != 1 {
			t.Errorf("a short command says %q", untagged)
		}
	}
}

// TestJMAPAccess tells where the mail is found by JMAP, if it is (RFC 9698).
func TestJMAPAccess(t *testing.T) {
	const url = "https://example.org/.well-known/jmap"
	for _, jmap := range []string{"", url} {
		s := newServer(t, func(o *serverOptions) { o.JMAP = jmap })
		c := s.login("alice")
		if offered := strings.Contains(c.ok("CAPABILITY")[0], " JMAPACCESS"); offered != (jmap != "") {
			t.Errorf("JMAP at %q, offered %v", jmap, offered)
		}
		untagged, status := c.cmd("GETJMAPACCESS")
		if jmap == "" {
			if !strings.HasPrefix(status, "BAD ") {
				t.Error(status)
			}
		} else if len(untagged) != 1 || untagged[0] != `* JMAPACCESS "`+url+`"` {
			t.Errorf("%q %s", untagged, status)
		}
	}
}
