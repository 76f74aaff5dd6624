package idle

import (
	"bufio"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

var long = flag.Bool("long", false, "the numbers of docs/performance.md")

const (
	domain   = "idle.example"
	password = "a-password"
	patience = time.Minute // before a test gives up
)

// server is a real server process on loopback.
type server struct {
	t       *testing.T
	dir     string
	program string
	process *exec.Cmd
	imap    string // addresses
	imaps   string
	smtp    string
}

// built is where the program lies for all tests; TestMain removes it.
var built = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "tram-idle-") })

// program builds the server, once for all tests.
var program = sync.OnceValues(func() (string, error) {
	dir, err := built()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "tram")
	if out, err := exec.Command("go", "build", "-o", path, "../../cmd/tram").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return path, nil
})

// newServer makes a server with users u0 to u<n-1>. It is not started yet.
func newServer(t *testing.T, users int) *server {
	t.Helper()
	s := &server{t: t, dir: t.TempDir()}
	var err error
	s.program, err = program()
	check(t, err)
	s.imap, s.imaps, s.smtp = freeAddress(t), freeAddress(t), freeAddress(t)
	config := fmt.Sprintf(`hostname = "mail.%s"
data = "data"
[[listener]]
protocol = "smtp"
address = %q
[[listener]]
protocol = "imap"
address = %q
[[listener]]
protocol = "imap"
address = %q
tls = "implicit"
[limits]
connections = 15000
connections_per_address = 15000
stop_time = "1s"
[metrics]
address = "off"
`, domain, s.smtp, s.imap, s.imaps)
	check(t, os.WriteFile(s.config(), []byte(config), 0o600))
	var accounts strings.Builder
	accounts.WriteString("address,password\n")
	for i := range users {
		fmt.Fprintf(&accounts, "%s,%s\n", address(i), password)
	}
	list := filepath.Join(s.dir, "accounts.csv")
	check(t, os.WriteFile(list, []byte(accounts.String()), 0o600))
	s.must(exec.Command(s.program, "-c", s.config(), "account", "import", list, "--create-domains"))
	return s
}

func (s *server) config() string { return filepath.Join(s.dir, "tram.toml") }

func address(user int) string { return fmt.Sprintf("u%d@%s", user, domain) }

func (s *server) must(cmd *exec.Cmd) {
	s.t.Helper()
	if out, err := cmd.CombinedOutput(); err != nil {
		s.t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	}
}

// freeAddress is one that nobody listens at for now.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	defer l.Close()
	return l.Addr().String()
}

// start starts the server with more of the environment, and waits until it
// answers.
func (s *server) start(env ...string) {
	s.t.Helper()
	log, err := os.Create(filepath.Join(s.dir, "log"))
	check(s.t, err)
	defer log.Close()
	s.process = exec.Command(s.program, "-c", s.config(), "serve")
	s.process.Stderr = log
	s.process.Env = append(os.Environ(), env...)
	check(s.t, s.process.Start())
	s.t.Cleanup(s.stop)
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial("tcp", s.imaps)
		if err == nil {
			conn.Close()
			return
		}
		if time.Now().After(deadline) {
			text, _ := os.ReadFile(log.Name())
			s.t.Fatalf("the server does not start: %v\n%s", err, text)
		}
	}
}

func (s *server) stop() {
	if s.process == nil {
		return
	}
	s.process.Process.Signal(syscall.SIGTERM)
	s.process.Wait()
	s.process = nil
	if text, err := os.ReadFile(filepath.Join(s.dir, "log")); err == nil && s.t.Failed() {
		s.t.Logf("the server's log ends:\n%s", text[max(0, len(text)-2000):])
	}
}

// memory is the proportional set size of the server process, in bytes.
func (s *server) memory() int64 {
	s.t.Helper()
	f, err := os.Open(fmt.Sprintf("/proc/%d/smaps_rollup", s.process.Process.Pid))
	check(s.t, err)
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "Pss:"); ok {
			kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			check(s.t, err)
			return kib << 10
		}
	}
	s.t.Fatal("no Pss in smaps_rollup")
	return 0
}

// settled waits until the server's memory no longer shrinks, and returns it.
func (s *server) settled() int64 {
	s.t.Helper()
	least, since := s.memory(), time.Now()
	for time.Since(since) < 6*time.Second {
		time.Sleep(500 * time.Millisecond)
		if now := s.memory(); now < least-64<<10 {
			least, since = now, time.Now()
		}
	}
	return least
}

// processorTime is what the server has used so far.
func (s *server) processorTime() time.Duration {
	s.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.process.Process.Pid))
	check(s.t, err)
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	user, err := strconv.ParseInt(fields[11], 10, 64)
	check(s.t, err)
	system, err := strconv.ParseInt(fields[12], 10, 64)
	check(s.t, err)
	const ticks = 100 // a second: USER_HZ
	return time.Duration(user+system) * time.Second / ticks
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
