package interop

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// exceptionsFile lists the answers in which Tram differs from Dovecot on
// purpose; docs/imap-exceptions.md has a section for every reason. A line is
//
//	reason  message  item
//
// separated by tabs. A message or item that ends in * stands for all that
// begin so, "any" for every message and "*" for the mailbox as a whole.
const exceptionsFile = "testdata/imap-exceptions.txt"

type exception struct {
	line                  int
	reason, message, item string
	seen                  bool
}

type exceptions []*exception

func readExceptions(t testing.TB) exceptions {
	t.Helper()
	text, err := os.ReadFile(exceptionsFile)
	if err != nil {
		t.Fatal(err)
	}
	var list exceptions
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		line = strings.TrimRight(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 3 {
			t.Fatalf("%s:%d: not three fields", exceptionsFile, n)
		}
		list = append(list, &exception{line: n, reason: f[0], message: f[1], item: f[2]})
	}
	return list
}

func (e *exception) covers(d difference) bool {
	message := strings.TrimSuffix(d.message, " (refused by Cyrus)")
	return (e.message == "any" || covers(e.message, message)) && covers(e.item, d.item)
}

func covers(pattern, name string) bool {
	if prefix, all := strings.CutSuffix(pattern, "*"); all && pattern != "*" {
		return strings.HasPrefix(name, prefix)
	}
	return pattern == name
}

// judge fails for differences that are not listed and for lines of the list
// that nothing came of.
func (list exceptions) judge(t *testing.T, found []difference) {
	t.Helper()
	for _, d := range found {
		if !list.known(d) {
			t.Errorf("%s\t%s\n   Tram    %.600s\n   Dovecot %.600s\n   Cyrus   %.600s", d.message, d.item, d.tram, d.dovecot, d.cyrus)
		}
	}
	for _, e := range list {
		if !e.seen {
			t.Errorf("%s:%d: this difference does not occur any more", exceptionsFile, e.line)
		}
	}
}

func (list exceptions) known(d difference) bool {
	known := false
	for _, e := range list {
		if e.covers(d) {
			e.seen, known = true, true
		}
	}
	return known
}

// TestExceptionsHaveReasons holds the list against the document.
func TestExceptionsHaveReasons(t *testing.T) {
	doc := string(readFile(t, "../../docs/imap-exceptions.md"))
	used := map[string]bool{}
	for _, e := range readExceptions(t) {
		used[e.reason] = true
	}
	for _, e := range commandExceptions {
		used[e.reason] = true
	}
	for line := range strings.Lines(doc) {
		if reason, ok := strings.CutPrefix(line, "### "); ok && !used[strings.TrimSpace(reason)] {
			t.Errorf("docs/imap-exceptions.md: nothing is listed under %q", strings.TrimSpace(reason))
		}
	}
	for reason := range used {
		if !strings.Contains(doc, fmt.Sprintf("### %s\n", reason)) {
			t.Errorf("docs/imap-exceptions.md has no section %q", reason)
		}
	}
}
