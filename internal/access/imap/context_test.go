package imap

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// followed is a search that a client is kept informed of: what it believes is
// the result.
type followed struct {
	search string // "UID SEARCH RETURN (%s) …"
	sorted bool
	uids   []int
}

var updateLine = regexp.MustCompile(`^\* ESEARCH \(TAG "(t\d+)"\) UID(?: REMOVEFROM \(([^)]*)\))?(?: ADDTO \(([^)]*)\))?$`)
var allLine = regexp.MustCompile(`^\* ESEARCH \(TAG "t\d+"\) UID(?: ALL (\S+))?$`)

// numbersIn reads a sequence-set, in its order.
func numbersIn(set string) (out []int) {
	for part := range strings.SplitSeq(set, ",") {
		a, b, isRange := strings.Cut(part, ":")
		first, _ := strconv.Atoi(a)
		last := first
		if isRange {
			last, _ = strconv.Atoi(b)
		}
		for ; first <= last && first > 0; first++ {
			out = append(out, first)
		}
	}
	return out
}

// take does what a client does with pairs of places and sets (RFC 5267 4.3.3,
// 4.3.4).
func (f *followed) take(t *testing.T, removed, added string) {
	t.Helper()
	words := strings.Fields(removed)
	for i := 0; i+1 < len(words); i += 2 {
		for _, uid := range numbersIn(words[i+1]) {
			at := slices.Index(f.uids, uid)
			if place, _ := strconv.Atoi(words[i]); at < 0 || f.sorted && at != place-1 {
				t.Fatalf("%s: %d is removed from place %d of %v", f.search, uid, place, f.uids)
			}
			f.uids = slices.Delete(f.uids, at, at+1)
		}
	}
	words = strings.Fields(added)
	for i := 0; i+1 < len(words); i += 2 {
		place, _ := strconv.Atoi(words[i])
		for k, uid := range numbersIn(words[i+1]) {
			if slices.Contains(f.uids, uid) || f.sorted && (place < 1 || place+k > len(f.uids)+1) {
				t.Fatalf("%s: %d is added at place %d to %v", f.search, uid, place, f.uids)
			}
			if !f.sorted {
				f.uids = append(f.uids, uid)
				slices.Sort(f.uids)
			} else {
				f.uids = slices.Insert(f.uids, place-1+k, uid)
			}
		}
	}
}

// TestContexts has two sessions change a mailbox at random. One of them is kept
// informed of searches: after each command what it was told must be what the
// same search finds then.
func TestContexts(t *testing.T) {
	searches := []string{
		"UID SEARCH RETURN (%s) FLAGGED",
		"UID SEARCH RETURN (%s) OR UNSEEN KEYWORD late",
		"UID SEARCH RETURN (%s) NOT (SEEN FLAGGED) SUBJECT a",
		"UID SEARCH RETURN (%s) BODY body",
		"UID SORT RETURN (%s) (SUBJECT) UTF-8 UNFLAGGED",
		"UID SORT RETURN (%s) (REVERSE DATE SUBJECT) UTF-8 ALL",
		"UID SORT RETURN (%s) (REVERSE SIZE) UTF-8 UNKEYWORD late",
	}
	s := newServer(t)
	for seed := range uint64(10) {
		rng := rand.New(rand.NewPCG(seed, 5267))
		box := fmt.Sprintf("box%d", seed)
		me, other := s.login("alice"), s.login("alice")
		me.ok("CREATE " + box)
		random := func(c *client) {
			n := 1 + rng.IntN(12)
			switch rng.IntN(9) {
			case 0, 1, 2:
				c.add(box, fmt.Sprintf("Subject: %c%d\r\nDate: Mon, %d Nov 2025 10:00:00 +0000\r\n\r\nbody%s\r\n",
					'a'+rune(rng.IntN(3)), rng.IntN(4), 1+rng.IntN(9), strings.Repeat("x", rng.IntN(5))))
			case 3:
				c.cmd(fmt.Sprintf("UID STORE %d:%d +FLAGS.SILENT (\\Deleted)", n, n+rng.IntN(2)))
				c.ok("EXPUNGE")
			default:
				c.cmd(fmt.Sprintf("UID STORE %d:%d %sFLAGS.SILENT (%s)", n, n+rng.IntN(4),
					[]string{"+", "-"}[rng.IntN(2)], []string{`\Flagged`, `\Seen`, `late`}[rng.IntN(3)]))
			}
		}
		other.ok("SELECT " + box)
		for range 6 {
			random(other)
		}
		me.ok("SELECT " + box)
		contexts := map[string]*followed{}
		follow := func(lines []string) {
			t.Helper()
			for _, line := range lines {
				if m := updateLine.FindStringSubmatch(line); m != nil && contexts[m[1]] != nil {
					contexts[m[1]].take(t, m[2], m[3])
				}
			}
		}
		for i, search := range searches[:4+rng.IntN(4)] {
			f := &followed{search: search, sorted: strings.Contains(search, "SORT")}
			lines := me.ok(fmt.Sprintf(search, "UPDATE ALL"))
			f.uids = numbersIn(allLine.FindStringSubmatch(lines[0])[1])
			contexts[fmt.Sprint("t", me.tag)] = f
			follow(lines[1:]) // what changed meanwhile
			if i == 2 {
				random(other)
			}
		}
		for range 25 {
			for range 1 + rng.IntN(3) {
				random(other)
			}
			if rng.IntN(3) == 0 { // EXPUNGE is held back, the results are not
				lines, _ := me.cmd("FETCH 1 UID")
				follow(lines)
			}
			follow(me.ok("NOOP"))
			for _, f := range contexts {
				lines := me.ok(fmt.Sprintf(f.search, "ALL"))
				want := numbersIn(allLine.FindStringSubmatch(lines[0])[1])
				if !slices.Equal(want, f.uids) {
					t.Fatalf("seed %d, %s: the client believes %v, found is %v", seed, f.search, f.uids, want)
				}
			}
		}
	}
}
