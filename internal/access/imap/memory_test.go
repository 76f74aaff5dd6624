package imap

import (
	"bufio"
	"compress/flate"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"tram/internal/access/listen"
)

// What an idle session may cost (logged in, mailbox selected, in IDLE), in
// bytes.
const (
	plainBudget   = 12 << 10
	tlsBudget     = 32 << 10
	deflateBudget = 16 << 10
)

// idleClients makes the test's own program hold idle connections, in a process
// of its own so that their memory is not measured.
const idleClients = "TRAM_TEST_IDLE_CLIENTS"

func TestMain(m *testing.M) {
	if job := os.Getenv(idleClients); job != "" {
		if err := holdIdle(job); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// holdIdle opens connections that go to IDLE and holds them until its input
// ends. The job is: address, number, "tls", "plain" or "deflate".
func holdIdle(job string) error {
	var addr, mode string
	var n int
	if _, err := fmt.Sscan(job, &addr, &n, &mode); err != nil {
		return err
	}
	conns := make([]net.Conn, n)
	for i := range conns {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			return err
		}
		if mode == "tls" {
			conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
		}
		conns[i] = conn
		r := bufio.NewReader(conn)
		for _, step := range []struct{ send, want string }{
			{"", "* OK"}, {"a LOGIN alice secret\r\n", "a OK"}, {"z COMPRESS DEFLATE\r\n", "z OK"},
			{"b SELECT INBOX\r\n", "b OK"}, {"c IDLE\r\n", "+ "},
		} {
			compress := strings.HasPrefix(step.send, "z")
			if compress && mode != "deflate" {
				continue
			}
			if _, err := io.WriteString(conn, step.send); err != nil {
				return err
			}
			for line := ""; !strings.HasPrefix(line, step.want); {
				if line, err = r.ReadString('\n'); err != nil {
					return fmt.Errorf("connection %d, %q: %w", i, step.send, err)
				}
			}
			if compress {
				out, err := flate.NewWriter(conn, 1)
				if err != nil {
					return err
				}
				conn = &deflated{Conn: conn, in: flate.NewReader(r), out: out}
				r = bufio.NewReader(conn)
			}
		}
	}
	fmt.Println("ready")
	_, err := io.Copy(io.Discard, os.Stdin)
	runtime.KeepAlive(conns)
	return err
}

// heldMemory is what the process holds after a collection: the heap with the
// room that the collector leaves it (GOGC=100 doubles it), and the stacks.
func heldMemory() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return 2*int64(m.HeapAlloc) + int64(m.StackInuse)
}

// TestIdleMemory holds 1,000 idle sessions to their budgets.
func TestIdleMemory(t *testing.T) {
	const conns = 1000
	for _, c := range []struct {
		mode   string
		budget int64
	}{{"plain", plainBudget}, {"tls", tlsBudget}, {"deflate", deflateBudget}} {
		s := newServer(t, func(o *serverOptions) {
			if c.mode == "tls" {
				o.info.TLSMode = listen.Implicit
			}
		})
		first := idleProcess(t, s, 50, c.mode) // the pools and the mailbox's view
		first()
		before := heldMemory()
		end := idleProcess(t, s, conns, c.mode)
		per := (heldMemory() - before) / conns
		t.Logf("%s: %d bytes a session", c.mode, per)
		if per > c.budget {
			t.Errorf("%s: an idle session costs %d bytes, more than %d", c.mode, per, c.budget)
		}
		if per < 1000 {
			t.Errorf("%s: %d bytes a session: nothing was measured", c.mode, per)
		}
		end()
	}
}

// idleProcess starts clients in a process of their own and waits until all of
// them are in IDLE. end ends them.
func idleProcess(t *testing.T, s *testServer, n int, mode string) (end func()) {
	t.Helper()
	self, err := os.Executable()
	check(t, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d %s", idleClients, s.listener.Addr(), n, mode))
	stdin, err := cmd.StdinPipe()
	check(t, err)
	stdout, err := cmd.StdoutPipe()
	check(t, err)
	check(t, cmd.Start())
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if line != "ready\n" {
		t.Fatalf("clients: %q, %v", line, err)
	}
	return func() {
		stdin.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
}
