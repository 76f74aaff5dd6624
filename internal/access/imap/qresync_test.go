package imap

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tram/internal/mail/imapwire"
	"tram/internal/storage/kv"
)

// replica is a client that keeps a copy of a mailbox and comes back to it with
// QRESYNC. All it knows it has from the server's answers. When it hears of new
// messages it asks for their flags.
type replica struct {
	c        *client
	validity string
	highest  string
	flags    map[int]string // by UID
}

var (
	fetched  = regexp.MustCompile(`(?s)^\* \d+ FETCH \((.*)\)$`)
	itemUIDs = regexp.MustCompile(`UID (\d+)`)
	itemFlag = regexp.MustCompile(`FLAGS \(([^)]*)\)`)
	itemSeq  = regexp.MustCompile(`MODSEQ \((\d+)\)`)
	vanished = regexp.MustCompile(`^\* VANISHED (?:\(EARLIER\) )?([\d:,]+)$`)
	codeSeq  = regexp.MustCompile(`\[HIGHESTMODSEQ (\d+)\]`)
	codeUIDV = regexp.MustCompile(`\[UIDVALIDITY (\d+)\]`)
)

// hear takes the answers to one command in, by the rules of RFC 7162 6.
func (r *replica) hear(untagged []string, status string) {
	coded, largest := "", uint64(0)
	for _, line := range append(untagged, status) {
		if m := codeUIDV.FindStringSubmatch(line); m != nil {
			r.validity = m[1]
		}
		if m := codeSeq.FindStringSubmatch(line); m != nil {
			coded = m[1]
		}
		if m := vanished.FindStringSubmatch(line); m != nil {
			for _, part := range strings.Split(m[1], ",") {
				first, last, ranged := strings.Cut(part, ":")
				from, _ := strconv.Atoi(first)
				to := from
				if ranged {
					to, _ = strconv.Atoi(last)
				}
				for uid := from; uid <= to; uid++ {
					delete(r.flags, uid)
				}
			}
		}
		m := fetched.FindStringSubmatch(line)
		if m == nil || itemUIDs.FindString(m[1]) == "" {
			continue
		}
		uid, err := strconv.Atoi(itemUIDs.FindStringSubmatch(m[1])[1])
		if err != nil {
			r.c.t.Fatal(line)
		}
		if f := itemFlag.FindStringSubmatch(m[1]); f != nil {
			r.flags[uid] = sortedFlags(f[1])
		}
		if seq := itemSeq.FindStringSubmatch(m[1]); seq != nil {
			n, _ := strconv.ParseUint(seq[1], 10, 64)
			largest = max(largest, n)
		}
	}
	if known, _ := strconv.ParseUint(r.highest, 10, 64); coded != "" {
		r.highest = coded
	} else if largest > known {
		r.highest = fmt.Sprint(largest)
	}
}

func sortedFlags(list string) string {
	flags := strings.Fields(strings.ReplaceAll(list, `\Recent`, ""))
	slices.Sort(flags)
	return strings.Join(flags, " ")
}

// connect comes back.
func (r *replica) connect(s *testServer, rng *rand.Rand) {
	r.c = s.login("alice")
	r.c.ok("ENABLE QRESYNC")
	command := "SELECT box"
	if r.validity != "" {
		command += fmt.Sprintf(" (QRESYNC (%s %s%s))", r.validity, r.highest, r.matchData(rng))
	}
	r.do(command)
	if len(r.flags) == 0 {
		r.do("UID FETCH 1:* FLAGS")
	}
}

// matchData is, half of the time, what the client believes about some message
// numbers.
func (r *replica) matchData(rng *rand.Rand) string {
	if len(r.flags) == 0 || rng.IntN(2) == 0 {
		return ""
	}
	uids := r.uids()
	var numbers, known []string
	for i := 0; i < len(uids); i += 1 + rng.IntN(4) {
		numbers, known = append(numbers, fmt.Sprint(i+1)), append(known, fmt.Sprint(uids[i]))
	}
	return fmt.Sprintf(" 1:%d (%s %s)", uids[len(uids)-1]+1000, strings.Join(numbers, ","), strings.Join(known, ","))
}

func (r *replica) uids() []int {
	var uids []int
	for uid := range r.flags {
		uids = append(uids, uid)
	}
	slices.Sort(uids)
	return uids
}

