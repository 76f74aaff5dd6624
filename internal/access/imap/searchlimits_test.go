package imap

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// TestSearchLimits reaches every limit of searches: each is an ordinary answer.
func TestSearchLimits(t *testing.T) {
	s := newServer(t, func(o *serverOptions) {
		o.Limits.SavedRanges, o.Limits.Line, o.Limits.Tokens = 2, 1<<20, 1<<20
		o.Limits.Literal = 1 << 20
	})
	c := s.login("alice")
	for i := range 7 {
		c.add("INBOX", testMessage(i+1))
	}
	c.ok("SELECT INBOX")
	names := strings.TrimSpace(strings.Repeat("INBOX ", maxSourceNames+1))
	for _, x := range []struct{ name, command, want string }{
		{"keys", "SEARCH" + strings.Repeat(" ALL", maxSearchKeys+1), "BAD Too many search keys"},
		{"keys of OR", "SEARCH " + strings.Repeat("OR ALL ", maxSearchKeys/2+1) + "ALL", "BAD Too many search keys"},
		{"nesting", "SEARCH " + strings.Repeat("FUZZY ", maxSearchNesting) + "ALL", "BAD Search keys nested too deeply"},
		{"bodies", "SEARCH" + strings.Repeat(" BODY x", maxBodySearches+1), "BAD Too many search keys for message texts"},
		{"text", "SEARCH SUBJECT " + strings.Repeat("x", maxSearchText+1), "BAD Search string too long"},
		{"criteria", "SORT (" + strings.Repeat("DATE ", maxCriteria) + "DATE) UTF-8 ALL", "BAD Too many sort keys"},
		{"mailboxes", "ESEARCH IN (MAILBOXES (" + names + ")) ALL", "BAD Too many mailboxes"},
		{"filters", "ESEARCH IN (" + strings.TrimSpace(strings.Repeat("PERSONAL ", maxSourceFilters+1)) + ") ALL", "BAD Too many mailbox filters"},
		{"saved", "SEARCH RETURN (SAVE) 1,3,5", "NO [NOTSAVED] Result is too large to be saved"},
	} {
		if _, status := c.cmd(x.command); status != x.want {
			t.Errorf("%s: %s, want %s", x.name, status, x.want)
		}
	}
	// What could not be saved is empty; what just fits is saved.
	for _, x := range []struct{ set, want string }{{"1:2,4:7", "* SEARCH 1 2 4 5 6 7"}, {"1,3,5", "* SEARCH"}} {
		c.cmd("SEARCH RETURN (SAVE) " + x.set)
		if got := c.ok("SEARCH $")[0]; got != x.want {
			t.Errorf("$ is %q after %s", got, x.set)
		}
	}
}

// TestManyContexts follows as many searches as a session can, and one more.
func TestManyContexts(t *testing.T) {
	s := newServer(t)
	c := s.login("alice")
	c.add("INBOX", testMessage(1))
	c.ok("SELECT INBOX")
	for i := range maxContexts + 1 {
		untagged, status := c.cmd("SEARCH RETURN (UPDATE COUNT) ALL")
		refused := len(untagged) == 2 && untagged[1] == fmt.Sprintf(`* NO [NOUPDATE "t%d"] Too many contexts`, c.tag)
		if refused != (i == maxContexts) || !strings.HasPrefix(status, "OK") {
			t.Errorf("context %d: %q, %s", i+1, untagged, status)
		}
	}
}

// TestManySets names "$", and sequence-sets, as often as a search can, with a
// result that is as long as can be saved.
func TestManySets(t *testing.T) {
	s := newServer(t)
	c := s.login("alice")
	var all strings.Builder
	const n = 2000
	for i := range n {
		m := testMessage(i + 1)
		fmt.Fprintf(&all, " {%d+}\r\n%s", len(m), m)
		if i%500 == 499 {
			c.ok("APPEND INBOX" + all.String())
			all.Reset()
		}
	}
	c.ok("SELECT INBOX")
	var odd strings.Builder
	for i := 1; i < n; i += 2 {
		fmt.Fprintf(&odd, ",%d", i)
	}
	c.ok("UID SEARCH RETURN (SAVE) UID " + odd.String()[1:])
	s.indexed(t) // else what is measured below counts the index's work too
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	untagged := c.ok("SEARCH RETURN (COUNT)" + strings.Repeat(" $", maxSearchKeys))
	runtime.ReadMemStats(&after)
	if want := fmt.Sprintf(`* ESEARCH (TAG "t%d") COUNT %d`, c.tag, n/2); untagged[0] != want {
		t.Errorf("%q, want %q", untagged[0], want)
	}
	if held := after.TotalAlloc - before.TotalAlloc; held > 16<<20 {
		t.Errorf("%d keys take %d MiB", maxSearchKeys, held>>20)
	}
	// What is beyond maxNarrowing still counts.
	sets := strings.Repeat("1:* ", maxNarrowing) + "3:9 4:9 5:7"
	if got := c.ok("SEARCH " + sets)[0]; got != "* SEARCH 5 6 7" {
		t.Errorf("%q", got)
	}
}
