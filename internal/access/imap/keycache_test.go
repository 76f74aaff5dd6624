package imap

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestTextTable numbers random texts in several steps: equal texts have one
// number, and ranks are in the order of the texts.
func TestTextTable(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 5051))
	table := newTextTable()
	if n := table.number(nil); n != 0 {
		t.Errorf("the empty text has number %d", n)
	}
	known := map[string]uint32{"": 0}
	for range 20 {
		for range 100 {
			text := strings.Repeat("SAME START ", rng.IntN(2)) + fmt.Sprint(rng.IntN(800))
			n := table.number([]byte(text))
			if old, ok := known[text]; ok && old != n {
				t.Fatalf("%q has numbers %d and %d", text, old, n)
			}
			if known[text] = n; string(table.at(n)) != text {
				t.Fatalf("number %d is %q, not %q", n, table.at(n), text)
			}
		}
		ranks := slices.Clone(table.order())
		order := make([]uint32, len(ranks))
		for n, rank := range ranks {
			order[rank] = uint32(n)
		}
		for i := 1; i < len(order); i++ {
			if bytes.Compare(table.at(order[i-1]), table.at(order[i])) >= 0 {
				t.Fatalf("%q stands before %q", table.at(order[i-1]), table.at(order[i]))
			}
		}
	}
}

// TestKeysGrow changes a mailbox at random and asks what is answered from
// remembered keys; then everything is forgotten and asked again.
func TestKeysGrow(t *testing.T) {
	questions := []string{
		"SORT (SUBJECT DATE) UTF-8 ALL", "SORT (REVERSE FROM) UTF-8 ALL", "SORT (DISPLAYTO REVERSE ARRIVAL) UTF-8 ALL", "SORT (CC SIZE) UTF-8 ALL",
		"THREAD REFERENCES UTF-8 ALL", "THREAD REFS UTF-8 ALL", "THREAD ORDEREDSUBJECT UTF-8 ALL",
		"SEARCH SINCE 10-Nov-2025", "SEARCH SENTBEFORE 10-Nov-2025 FLAGGED", "SEARCH NOT SENTON 10-Nov-2025", "SEARCH OLDER 100000000", "SEARCH SAVEDSINCE 10-Nov-2025",
	}
	s := newServer(t)
	rng := rand.New(rand.NewPCG(2, 5256))
	c := s.login("alice")
	c.ok("SELECT INBOX")
	next := 0
	for range 30 {
		for range rng.IntN(20) {
			next++
			m := fmt.Sprintf("Subject: %s%c\r\nFrom: %d <u%d@x>\r\nTo: \"%c\" <a@x>\r\nCc: %c@x\r\nDate: Mon, %d Nov 2025 10:00:00 +0000\r\n"+
				"Message-ID: <%d@x>\r\nReferences: <%d@x> <%d@x>\r\n\r\n", []string{"", "Re: "}[rng.IntN(2)], 'a'+rune(rng.IntN(9)), rng.IntN(5), rng.IntN(5),
				'a'+rune(rng.IntN(5)), 'a'+rune(rng.IntN(5)), 1+rng.IntN(20), next, rng.IntN(next), rng.IntN(next))
			c.ok(fmt.Sprintf("APPEND INBOX \"%2d-Nov-2025 10:00:00 +0000\" {%d+}\r\n%s", 1+rng.IntN(20), len(m), m))
		}
		if rng.IntN(3) == 0 {
			first := rng.IntN(next + 1)
			c.cmd(fmt.Sprintf("UID STORE %d:%d +FLAGS.SILENT (\\Deleted)", first, first+rng.IntN(30)))
			c.ok("EXPUNGE")
		}
		q := questions[rng.IntN(len(questions))]
		warm := c.ok(q)
		s.keys.mu.Lock()
		s.keys.boxes, s.keys.used = nil, 0
		s.keys.mu.Unlock()
		if cold := c.ok(q); !slices.Equal(warm, cold) {
			t.Fatalf("%s after %d messages:\n%q, anew\n%q", q, next, warm, cold)
		}
		if rng.IntN(2) == 0 {
			for _, q := range questions {
				c.ok(q)
			}
		}
	}
	if s.keys.used == 0 {
		t.Error("nothing is remembered")
	}
}

// TestKeyCacheLimit has room for one mailbox only.
func TestKeyCacheLimit(t *testing.T) {
	s := newServer(t, func(o *serverOptions) { o.KeyCache = 900 })
	c := s.login("alice")
	for _, box := range []string{"a", "b"} {
		c.ok("CREATE " + box)
		c.add(box, testMessage(2), testMessage(1))
		c.ok("SELECT " + box)
		for range 2 {
			if got := c.ok("SORT (SUBJECT) UTF-8 ALL"); got[0] != "* SORT 2 1" {
				t.Errorf("%s: %q", box, got)
			}
		}
		if n := len(s.keys.boxes); n > 1 || s.keys.used > s.keys.limit {
			t.Errorf("%d mailboxes in %d bytes", n, s.keys.used)
		}
	}
}

// TestDatesRemembered searches by date: few messages are read as such, until as
// many were read as half of the mailbox has. New ones are added by themselves.
func TestDatesRemembered(t *testing.T) {
	s := newServer(t)
	c := s.login("alice")
	for i := range 10 {
		c.add("INBOX", testMessage(i))
	}
	c.ok("SELECT INBOX")
	c.ok(`STORE 3 FLAGS.SILENT (\Flagged)`)
	filled := func() int {
		s.keys.mu.Lock()
		defer s.keys.mu.Unlock()
		for _, box := range s.keys.boxes {
			if box.rows != nil {
				return box.rows.filled(keyDates)
			}
		}
		return 0
	}
	for i := range 6 {
		if got := c.ok("SEARCH FLAGGED SINCE 1-Jan-2020"); got[0] != "* SEARCH 3" {
			t.Errorf("%q", got)
		}
		if got, want := filled(), []int{0, 0, 0, 0, 10, 10}[i]; got != want {
			t.Errorf("%d dates are remembered after %d searches, want %d", got, i+1, want)
		}
	}
	c.add("INBOX", testMessage(11))
	if got := c.ok("SEARCH SENTON 21-Nov-2026 11"); got[0] != "* SEARCH 11" || filled() != 11 {
		t.Errorf("%q, %d remembered", got, filled())
	}
}