func (r *replica) do(command string) {
	r.c.t.Helper()
	untagged, status := r.c.cmd(command)
	r.hear(untagged, status)
	if slices.ContainsFunc(untagged, func(line string) bool { return strings.HasSuffix(line, " EXISTS") }) && !strings.HasPrefix(command, "SELECT") {
		next := 1
		if uids := r.uids(); len(uids) > 0 {
			next = uids[len(uids)-1] + 1
		}
		r.do(fmt.Sprintf("UID FETCH %d:* FLAGS", next))
	}
}

// change does something at random.
func (r *replica) change(rng *rand.Rand, total int) {
	uid := func() int { return 1 + rng.IntN(total+1) }
	switch rng.IntN(9) {
	case 0:
		r.do("NOOP")
	case 1, 2:
		r.do(fmt.Sprintf("UID STORE %d:%d +FLAGS (\\Deleted)", uid(), uid()))
		r.do(fmt.Sprintf("UID STORE %d -FLAGS (\\Deleted)", uid()))
	case 3:
		r.do(fmt.Sprintf("UID STORE %d,%d FLAGS (\\Seen k%d)", uid(), uid(), rng.IntN(3)))
	case 4:
		r.do("EXPUNGE")
	case 5:
		r.do(fmt.Sprintf("UID EXPUNGE %d:%d", uid(), uid()))
	case 6:
		r.do(fmt.Sprintf("STORE 1 (UNCHANGEDSINCE %s) +FLAGS (\\Flagged)", r.highest))
	case 7:
		first := uid()
		r.do(fmt.Sprintf("UID COPY %d:%d box", first, first+2))
	case 8:
		r.do("FETCH 1 BODY[HEADER]")
	}
}

// truth asks a fresh connection.
func truth(s *testServer) map[int]string {
	r := &replica{c: s.login("alice"), flags: map[int]string{}}
	r.do("EXAMINE box")
	r.do("UID FETCH 1:* FLAGS")
	r.c.conn.Close()
	return r.flags
}

// TestResynchronize has clients that keep copies work at random on one mailbox,
// and their connections break at any time. Whoever comes back, knows what there
// is after one command.
func TestResynchronize(t *testing.T) {
	for seed := range uint64(4) {
		rng := rand.New(rand.NewPCG(seed, 7))
		s := newServer(t)
		setup := s.login("alice")
		setup.ok("CREATE box")
		for i := range 20 {
			setup.add("box", testMessage(i))
		}
		clients := make([]*replica, 3)
		for i := range clients {
			clients[i] = &replica{flags: map[int]string{}}
			clients[i].connect(s, rng)
		}
		total := 20
		for step := range 150 {
			r := clients[rng.IntN(len(clients))]
			switch rng.IntN(6) {
			case 0:
				r.c.conn.Close()
				r.connect(s, rng)
				want := truth(s)
				if got := fmt.Sprint(r.flags); got != fmt.Sprint(want) {
					t.Fatalf("seed %d, step %d: the copy has\n%s\nnot\n%v", seed, step, got, want)
				}
			case 1:
				setup.add("box", testMessage(step))
			default:
				r.change(rng, total)
			}
			for uid := range truth(s) {
				total = max(total, uid)
			}
		}
	}
}

// TestMatchDataInPlace: match data whose ranges never end together are gone
// through without copying them at each step.
func TestMatchDataInPlace(t *testing.T) {
	s := newServer(t)
	c := s.login("alice")
	c.add("INBOX", testMessage(1), testMessage(2))
	alice := kv.Account(testAccounts["alice"])
	box, err := s.store.Lookup(t.Context(), alice, "INBOX")
	check(t, err)
	view, err := s.store.View(t.Context(), alice, box.ID)
	check(t, err)
	const n = 7000 // as many as fit in a line
	r := resync{uids: []imapwire.Range{{First: 1, Last: 1}}}
	for i := range uint32(n) {
		r.numbers = append(r.numbers, imapwire.Range{First: 3*i + 1, Last: 3*i + 2})
		r.uids = append(r.uids, imapwire.Range{First: 3*i + 3, Last: 3*i + 4})
	}
	r.uids[n].Last--
	if got := r.matched(view); got != 1 {
		t.Errorf("the largest UID that matches is %d", got)
	}
	if allocs := testing.AllocsPerRun(3, func() { r.matched(view) }); allocs > 2 {
		t.Errorf("%v allocations", allocs)
	}
	if r.numbers[0] != (imapwire.Range{First: 1, Last: 2}) {
		t.Error("the request was changed")
	}
}
