package idle

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// job makes the test's own program hold idle connections, in a process of its
// own so that their memory is not measured. It is: address, first user, number
// of users, number of connections.
const job = "TRAM_TEST_IDLE_JOB"

func TestMain(m *testing.M) {
	if text := os.Getenv(job); text != "" {
		if err := holdIdle(text); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	code := m.Run()
	if dir, err := built(); err == nil {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

// conn is one connection of a client.
type conn struct {
	net.Conn
	r   *bufio.Reader
	tag int
}

func dialTLS(address string) (*conn, error) {
	c, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		return nil, err
	}
	secure := tls.Client(c, &tls.Config{InsecureSkipVerify: true})
	out := &conn{Conn: secure, r: bufio.NewReaderSize(secure, 512)}
	out.SetDeadline(time.Now().Add(patience))
	_, err = out.until("* OK")
	return out, err
}

// until reads up to a line that begins with prefix, and returns it. Another
// line with the same tag is an error.
func (c *conn) until(prefix string) (string, error) {
	tag, _, _ := strings.Cut(prefix, " ")
	for {
		line, err := c.r.ReadString('\n')
		if err != nil {
			return "", fmt.Errorf("waiting for %q: %w", prefix, err)
		}
		switch {
		case strings.HasPrefix(line, prefix):
			return line, nil
		case tag != "*" && tag != "+" && strings.HasPrefix(line, tag+" "):
			return "", fmt.Errorf("waiting for %q: %q", prefix, line)
		}
	}
}

// do sends a command and waits for its OK.
func (c *conn) do(command string) error {
	c.tag++
	tag := fmt.Sprintf("t%d ", c.tag)
	c.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(c, tag+command+"\r\n"); err != nil {
		return err
	}
	_, err := c.until(tag + "OK")
	return err
}

// open logs in and selects INBOX.
func open(address string, user string) (*conn, error) {
	c, err := dialTLS(address)
	if err == nil {
		err = c.do(fmt.Sprintf("LOGIN %s %s", user, password))
	}
	if err == nil {
		err = c.do("SELECT INBOX")
	}
	return c, err
}

// idle enters IDLE.
func (c *conn) idle() error {
	c.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(c, "i IDLE\r\n"); err != nil {
		return err
	}
	_, err := c.until("+ ")
	return err
}

// holdIdle is the other process: it opens connections that go to IDLE, says
// "ready", and with each line of input waits until the connections of the first
// user have heard of one change, of which it says when they did.
func holdIdle(job string) error {
	var addr string
	var first, users, n int
	if _, err := fmt.Sscan(job, &addr, &first, &users, &n); err != nil {
		return err
	}
	conns := make([]*conn, n)
	began := time.Now()
	if err := openAll(conns, addr, first, users); err != nil {
		return err
	}
	fmt.Printf("ready %d\n", time.Since(began).Milliseconds())
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		if err := hear(conns, users); err != nil {
			return err
		}
	}
	return nil
}

func openAll(conns []*conn, addr string, first, users int) error {
	const workers = 16
	errs := make([]error, workers)
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			for i := w; i < len(conns) && errs[w] == nil; i += workers {
				if conns[i], errs[w] = open(addr, address(first+i%users)); errs[w] == nil {
					errs[w] = conns[i].idle()
				}
			}
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// change waits until it is told of a new message or a changed one.
func (c *conn) change() error {
	for {
		line, err := c.until("* ")
		if err != nil || strings.HasSuffix(line, " EXISTS\r\n") || strings.Contains(line, " FETCH ") {
			return err
		}
	}
}

// hear waits for one change at every connection of the first user.
func hear(conns []*conn, users int) error {
	var mu sync.Mutex
	var times []int64
	var failed error
	var all sync.WaitGroup
	for i := 0; i < len(conns); i += users {
		c := conns[i]
		c.SetDeadline(time.Now().Add(patience))
		all.Go(func() {
			err := c.change()
			now := time.Now().UnixNano()
			mu.Lock()
			defer mu.Unlock()
			times = append(times, now)
			if err != nil {
				failed = err
			}
		})
	}
	fmt.Println("waiting")
	all.Wait()
	if failed != nil {
		return failed
	}
	slices.Sort(times)
	fmt.Printf("heard %d %d %d\n", len(times), times[len(times)/2], times[len(times)-1])
	return nil
}

// clients is such a process.
type clients struct {
	t      *testing.T
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	opened time.Duration // how long it took to open the connections
}

// startClients starts a process whose n connections belong to users from first
// on, and waits until all are in IDLE.
func startClients(t *testing.T, s *server, first, users, n int) *clients {
	t.Helper()
	self, err := os.Executable()
	check(t, err)
	c := &clients{t: t, cmd: exec.Command(self)}
	c.cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d %d %d", job, s.imaps, first, users, n))
	c.cmd.Stderr = os.Stderr
	c.in, err = c.cmd.StdinPipe()
	check(t, err)
	out, err := c.cmd.StdoutPipe()
	check(t, err)
	c.out = bufio.NewReader(out)
	check(t, c.cmd.Start())
	t.Cleanup(c.stop)
	var ms int64
	c.scan("ready %d", &ms)
	c.opened = time.Duration(ms) * time.Millisecond
	return c
}

func (c *clients) scan(format string, a ...any) {
	c.t.Helper()
	line, err := c.out.ReadString('\n')
	if err == nil {
		_, err = fmt.Sscanf(line, format, a...)
	}
	if err != nil {
		c.t.Fatalf("clients: %v, %q", err, line)
	}
}

func (c *clients) stop() {
	if c.cmd != nil {
		c.in.Close()
		c.cmd.Wait()
		c.cmd = nil
	}
}

// push has the connections of the first user wait, makes a change and returns
// after which time half of them and all of them have heard of it, and how many
// they are.
func (c *clients) push(change func()) (half, all time.Duration, n int) {
	c.t.Helper()
	fmt.Fprintln(c.in)
	c.scan("waiting")
	began := time.Now()
	change()
	var p50, last int64
	c.scan("heard %d %d %d", &n, &p50, &last)
	return time.Duration(p50 - began.UnixNano()), time.Duration(last - began.UnixNano()), n
}
