package imap

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// matchPattern matches a name against a pattern of a LIST.
func matchPattern(pattern, name string) bool { return newPattern(joinWildcards(pattern)).match(name) }

// modelMatch says what a pattern means, slowly.
func modelMatch(pattern, name string) bool {
	if pattern == "" {
		return name == ""
	}
	switch c := pattern[0]; {
	case isWildcard(c):
		for i := 0; ; i++ {
			if modelMatch(pattern[1:], name[i:]) {
				return true
			}
			if i == len(name) || c == '%' && name[i] == '/' {
				return false
			}
		}
	case name == "" || name[0] != c:
		return false
	}
	return modelMatch(pattern[1:], name[1:])
}

// TestPatternModel holds random patterns against what they mean, short ones and
// such as have places in several words.
func TestPatternModel(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(letters string, n int) string {
		var b strings.Builder
		for range n {
			b.WriteByte(letters[r.IntN(len(letters))])
		}
		return b.String()
	}
	matched := 0
	for i := range 200_000 {
		pattern, name := pick("ab/*%", r.IntN(8)), pick("ab/", r.IntN(10))
		if i%4 == 0 { // behind what fills one word and a part of the next
			pad := 50 + r.IntN(20)
			pattern, name = "%"+strings.Repeat("c", pad)+pattern, strings.Repeat("c", pad+r.IntN(2))+name
		}
		got, want := matchPattern(pattern, name), modelMatch(pattern, name)
		if got != want {
			t.Fatalf("%q matches %q: %v, want %v", pattern, name, got, want)
		}
		if got {
			matched++
		}
	}
	if matched < 10_000 {
		t.Errorf("only %d of the pairs match", matched)
	}
}

// TestHostilePatterns puts as many patterns as a LIST may have, all made to be
// slow, to an account with many long names.
func TestHostilePatterns(t *testing.T) {
	s := newServer(t)
	c := s.login("alice")
	const names = 200
	for i := range names {
		c.send(fmt.Sprintf("c%d CREATE %s%d\r\n", i, strings.Repeat("a", 470), i))
	}
	for i := range names {
		if got := c.line(); !strings.HasPrefix(got, fmt.Sprintf("c%d OK", i)) {
			t.Fatal(got)
		}
	}
	var list []string
	for i := range maxListPatterns {
		list = append(list, fmt.Sprintf(`"%s%db"`, strings.Repeat("%a*a", maxListOctets/maxListPatterns/4-2), i))
	}
	began := time.Now()
	if untagged := c.ok(`LIST "" (` + strings.Join(list, " ") + ")"); len(untagged) != 0 {
		t.Errorf("%d names", len(untagged))
	}
	// The largest account has 10,000.
	if took := time.Since(began); took > patience/4 {
		t.Errorf("%d names took %v", names, took)
	}
	if _, status := c.cmd(`LIST "" (` + strings.Join(list, " ") + ` "` + strings.Repeat("*a", 100) + `")`); status != "BAD Too many patterns" {
		t.Error(status)
	}
	list = list[:maxListPatterns-1]
	if _, status := c.cmd(`LIST "" (` + strings.Join(list, " ") + ` "` + strings.Repeat("a", maxListOctets) + `")`); status != "BAD Too many patterns" {
		t.Error(status)
	}
}
