package imap

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tram/internal/mailstore"
)

// keywordMirror is a mirror that also knows which keywords there are, and what
// it was told of the keywords of each message.
type keywordMirror struct {
	mirror
	listed []string // by the last FLAGS response
	rng    *rand.Rand
}

var flagsLine = regexp.MustCompile(`^\* FLAGS \((.*)\)$`)

// run is mirror.run for a client that does not know a keyword before FLAGS has
// it (RFC 9051 7.3.5).
func (m *keywordMirror) run(command string) (untagged []string, status string) {
	m.t.Helper()
	verb := strings.Fields(command)[0]
	m.noShift = verb == "FETCH" || verb == "STORE" || verb == "SEARCH"
	untagged, status = m.cmd(command)
	for _, line := range untagged {
		if f := flagsLine.FindStringSubmatch(line); f != nil {
			m.listed = strings.Fields(f[1])
		}
		if f := flagsItem.FindStringSubmatch(line); f != nil && fetchLine.MatchString(line) {
			for _, name := range strings.Fields(f[1]) {
				if name != `\Recent` && !slices.Contains(m.listed, name) {
					m.t.Fatalf("%s: %q before FLAGS has %s: %q", command, line, name, m.listed)
				}
			}
		}
		m.follow(command, line)
	}
	return untagged, status
}

// keyword is one of more than a mailbox has places for.
func (m *keywordMirror) keyword() string {
	return fmt.Sprint("kw", m.rng.IntN(mailstore.MaxKeywords+30))
}

// silent stores without an answer: the client takes what it asked for to be so.
func (m *keywordMirror) silent() {
	n := 1 + m.rng.IntN(len(m.uids))
	uid, name := m.uids[n-1], m.keyword()
	op := "+-"[m.rng.IntN(2)]
	had, known := m.flags[uid]
	if known {
		names := slices.DeleteFunc(strings.Fields(had), func(f string) bool { return f == name })
		if op == '+' {
			names = append(names, name)
		}
		m.flags[uid] = strings.Join(names, " ")
	}
	if _, status := m.run(fmt.Sprintf("STORE %d %cFLAGS.SILENT (%s)", n, op, name)); strings.HasPrefix(status, "NO [LIMIT]") && known {
		m.flags[uid] = had
	} else if !strings.HasPrefix(status, "OK") {
		m.t.Fatal(status)
	}
}

// learn asks for what is not known of new messages.
func (m *keywordMirror) learn() {
	m.run("NOOP")
	for n, uid := range m.uids {
		if uid == 0 {
			m.run(fmt.Sprintf("FETCH %d (UID FLAGS)", n+1))
		}
	}
}

// search looks for a keyword. What a client that has been told of everything
// finds is what it was told.
func (m *keywordMirror) search() {
	m.learn()
	name := m.keyword()
	var want []string
	for n, uid := range m.uids {
		if slices.Contains(strings.Fields(m.flags[uid]), name) {
			want = append(want, fmt.Sprint(n+1))
		}
	}
	untagged, _ := m.run("SEARCH KEYWORD " + name)
	if got := strings.Fields(strings.TrimPrefix(untagged[0], "* SEARCH")); !slices.Equal(got, want) {
		m.t.Fatalf("SEARCH KEYWORD %s found %v, told of %v", name, got, want)
	}
}

func (m *keywordMirror) step(n int) {
	m.t.Helper()
	if len(m.uids) < 4 {
		m.run(fmt.Sprintf("APPEND INBOX (%s %s) {%d+}\r\n%s", m.keyword(), m.keyword(), len(testMessage(n)), testMessage(n)))
		m.run("UID FETCH 1:* (FLAGS)")
		return
	}
	switch m.rng.IntN(10) {
	case 0:
		m.run("UID FETCH 1:* (FLAGS)")
	case 1, 2:
		m.run(fmt.Sprintf("STORE %s FLAGS (%s %s)", m.set(m.rng), m.keyword(), m.keyword()))
	case 3:
		m.run(fmt.Sprintf("STORE %s +FLAGS (%s)", m.set(m.rng), m.keyword()))
	case 4, 5:
		m.silent()
	case 6:
		m.run(fmt.Sprintf("STORE %d +FLAGS (\\Deleted)", 1+m.rng.IntN(len(m.uids))))
		m.run("EXPUNGE")
	case 7:
		m.search()
	case 8:
		m.run(fmt.Sprintf("COPY %d INBOX", 1+m.rng.IntN(len(m.uids))))
	case 9:
		m.run("IDLE\r\nDONE")
	}
}

// told is what the client takes each message to have.
func (m *keywordMirror) told() map[int]string {
	all := map[int]string{}
	for _, uid := range m.uids {
		names := strings.Fields(m.flags[uid])
		slices.Sort(names)
		all[uid] = strings.Join(names, " ")
	}
	return all
}

// TestRandomKeywords has several sessions use more keywords than the mailbox
// has places for. What each was told is in the end what a fresh session sees.
func TestRandomKeywords(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(seed, 9))
			s := newServer(t)
			connect := func() *keywordMirror {
				m := &keywordMirror{mirror: mirror{client: s.login("alice"), flags: map[int]string{}}, rng: rng}
				m.run("SELECT INBOX")
				m.run("UID FETCH 1:* (FLAGS)")
				return m
			}
			all := []*keywordMirror{connect(), connect(), connect()}
			for n := range 300 {
				all[rng.IntN(len(all))].step(n)
			}
			fresh := connect()
			want := fresh.told()
			if n := len(fresh.listed); n != len(systemFlags)+mailstore.MaxKeywords {
				t.Errorf("%d flags: the places were never used up", n)
			}
			for i, m := range all {
				m.learn()
				if got := m.told(); !maps.Equal(got, want) {
					t.Errorf("session %d was told %v, a fresh one sees %v", i, got, want)
				}
			}
		})
	}
}
