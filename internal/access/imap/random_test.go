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

// mirror is what a client knows of a mailbox, from nothing but the responses it
// gets. Every response is checked against it: this is what a real client would
// believe.
type mirror struct {
	*client
	uids    []int          // by sequence number; 0: not known yet
	flags   map[int]string // by UID, as last told
	noShift bool           // the command in hand forbids EXPUNGE
}

var fetchLine = regexp.MustCompile(`^(?s)\* (\d+) FETCH \((.*)\)$`)
var uidItem = regexp.MustCompile(`UID (\d+)`)
var flagsItem = regexp.MustCompile(`FLAGS \(([^)]*)\)`)

// run sends a command and follows what it tells.
func (m *mirror) run(command string) (status string) {
	m.t.Helper()
	verb := strings.Fields(command)[0]
	m.noShift = verb == "FETCH" || verb == "STORE" || verb == "SEARCH" || verb == "SORT"
	untagged, status := m.cmd(command)
	for _, line := range untagged {
		m.follow(command, line)
	}
	// What is gone is not copied, and the client hears of it with the answer.
	gone := (verb == "COPY" || verb == "MOVE") && strings.HasPrefix(status, "NO [EXPUNGEISSUED]") &&
		slices.ContainsFunc(untagged, func(line string) bool { return strings.HasSuffix(line, " EXPUNGE") })
	if !strings.HasPrefix(status, "OK") && !gone {
		m.t.Fatalf("%s: %q %s", command, untagged, status)
	}
	return status
}

func (m *mirror) follow(command, line string) {
	m.t.Helper()
	var n int
	var kind string
	if k, _ := fmt.Sscanf(line, "* %d %s", &n, &kind); k != 2 {
		return
	}
	switch kind {
	case "EXISTS":
		if n < len(m.uids) {
			m.t.Fatalf("%s: %q, but %d are known", command, line, len(m.uids))
		}
		for len(m.uids) < n {
			m.uids = append(m.uids, 0)
		}
	case "EXPUNGE":
		if m.noShift || n < 1 || n > len(m.uids) {
			m.t.Fatalf("%s: %q with %d messages", command, line, len(m.uids))
		}
		m.uids = slices.Delete(m.uids, n-1, n)
	case "FETCH":
		m.fetched(command, line)
	}
}

func (m *mirror) fetched(command, line string) {
	m.t.Helper()
	f := fetchLine.FindStringSubmatch(line)
	if f == nil {
		m.t.Fatalf("%s: %q", command, line)
	}
	n, _ := strconv.Atoi(f[1])
	if n < 1 || n > len(m.uids) {
		m.t.Fatalf("%s: %q with %d messages", command, line, len(m.uids))
	}
	if u := uidItem.FindStringSubmatch(f[2]); u != nil {
		uid, _ := strconv.Atoi(u[1])
		if m.uids[n-1] != 0 && m.uids[n-1] != uid {
			m.t.Fatalf("%s: %q, but number %d is UID %d", command, line, n, m.uids[n-1])
		}
		m.uids[n-1] = uid
	}
	if fl := flagsItem.FindStringSubmatch(f[2]); fl != nil && m.uids[n-1] != 0 {
		m.flags[m.uids[n-1]] = withoutRecent(fl[1])
	}
}

func withoutRecent(flags string) string {
	return strings.Join(slices.DeleteFunc(strings.Fields(flags), func(f string) bool { return f == `\Recent` }), " ")
}

// set is a random non-empty message set.
func (m *mirror) set(rng *rand.Rand) string {
	a, b := 1+rng.IntN(len(m.uids)), 1+rng.IntN(len(m.uids))
	if rng.IntN(2) == 0 {
		return strconv.Itoa(a)
	}
	return fmt.Sprintf("%d:%d", a, b)
}

// step does one random thing.
func (m *mirror) step(rng *rand.Rand, n int) {
	m.t.Helper()
	if len(m.uids) == 0 {
		m.run(fmt.Sprintf("APPEND INBOX {%d+}\r\n%s", len(testMessage(n)), testMessage(n)))
		return
	}
	flag := []string{`\Seen`, `\Flagged`, `\Deleted`, "kw"}[rng.IntN(4)]
	switch rng.IntN(12) {
	case 0, 1:
		m.run(fmt.Sprintf("APPEND INBOX (%s) {%d+}\r\n%s", flag, len(testMessage(n)), testMessage(n)))
	case 2:
		m.run("FETCH " + m.set(rng) + " (UID FLAGS)")
	case 3:
		m.run("FETCH " + m.set(rng) + " (BODY[TEXT])")
	case 4, 5:
		m.run(fmt.Sprintf("STORE %s %cFLAGS (%s)", m.set(rng), "+-"[rng.IntN(2)], flag))
	case 6:
		uid := 1 + rng.IntN(n+2)
		if _, known := m.flags[uid]; known {
			m.flags[uid] = flag // what .SILENT leaves to the client
		}
		m.run(fmt.Sprintf("UID STORE %d FLAGS.SILENT (%s)", uid, flag))
	case 7:
		m.run("EXPUNGE")
	case 8:
		m.run("SEARCH " + []string{"ALL", "SEEN", "SUBJECT message"}[rng.IntN(3)])
	case 9:
		m.run("COPY " + m.set(rng) + " INBOX")
	case 10:
		m.run("MOVE " + m.set(rng) + " INBOX")
	case 11:
		m.run("IDLE\r\nDONE")
	}
}

// TestRandomSessions has several sessions do random things to one mailbox. What
// each was told must fit together at every step, and in the end all of them
// must know the same, which is what a fresh session sees.
func TestRandomSessions(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(seed, 7))
			s := newServer(t)
			var all []*mirror
			for range 4 {
				m := &mirror{client: s.login("alice"), flags: map[int]string{}}
				m.run("SELECT INBOX")
				all = append(all, m)
			}
			for n := range 300 {
				all[rng.IntN(len(all))].step(rng, n)
			}
			fresh := &mirror{client: s.login("alice"), flags: map[int]string{}}
			fresh.run("SELECT INBOX")
			fresh.run("UID FETCH 1:* (FLAGS)")
			for i, m := range all {
				m.run("NOOP")
				for _, uid := range m.uids {
					if flags, told := m.flags[uid]; told && flags != fresh.flags[uid] {
						t.Errorf("session %d, UID %d: told %q, it is %q", i, uid, flags, fresh.flags[uid])
					}
				}
				m.run("UID FETCH 1:* (FLAGS)")
				if !slices.Equal(m.uids, fresh.uids) {
					t.Errorf("session %d has %v, a fresh one %v", i, m.uids, fresh.uids)
				}
			}
		})
	}
}
