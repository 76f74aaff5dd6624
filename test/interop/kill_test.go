package interop

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/textproto"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	kills       = 50
	killSenders = 6
	uptime      = 250 * time.Millisecond // between a start and the kill, on average
)

// journal is what clients were told, kept outside the server.
type journal struct {
	mu     sync.Mutex
	acked  map[string]bool
	tried  int
	number int
}

func (j *journal) next() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.number++
	j.tried++
	return fmt.Sprintf("kill-%06d", j.number)
}

func (j *journal) ack(token string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.acked[token] = true
}

// TestKill kills the server under load with SIGKILL and starts it again, and
// in the end finds every acknowledged message exactly once, and no message
// twice.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	accounts := []string{"mot@kill.test", "hai@kill.test", "ba@kill.test"}
	i := newInstance(t, "127.0.75.1", 2525, "", accounts...)
	j := &journal{acked: map[string]bool{}}
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	for round := range kills {
		i.start()
		stop := make(chan struct{})
		var clients sync.WaitGroup
		for n := range killSenders {
			to := accounts[n%len(accounts)]
			clients.Go(func() { sendUntil(stop, i, to, j) })
			if n%2 == 0 {
				clients.Go(func() { appendUntil(stop, i, to, j) })
			}
		}
		time.Sleep(time.Duration((0.2 + 1.6*r.Float64()) * float64(uptime)))
		i.signal(syscall.SIGKILL)
		close(stop)
		clients.Wait()
		if round == kills/2 && len(j.acked) == 0 {
			t.Fatalf("nothing was acknowledged in %d rounds\n%s", round, i.log)
		}
	}
	i.start()
	i.awaitEmptyQueue(t)
	found := map[string]int{}
	for _, a := range accounts {
		for _, mailbox := range []string{"INBOX", "Drafts"} {
			i.tokens(t, a, mailbox, found)
		}
	}
	lost, doubled := 0, 0
	for token := range j.acked {
		if found[token] == 0 {
			lost++
			t.Errorf("%s was acknowledged and is lost", token)
		}
	}
	for token, n := range found {
		if n > 1 {
			doubled++
			t.Errorf("%s is there %d times", token, n)
		}
	}
	if out, err := i.run("", "store", "verify"); err != nil {
		t.Errorf("store verify: %v\n%s", err, out)
	}
	t.Logf("kills: %d, messages tried: %d, acknowledged: %d, lost: %d, doubled: %d (seed %d)", kills, j.tried, len(j.acked), lost, doubled, seed)
}

// lines is a connection in lines, with a deadline for all of it.
func dialLines(i *instance, port int) (net.Conn, *textproto.Reader, error) {
	c, err := net.DialTimeout("tcp", net.JoinHostPort(i.ip, itoa(port)), 5*time.Second)
	if err != nil {
		return nil, nil, err
	}
	_ = c.SetDeadline(time.Now().Add(30 * time.Second))
	return c, textproto.NewReader(bufio.NewReader(c)), nil
}

func token(j *journal) (name, text string) {
	name = j.next()
	filler := strings.Repeat("a line of the body of this message\r\n", 10+j.tried%200)
	return name, "Subject: " + name + "\r\nX-Token: " + name + "\r\n\r\n" + filler
}

func sendUntil(stop chan struct{}, i *instance, to string, j *journal) {
	c, r, err := dialLines(i, i.mxPort)
	if err != nil {
		return
	}
	defer c.Close()
	say := func(line, want string) bool {
		if line != "" {
			if _, err := io.WriteString(c, line); err != nil {
				return false
			}
		}
		for {
			reply, err := r.ReadLine()
			if err != nil {
				return false
			}
			if len(reply) > 3 && reply[3] == '-' {
				continue
			}
			return strings.HasPrefix(reply, want)
		}
	}
	if !say("", "220") || !say("EHLO kill.test\r\n", "250") {
		return
	}
	for {
		select {
		case <-stop:
			return
		default:
		}
		name, text := token(j)
		if !say("MAIL FROM:<a@elsewhere.test>\r\n", "250") || !say("RCPT TO:<"+to+">\r\n", "250") || !say("DATA\r\n", "354") || !say(text+".\r\n", "250") {
			return
		}
		j.ack(name)
	}
}

func appendUntil(stop chan struct{}, i *instance, to string, j *journal) {
	c, r, err := dialLines(i, imapPort)
	if err != nil {
		return
	}
	defer c.Close()
	say := func(command string) bool {
		if _, err := io.WriteString(c, "a "+command+"\r\n"); err != nil {
			return false
		}
		for {
			reply, err := r.ReadLine()
			if err != nil {
				return false
			}
			if rest, ok := strings.CutPrefix(reply, "a "); ok {
				return strings.HasPrefix(rest, "OK")
			}
		}
	}
	if !say("LOGIN " + to + " " + password) {
		return
	}
	for {
		select {
		case <-stop:
			return
		default:
		}
		name, text := token(j)
		if !say(fmt.Sprintf("APPEND Drafts (\\Draft) {%d+}\r\n%s", len(text), text)) {
			return
		}
		j.ack(name)
	}
}

func (i *instance) awaitEmptyQueue(t *testing.T) {
	t.Helper()
	for began := time.Now(); time.Since(began) < 30*time.Second; time.Sleep(100 * time.Millisecond) {
		if out := i.must("", "queue", "list", "--json"); !strings.Contains(out, `"id"`) {
			return
		}
	}
	t.Fatalf("the queue is not empty after 30 s:\n%s", i.must("", "queue", "list"))
}

// tokens counts the messages of a mailbox by token.
func (i *instance) tokens(t *testing.T, account, mailbox string, found map[string]int) {
	t.Helper()
	need(t, "python3")
	out := i.sh(`python3 - <<'P'
import imaplib, os
m = imaplib.IMAP4(os.environ['IP'], int(os.environ['IMAP'])); m.login(os.environ['TO'], os.environ['PASS'])
n = int(m.select(os.environ['BOX'], True)[1][0])
if n:
    for d in m.fetch('1:*', '(BODY.PEEK[HEADER.FIELDS (X-TOKEN)])')[1]:
        if isinstance(d, tuple): print(d[1].decode().split(':')[1].strip())
m.logout()
P`, "TO="+account, "BOX="+mailbox)
	for _, name := range strings.Fields(out) {
		found[name]++
	}
}
