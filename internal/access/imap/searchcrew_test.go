package imap

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"tram/internal/mailstore"
	"tram/internal/storage/kv"
)

// manyMessages is a server with a mailbox of some more than so many parts,
// with gaps, which is selected.
func manyMessages(t *testing.T, parts int) (*testServer, *client) {
	s := newServer(t, func(o *serverOptions) { o.store.NoTextIndex = true })
	c := s.login("alice")
	rng := rand.New(rand.NewPCG(1, 2))
	for range parts {
		var all []string
		for i := range searchPart + 3 {
			all = append(all, textMessage(rng, i))
		}
		c.add("INBOX", all...)
	}
	c.ok("SELECT INBOX")
	c.ok(`UID STORE 3,250:270,600 +FLAGS.SILENT (\Deleted)`)
	c.ok("EXPUNGE")
	return s, c
}

// TestSearchHelpers: with helpers the answers are those of the session alone, and
// all helpers are free afterwards.
func TestSearchHelpers(t *testing.T) {
	s, c := manyMessages(t, 5)
	for _, query := range []string{
		"SEARCH TEXT alpha", "SEARCH NOT TEXT alpha", "SEARCH BODY \"đường\"", "SEARCH OR BODY tim BODY beta", "SEARCH UID 100:900 BODY delta",
		"SEARCH 1,300,700:710 BODY e", "SEARCH TEXT nowhere", "SEARCH HEADER X-Mark m3", "SEARCH RETURN (RELEVANCY) FUZZY TEXT \"duong tim\"",
		"SORT (SUBJECT) UTF-8 BODY kiem", "SEARCH SINCE 1-Jan-2020 BODY gamma",
	} {
		s.searchHelpers.free.Store(0)
		alone := c.ok(query)
		s.searchHelpers.free.Store(3)
		helped := c.ok(query)
		if strings.HasPrefix(query, "SEARCH RETURN") { // the tags differ
			_, alone[0], _ = strings.Cut(alone[0], ")")
			_, helped[0], _ = strings.Cut(helped[0], ")")
		}
		if !slices.Equal(alone, helped) {
			t.Errorf("%s: %.300q alone, %.300q with helpers", query, alone, helped)
		}
		if free := s.searchHelpers.free.Load(); free != 3 {
			t.Fatalf("%s: %d helpers are free, want 3", query, free)
		}
	}
}

// brokenKey panics when a helper asks.
type brokenKey struct {
	key
	session *candidate
}

func (k *brokenKey) eval(c *candidate) verdict {
	if c != k.session {
		panic("a mistake of ours")
	}
	return mismatch
}

// TestSearchHelperPanics: a mistake in a helper is the answer of the command, and
// does not end the server.
func TestSearchHelperPanics(t *testing.T) {
	s := searcher(t)
	in := s.sel.target()
	c := &candidate{s: s, in: in}
	k := &brokenKey{newTextKey(newNeedle("x"), false), c}
	w := &recordSearch{s: s, key: k, in: in, open: mailstore.AllUIDs()}
	s.srv.searchHelpers.free.Store(1)
	w.callHelpers(c, searchAlone+1)() // nobody else takes the work
	if w.err == nil || !strings.Contains(w.err.Error(), "a mistake of ours") {
		t.Errorf("the search ended with %v", w.err)
	}
	if _, part := w.take(); len(part) > 0 {
		t.Error("the search goes on")
	}
	if free := s.srv.searchHelpers.free.Load(); free != 1 {
		t.Errorf("%d helpers are free, want 1", free)
	}
}

// TestCutSet cuts sets into parts, which together are the set.
func TestCutSet(t *testing.T) {
	s, _ := manyMessages(t, 1)
	alice := kv.Account(testAccounts["alice"])
	inbox, err := s.store.Lookup(t.Context(), alice, "INBOX")
	check(t, err)
	view, err := s.store.View(t.Context(), alice, inbox.ID)
	check(t, err)
	for _, set := range []mailstore.UIDSet{
		mailstore.AllUIDs(), mailstore.UIDs(1, 2, 3, 4, 9), {{First: 1, Last: 10}, {First: 240, Last: 280}, {First: 100000, Last: 200000}}, {},
	} {
		for _, n := range []int{1, 2, 7, 10, 1000} {
			rest, total := slices.Clone(set), 0
			for rounds := 0; len(rest) > 0; rounds++ {
				var part mailstore.UIDSet
				part, rest = cutSet(view, rest, n)
				got := countIn(view, part)
				if total += got; got > n || got < n && len(rest) > 0 || rounds > 1000 {
					t.Fatalf("%v by %d: a part of %d, rest %v", set, n, got, rest)
				}
			}
			if total != countIn(view, set) {
				t.Errorf("%v by %d: %d messages of %d", set, n, total, countIn(view, set))
			}
		}
	}
}
