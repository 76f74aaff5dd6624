package interop

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tram/internal/agent/mta/smtptest"
)

const (
	relayKills = 25
	// lostReply is how long before a kill a host may have taken a message of
	// which the server does not know it yet.
	lostReply = 2 * time.Second
)

// arrivals is what the other host has taken, and when.
type arrivals struct {
	mu sync.Mutex
	at map[string][]time.Time // by token
}

func (a *arrivals) reply(step, arg string) string {
	if step != "text" {
		return ""
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	name := tokenIn(arg)
	a.at[name] = append(a.at[name], time.Now())
	return ""
}

// count returns the copies by token.
func (a *arrivals) count() map[string]int {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := make(map[string]int, len(a.at))
	for name, times := range a.at {
		n[name] = len(times)
	}
	return n
}

// unexplained returns the doubles that no kill explains: the first copy must
// have come shortly before one, the second after it.
func (a *arrivals) unexplained(kills []time.Time) (names []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for name, times := range a.at {
		for i := 1; i < len(times); i++ {
			explained := false
			for _, k := range kills {
				explained = explained || times[i-1].After(k.Add(-lostReply)) && times[i-1].Before(k.Add(lostReply)) && times[i].After(k)
			}
			if !explained {
				names = append(names, fmt.Sprintf("%s at %v", name, times))
			}
		}
	}
	return names
}

func tokenIn(text string) string {
	_, rest, _ := strings.Cut(text, "X-Token: ")
	name, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(name)
}

// TestKillRelay kills the server under load while it relays, distributes to a
// list, fills a Maildir and reports on that. In the end every acknowledged
// message is at each of its places, twice only at the other host, where a kill
// has come between its reply and the commit.
func TestKillRelay(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	arrived := &arrivals{at: map[string][]time.Time{}}
	host, err := smtptest.New(smtptest.Options{Hostname: "sink.test", Reply: arrived.reply})
	if err != nil {
		t.Fatal(err)
	}
	defer host.Close()
	const an, binh = "an@kill.test", "binh@kill.test"
	i := newInstance(t, "127.0.75.2", 2525, "", an, binh)
	i.extra = fmt.Sprintf("[relay]\nhost = %q\nport = %d\nnetworks = [\"127.0.0.0/8\"]\n", host.Addr().Addr(), host.Addr().Port())
	i.configure()
	box := filepath.Join(i.dir, "files", "box")
	if err := os.Mkdir(filepath.Dir(box), 0o700); err != nil {
		t.Fatal(err)
	}
	i.must("", "alias", "add", "file@kill.test", box+"/")
	i.must("", "list", "add", "list@kill.test", "--owner", an, "--member", binh, "--member", "x@elsewhere.test")

	roads := map[string]*road{
		"remote": {to: "somebody@elsewhere.test"},
		"list":   {to: "list@kill.test"},
		"file":   {to: "file@kill.test", notify: " NOTIFY=SUCCESS"},
	}
	for name, r := range roads {
		r.name, r.from, r.acked = name, an, map[string]bool{}
	}
	kills := killUnder(t, i, roads)
	i.start()
	i.awaitEmptyQueue(t)

	here, reports, copies := map[string]int{}, map[string]int{}, arrived.count()
	i.tokens(t, binh, "INBOX", here)
	i.reports(t, an, reports)
	files := maildirTokens(t, box)
	exactly := func(what string, acked map[string]bool, got map[string]int) {
		t.Helper()
		for name := range acked {
			if got[name] != 1 {
				t.Errorf("%s: %s is there %d times", what, name, got[name])
			}
		}
		for name, n := range got {
			if n > 1 {
				t.Errorf("%s: %s is there %d times", what, name, n)
			}
		}
	}
	exactly("list member here", roads["list"].acked, here)
	exactly("Maildir", roads["file"].acked, files)
	exactly("report", roads["file"].acked, reports)
	doubled := 0
	for _, r := range []*road{roads["remote"], roads["list"]} {
		for name := range r.acked {
			if copies[name] == 0 {
				t.Errorf("%s was acknowledged and never relayed", name)
			}
		}
	}
	for _, n := range copies {
		doubled += n - 1
	}
	for _, name := range arrived.unexplained(kills) {
		t.Errorf("relayed twice without a kill in between: %s", name)
	}
	t.Logf("kills: %d, acknowledged: %d relayed, %d to the list, %d to the file; doubled by lost replies: %d",
		len(kills), len(roads["remote"].acked), len(roads["list"].acked), len(roads["file"].acked), doubled)
}

// road is one kind of message and what was acknowledged of it.
type road struct {
	name, from, to, notify string

	mu    sync.Mutex
	n     int
	acked map[string]bool
}

// killUnder kills the server again and again under load, and returns when.
func killUnder(t *testing.T, i *instance, roads map[string]*road) (kills []time.Time) {
	t.Helper()
	for range relayKills {
		i.start()
		stop := make(chan struct{})
		var clients sync.WaitGroup
		for _, r := range roads {
			for range 2 {
				clients.Go(func() { r.send(stop, i) })
			}
		}
		time.Sleep(time.Duration((0.2 + 1.6*rand.Float64()) * float64(uptime)))
		i.signal(syscall.SIGKILL)
		kills = append(kills, time.Now())
		close(stop)
		clients.Wait()
	}
	return kills
}

// next names a message.
func (r *road) next() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.n++
	return fmt.Sprintf("%s-%06d", r.name, r.n)
}

