package topology

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tram/internal/config"
	"tram/internal/dns/dnstest"
)

const (
	examples   = "../../examples"
	arriveTime = 90 * time.Second // for mail to arrive once every hop works; a proxy remembers for 30 s that nobody answered
	retryPause = 500 * time.Millisecond
)

// lab is an example that runs.
type lab struct {
	t     *testing.T
	name  string
	zone  *dnstest.Server
	hosts map[string]*host
	sent  int
	want  map[string][]string // "host account" → Message-IDs, as they were sent
}

// road is a way that mail goes in a topology.
type road struct {
	via  string // host that the sender hands it to
	from string // logs in there, when it has an account there
	to   string
	end  string // host where it arrives
	box  string // account that gets it; "" means to
}

// newLab copies an example and starts its name server and its hosts.
func newLab(t *testing.T, name string) *lab {
	t.Helper()
	l := &lab{t: t, name: name, hosts: make(map[string]*host), want: make(map[string][]string)}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(examples, name))); err != nil {
		t.Fatal(err)
	}
	l.startZone(filepath.Join(dir, "zone"))
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range hostFiles(t, dir) {
		h := &host{t: t, name: strings.TrimSuffix(filepath.Base(file), ".toml"), file: file, program: program}
		if h.config, err = config.Load(file); err != nil {
			t.Fatal(err)
		}
		h.furnish()
		l.hosts[h.name] = h
	}
	for _, h := range l.hosts {
		h.start()
		t.Cleanup(h.stop)
	}
	return l
}

// listen is the comment of a zone file that says where it is answered.
var listen = regexp.MustCompile(`(?m)^; listen: (\S+)$`)

// startZone starts the name server, when the example has one.
func (l *lab) startZone(file string) {
	text, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return
	}
	if err != nil {
		l.t.Fatal(err)
	}
	at := listen.FindSubmatch(text)
	if at == nil {
		l.t.Fatalf("%s has no line \"; listen: ADDRESS:PORT\"", file)
	}
	if l.zone, err = dnstest.New(string(at[1]), string(text)); err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(l.zone.Close)
}

// send sends one letter along a road and returns the id of the first queue.
func (l *lab) send(r road) string {
	l.t.Helper()
	l.sent++
	letter := letter{r.from, r.to, fmt.Sprintf("%s-%d@topology.test", l.name, l.sent)}
	id, err := l.hosts[r.via].hand(letter)
	if err != nil {
		l.t.Fatalf("from %s to %s through %s: %v\n%s", r.from, r.to, r.via, err, &l.hosts[r.via].log)
	}
	box := r.box
	if box == "" {
		box = r.to
	}
	l.want[r.end+" "+box] = append(l.want[r.end+" "+box], letter.id)
	return id
}

// hand gives a letter to the host, with a login when the sender has one here.
func (h *host) hand(l letter) (id string, err error) {
	door := h.door(config.Submission)
	if a := h.directory.account(l.from); a != nil && door != "" {
		return send(door, a, l)
	}
	return send(h.door(config.SMTP), nil, l)
}

// settle waits until everything that was sent has arrived. Every half second
// each queue is told to try again what waits in it.
func (l *lab) settle() {
	l.t.Helper()
	for began := time.Now(); time.Since(began) < arriveTime; {
		if l.missing() == "" {
			return
		}
		l.retry()
		time.Sleep(retryPause)
	}
	l.t.Fatalf("after %v there is no %s\n%s", arriveTime, l.missing(), l.logs())
}

// retry is what a postmaster does when a hop is mended.
func (l *lab) retry() {
	for _, h := range l.hosts {
		if h.running() && h.queued() {
			_, _ = h.run("", "queue", "retry", "--all") // in flight already: nothing to do
		}
	}
}

// queued reports whether there is mail on its way here.
func (h *host) queued() bool {
	return strings.Contains(h.must("", "--json", "queue", "list"), `"id"`)
}

// missing names a message that has not arrived.
func (l *lab) missing() string {
	l.t.Helper()
	for box, want := range l.want {
		got := l.read(box, inbox, config.IMAP)
		for _, id := range want {
			if !slices.Contains(got, id) {
				return id + " in " + box
			}
		}
	}
	return ""
}

// read reads the mailbox "host account".
func (l *lab) read(box string, reader func(string, account) ([]string, error), p config.Protocol) []string {
	l.t.Helper()
	name, address, _ := strings.Cut(box, " ")
	h := l.hosts[name]
	a := h.directory.account(address)
	if a == nil {
		l.t.Fatalf("%s has no account %s", name, address)
	}
	ids, err := reader(h.door(p), *a)
	if err != nil {
		l.t.Fatalf("%s over %s: %v\n%s", box, p, err, &h.log)
	}
	return ids
}

// verify sees that each mailbox of each host holds what was sent to it and
// nothing else, over both protocols, and that no queue holds anything.
func (l *lab) verify() {
	l.t.Helper()
	for _, h := range l.hosts {
		for _, a := range h.directory.Account {
			box := h.name + " " + a.Address
			if a.Password == "" {
				continue
			}
			want := slices.Sorted(slices.Values(l.want[box]))
			for p, reader := range map[config.Protocol]func(string, account) ([]string, error){config.IMAP: inbox, config.POP3: drop} {
				if h.door(p) == "" {
					continue
				}
				got := slices.Sorted(slices.Values(l.read(box, reader, p)))
				if !slices.Equal(got, want) {
					l.t.Errorf("%s over %s: got %v, sent %v", box, p, got, want)
				}
			}
		}
		if h.queued() {
			l.t.Errorf("%s still holds\n%s", h.name, h.must("", "queue", "list"))
		}
	}
}

// shownLines is how many lines of the log of a host a failure shows.
const shownLines = 25

func (l *lab) logs() string {
	var b strings.Builder
	for name, h := range l.hosts {
		lines := strings.Split(h.log.String(), "\n")
		lines = slices.DeleteFunc(lines, func(line string) bool {
			return strings.Contains(line, ": login") || strings.Contains(line, "entries retried")
		})
		fmt.Fprintf(&b, "--- %s\n%s\n", name, strings.Join(lines[max(0, len(lines)-shownLines):], "\n"))
	}
	return b.String()
}
