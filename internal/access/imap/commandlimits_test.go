package imap

import (
	"fmt"
	"strings"
	"testing"
)

// TestCommandLimits reaches the limits of single commands, and goes one beyond.
func TestCommandLimits(t *testing.T) {
	s := newServer(t)
	c := s.login("alice")
	c.add("INBOX", testMessage(1))
	c.ok("SELECT INBOX")
	list := func(n int, format string) string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf(format, i))
		}
		return "(" + strings.Join(all, " ") + ")"
	}
	for _, x := range []struct{ most, more, want string }{
		{"ID " + list(maxIDFields, `"f%d" "x"`), "ID " + list(maxIDFields+1, `"f%d" "x"`), "BAD ID too long"},
		{`ID ("` + strings.Repeat("x", maxIDName) + `" NIL)`, `ID ("` + strings.Repeat("x", maxIDName+1) + `" NIL)`, "BAD ID too long"},
		{`ID ("f" "` + strings.Repeat("x", maxIDValue) + `")`, `ID ("f" "` + strings.Repeat("x", maxIDValue+1) + `")`, "BAD ID too long"},
		{"GETMETADATA INBOX " + list(maxEntries, "/shared/e%d"), "GETMETADATA INBOX " + list(maxEntries+1, "/shared/e%d"), "BAD Too many entries"},
		{"SETMETADATA INBOX " + list(maxEntries, "/shared/e%d NIL"), "SETMETADATA INBOX " + list(maxEntries+1, "/shared/e%d NIL"), "BAD Too many entries"},
	} {
		if _, status := c.cmd(x.most); !strings.HasPrefix(status, "OK") {
			t.Errorf("%.40s: %s", x.most, status)
		}
		if _, status := c.cmd(x.more); status != x.want {
			t.Errorf("%.40s: %s, want %s", x.more, status, x.want)
		}
	}
	for i := range maxSortedContexts + 1 {
		untagged := c.ok("SORT RETURN (UPDATE COUNT) (DATE) UTF-8 ALL")
		if refused := strings.Contains(strings.Join(untagged, "\n"), "[NOUPDATE "); refused != (i == maxSortedContexts) {
			t.Errorf("sorted context %d: %q", i+1, untagged)
		}
	}
}
