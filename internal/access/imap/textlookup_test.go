package imap

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"tram/internal/mailstore"
	"tram/internal/storage/kv"
)

// textWords are what the messages of these tests are made of.
var textWords = []string{"alpha", "alphabet", "beta", "Tìm", "tim", "kiếm", "đường", "duong", "日本語", "x.y@z", "gamma-ray", "ภาษา", "delta"}

// textMessage is a message of about 2 KiB.
func textMessage(rng *rand.Rand, n int) string {
	words := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteString(textWords[rng.IntN(len(textWords))])
			b.WriteByte(" \n,.-"[rng.IntN(5)])
		}
		return strings.ReplaceAll(b.String(), "\n", "\r\n")
	}
	subject := strings.ReplaceAll(words(2), "\r\n", " ")
	return fmt.Sprintf("From: s%d@example.org\r\nSubject: %s\r\nX-Mark: m%d\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nbody %d\r\n%s%s",
		n%7, subject, n%5, n, words(20), strings.Repeat("filler line of no meaning\r\n", 80))
}

// indexed brings the text index of alice up to date.
func (s *testServer) indexed(t *testing.T) {
	t.Helper()
	check(t, s.store.UpdateIndex(t.Context(), kv.Account(testAccounts["alice"])))
}

// TestSearchWithIndex: with an index of all, of some and of none of the messages
// the answers are the same.
func TestSearchWithIndex(t *testing.T) {
	s := newServer(t)
	c := s.login("alice")
	rng := rand.New(rand.NewPCG(7, 8))
	fill := func(n int) {
		var all []string
		for i := range n {
			all = append(all, textMessage(rng, i))
		}
		c.add("INBOX", all...)
	}
	fill(200)
	c.ok("SELECT INBOX")
	queries := []string{
		"TEXT alpha", "BODY alphabet", "TEXT lph", "NOT TEXT alpha", "OR BODY tim BODY beta", "TEXT nowhere", "BODY X-Mark", "TEXT X-Mark",
		"SUBJECT alpha", "HEADER X-Mark m3", "HEADER X-Mark \"\"", "HEADER X-None \"\"", "FROM s3@example", "TEXT example.org",
		"FUZZY TEXT \"duong tim\"", "UNSEEN TEXT delta UID 50:150", "TEXT e TEXT gamma-ray", "BODY \"gamma-\"", "TEXT \"body 17\"", "KEYWORD x TEXT alpha", "TEXT \"\"",
	}
	for range 60 {
		words := textWords[rng.IntN(len(textWords))] + []string{"", " ", "-"}[rng.IntN(3)] + textWords[rng.IntN(len(textWords))]
		r := []rune(words)
		from := rng.IntN(len(r))
		needle := string(r[from : from+1+rng.IntN(len(r)-from)])
		queries = append(queries, fmt.Sprintf("%s \"%s\"", []string{"TEXT", "BODY", "SUBJECT", "FUZZY BODY"}[rng.IntN(4)], needle))
	}
	answers := func() (all []string) {
		for _, q := range queries {
			all = append(all, q+": "+strings.Join(c.ok("SEARCH "+q), "|"))
		}
		return all
	}
	compare := func(what string, got, want []string) {
		t.Helper()
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("%s:\n%s, without an index\n%s", what, got[i], want[i])
			}
		}
	}
	alice := kv.Account(testAccounts["alice"])
	check(t, s.store.DropIndex(t.Context(), alice))
	scanned := answers()
	s.indexed(t)
	compare("all indexed", answers(), scanned)
	fill(60)
	c.ok("EXPUNGE")
	c.ok("UID STORE 20:40,210:220 +FLAGS (\\Deleted)")
	c.ok("EXPUNGE")
	some := answers()
	check(t, s.store.DropIndex(t.Context(), alice))
	scanned = answers()
	compare("some indexed", some, scanned)
	if !slices.ContainsFunc(scanned, func(s string) bool { return strings.HasSuffix(s, " 228") }) {
		t.Error("the searches prove nothing")
	}
	s.indexed(t)
	compare("all indexed again", answers(), scanned)
}

