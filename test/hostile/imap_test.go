package hostile

import (
	"strings"
	"testing"
)

// TestHugeLiterals announces literals of 4 GiB and more. A synchronising one
// is refused before it is sent; one that comes unasked ends the session, since
// nothing short of reading 4 GiB finds the next command.
func TestHugeLiterals(t *testing.T) {
	s := start(t, "127.0.80.11", "")
	login := []string{"l LOGIN joe@" + domain + " " + password + " → l OK", "m SELECT INBOX → m OK"}
	before := s.settled(t)
	for _, tt := range []struct {
		name    string
		login   bool
		command string // up to the size
	}{
		{"login", false, "a LOGIN "},
		{"password", false, "a LOGIN joe "},
		{"tag", false, ""},
		{"append", true, "a APPEND INBOX "},
		{"binary append", true, "a APPEND INBOX ~"},
		{"mailbox", true, "a SELECT "},
		{"search", true, "a SEARCH TEXT "},
		{"flags", true, "a STORE 1 FLAGS ("},
	} {
		for _, size := range []string{"4294967296", "9223372036854775808", "99999999999999999999999999999999"} {
			t.Run(tt.name+"/"+size, func(t *testing.T) {
				c := s.must(t, hostileIP, imapRoad)
				if tt.login {
					if err := c.talk(login...); err != nil {
						t.Fatal(err)
					}
				}
				if err := c.say(tt.command+"{"+size+"}", "a NO ", "a BAD ", "* BAD "); err != nil {
					t.Error(err)
				}
				if err := c.talk("n NOOP → n OK"); err != nil {
					t.Errorf("after a literal that waits: %v", err)
				}
				c.put(tt.command + "{" + size + "+}\r\n")
				c.pour("x", 1<<20)
				if err := c.expect("* BYE Command too large"); err != nil {
					t.Error(err)
				}
				if err := c.over(); err != nil {
					t.Error(err)
				}
			})
		}
	}
	t.Logf("memory grew by %d KiB", (s.settled(t)-before)>>10)
	s.well(t)
}

// TestLiteralsThatFit: many literals, each small enough, meet a limit of their
// own, and what was announced and never comes costs nothing.
func TestLiteralsThatFit(t *testing.T) {
	s := start(t, "127.0.80.12", "")
	c := s.must(t, hostileIP, imapRoad)
	c.put("a LOGIN ")
	c.pour("{1000+}\r\n"+strings.Repeat("x", 1000)+" ", 1000)
	c.put("\r\n")
	if err := c.expect("a BAD ", "a NO "); err != nil {
		t.Error(err)
	}
	if err := c.talk("l LOGIN joe@"+domain+" "+password+" → l OK", "m SELECT INBOX → m OK"); err != nil {
		t.Fatal(err)
	}
	c.put("a SEARCH OR TEXT ")
	c.pour("{60000+}\r\n"+strings.Repeat("x", 60000)+" ", 100)
	c.put("\r\n")
	if err := c.expect("a NO [TOOBIG]", "a BAD "); err != nil {
		t.Error(err)
	}
	if err := c.talk("n NOOP → n OK"); err != nil {
		t.Error(err)
	}
	s.well(t)
}

// TestParentheses opens a million parentheses wherever there may be one.
func TestParentheses(t *testing.T) {
	s := start(t, "127.0.80.13", "")
	c := s.must(t, hostileIP, imapRoad)
	if err := c.say("a "+strings.Repeat("(", 1_000_000), "a BAD "); err != nil {
		t.Error("before login:", err)
	}
	if err := c.talk("l LOGIN joe@"+domain+" "+password+" → l OK", "m SELECT INBOX → m OK"); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"SEARCH ", "SEARCH NOT ", "FETCH 1 ", "STORE 1 FLAGS ", "APPEND INBOX ", "LIST ", "ID ", "STATUS INBOX ", "SORT ", "THREAD REFERENCES UTF-8 "} {
		for _, fill := range []string{"(", "((", "( ", "NOT ", "OR ", "\\", "[", "1,", "*:", "\"a\" "} {
			// As much as fits in a line, and a million of them.
			for _, count := range []int{60_000 / len(fill), 1_000_000} {
				if err := c.say("a "+command+strings.Repeat(fill, count), "a BAD ", "a NO "); err != nil {
					t.Fatalf("%s%s × %d: %v", command, fill, count, err)
				}
				if err := c.talk("n NOOP → n OK"); err != nil {
					t.Fatalf("after %s%s: %v", command, fill, err)
				}
			}
		}
	}
	s.well(t)
}