// send hands over messages until told to stop or the server is gone.
func (r *road) send(stop chan struct{}, i *instance) {
	d, ok := dialogue(i)
	if !ok {
		return
	}
	defer d.conn.Close()
	for {
		select {
		case <-stop:
			return
		default:
		}
		if !r.one(d) {
			return
		}
	}
}

// once hands over one message.
func (r *road) once(t *testing.T, i *instance) {
	t.Helper()
	d, ok := dialogue(i)
	if !ok {
		t.Fatal("the server does not answer")
	}
	defer d.conn.Close()
	if !r.one(d) {
		t.Fatalf("%s was not taken\n%s", r.to, i.log)
	}
}

// one hands over a message and notes that it was acknowledged.
func (r *road) one(d *dialog) bool {
	name := r.next()
	text := "From: <" + r.from + ">\r\nSubject: " + name + "\r\nX-Token: " + name + "\r\n\r\n" + strings.Repeat("a line of the body\r\n", 20)
	if !d.say("MAIL FROM:<"+r.from+">", "250") || !d.say("RCPT TO:<"+r.to+">"+r.notify, "250") ||
		!d.say("DATA", "354") || !d.say(text+".", "250") {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.acked[name] = true
	return true
}

// dialog is an SMTP session that has said EHLO.
type dialog struct {
	conn  net.Conn
	lines *textproto.Reader
}

func dialogue(i *instance) (*dialog, bool) {
	c, lines, err := dialLines(i, i.mxPort)
	if err != nil {
		return nil, false
	}
	d := &dialog{c, lines}
	if !d.hear("220") || !d.say("EHLO kill.test", "250") {
		c.Close()
		return nil, false
	}
	return d, true
}

// say sends a line, or several, and reports whether the reply begins as wanted.
func (d *dialog) say(text, want string) bool {
	_, err := io.WriteString(d.conn, text+"\r\n")
	return err == nil && d.hear(want)
}

func (d *dialog) hear(want string) bool {
	for {
		reply, err := d.lines.ReadLine()
		if err != nil {
			return false
		}
		if len(reply) < 4 || reply[3] != '-' {
			return strings.HasPrefix(reply, want)
		}
	}
}

// maildirTokens counts the messages of a Maildir by token.
func maildirTokens(t *testing.T, dir string) map[string]int {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "new", "*"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		found[tokenIn(string(text))]++
	}
	return found
}

// reports counts the notifications in an inbox by the token of the message
// that they are about.
func (i *instance) reports(t *testing.T, account string, found map[string]int) {
	t.Helper()
	need(t, "python3")
	out := i.sh(`python3 - <<'P'
import imaplib, os, re
m = imaplib.IMAP4(os.environ['IP'], int(os.environ['IMAP'])); m.login(os.environ['TO'], os.environ['PASS'])
n = int(m.select('INBOX', True)[1][0])
if n:
    for d in m.fetch('1:*', '(BODY.PEEK[])')[1]:
        if isinstance(d, tuple) and b'report-type=delivery-status' in d[1] and b'Action: delivered' in d[1]:
            print(re.search(rb'X-Token: (\S+)', d[1]).group(1).decode())
m.logout()
P`, "TO="+account)
	for _, name := range strings.Fields(out) {
		found[name]++
	}
}