// TestSearchReadsNoBodies: what the index decides is found in messages that
// cannot be read any more.
func TestSearchReadsNoBodies(t *testing.T) {
	s := newServer(t)
	c := s.login("alice")
	rng := rand.New(rand.NewPCG(9, 10))
	var all []string
	for i := range 199 {
		all = append(all, textMessage(rng, i))
	}
	c.add("INBOX", append(all, testMessage(1)+"zyzzyva\r\n")...)
	c.ok("SELECT INBOX")
	s.indexed(t)
	s.flip("zyzzyva")
	for query, want := range map[string]string{"TEXT zyzzyva": "* SEARCH 200", "BODY zyz": "* SEARCH 200", "TEXT \"1 zyzzyva\"": "* SEARCH"} {
		if got := c.ok("SEARCH " + query); got[0] != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}

// TestBlanksOfFields: a row of blanks in a header field counts as one.
func TestBlanksOfFields(t *testing.T) {
	s := newServer(t)
	c := s.login("alice")
	c.add("INBOX", "Subject: one  two\r\n\t three\r\n\r\nfour  five\r\n")
	c.ok("SELECT INBOX")
	for query, want := range map[string]string{
		"SUBJECT \"one two three\"": "* SEARCH 1", "SUBJECT \"one   two\"": "* SEARCH 1", "SUBJECT \"onetwo\"": "* SEARCH",
		"BODY \"four five\"": "* SEARCH", "BODY \"four  five\"": "* SEARCH 1",
	} {
		if got := c.ok("SEARCH " + query); got[0] != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}

// TestFuzzy ranks by what was found of the needle (RFC 6203).
func TestFuzzy(t *testing.T) {
	s := newServer(t)
	c := s.login("alice")
	text := func(subject, body string) string {
		return "Subject: " + subject + "\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + body + "\r\n"
	}
	c.add("INBOX", text("1", "tim duong"), text("2", "Tìm đường về"), text("3", "đường dài, tìm mãi"), text("4", "tim"), text("Tim duong", "5"))
	c.ok("SELECT INBOX")
	for range 2 { // without an index, and with one
		for query, want := range map[string]string{
			"FUZZY TEXT \"tim duong\"":            `ALL 1:3,5 RELEVANCY (100 80 50 100)`,
			"FUZZY BODY \"tìm đường\"":            `ALL 1:3 RELEVANCY (80 100 50)`,
			"FUZZY SUBJECT \"duong tim\"":         `ALL 5 RELEVANCY (50)`,
			"FUZZY (BODY \"tìm đường\" NOT SEEN)": `ALL 1:3 RELEVANCY (80 100 50)`,
			"FUZZY TEXT nowhere":                  `RELEVANCY ()`,
		} {
			tagged := strings.SplitN(c.ok("SEARCH RETURN (ALL RELEVANCY) " + query)[0], ")", 2)[1]
			if got := strings.TrimSpace(tagged); got != want {
				t.Errorf("%s: %q, want %q", query, got, want)
			}
		}
		s.indexed(t)
	}
}

// TestIndexRuns: what the index says to a search of many keys is not held for
// all of them when it is much.
func TestIndexRuns(t *testing.T) {
	s := newServer(t)
	c := s.login("alice")
	const n = 1000
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("Subject: %s\r\n\r\n%s", []string{"odd", "even"}[i%2], strings.Repeat("filler line\r\n", 40)))
	}
	c.add("INBOX", all...)
	c.ok("SELECT INBOX")
	s.indexed(t)
	alice := kv.Account(testAccounts["alice"])
	box, err := s.store.Lookup(t.Context(), alice, "INBOX")
	check(t, err)
	view, err := s.store.View(t.Context(), alice, box.ID)
	check(t, err)
	owner := &session{srv: s.Server, ctx: t.Context(), mail: s.store.As(mailstore.Actor{Address: "alice", Account: alice})}
	search := candidate{s: owner, in: &target{account: alice, id: box.ID, view: view}}
	search.entry = view.At(0)    // which has not the word
	keys := 4 * maxIndexRuns / n // each has n/2 runs
	runs, read := 0, 0
	for range keys {
		k := newHeaderKey("SUBJECT", newNeedle("even"))
		search.askIndex(&k.index)
		search.entry.Size = minIndexed
		if search.askIndex(&k.index) == unknown {
			read++
		}
		runs += len(search.answers[&k.index].matches.UIDs)
	}
	if runs < maxIndexRuns/2 || runs > maxIndexRuns+n {
		t.Errorf("%d runs are held", runs)
	}
	if read == 0 || read == keys {
		t.Errorf("%d of %d keys read the messages", read, keys)
	}
	if got := c.ok("SEARCH RETURN (COUNT)" + strings.Repeat(" NOT SUBJECT even", 3000))[0]; !strings.HasSuffix(got, " COUNT 500") {
		t.Errorf("%q", got)
	}
}
