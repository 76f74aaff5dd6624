package hostile

import (
	"bytes"
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

const (
	domain   = "hostile.test"
	password = "correct-horse-battery"
	stopTime = 3 * time.Second
)

// The doors of a server. The ports are the same for all: each server has an
// address of its own.
const (
	smtpPort        = 2525
	submissionPort  = 2587
	submissionsPort = 2465
	imapPort        = 2143
	imapsPort       = 2993
	pop3Port        = 2110
	pop3sPort       = 2995
	metricsPort     = 2125
	lmtpPort        = 2324
	proxiedPort     = 2526 // SMTP behind a proxy, which is hostileIP
)

// accounts of every server: ten that behave, and two that are attacked.
var accounts = []string{"joe", "evil", "u0", "u1", "u2", "u3", "u4", "u5", "u6", "u7", "u8", "u9"}

// server is one running program.
type server struct {
	ip      string
	config  string
	process *exec.Cmd
	log     *bytes.Buffer
	ended   chan struct{}
	err     error // of the process; valid when ended is closed
	stopped bool  // by the test
}

// binary builds the program once for all tests.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "tram-hostile")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "tram")
	if out, err := exec.Command("go", "build", "-o", path, "../../cmd/tram").CombinedOutput(); err != nil {
		os.RemoveAll(dir)
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := binary(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// start runs a server with the given [limits] until the test ends. Then it has
// to stop as if nothing had happened, and no session may have panicked.
func start(t *testing.T, ip, limits string) *server {
	t.Helper()
	s := &server{ip: ip, log: &bytes.Buffer{}, ended: make(chan struct{})}
	s.configure(t, limits)
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	s.process = exec.Command(path, "--config", s.config, "serve")
	s.process.Stdout, s.process.Stderr = s.log, s.log
	if err := s.process.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		s.err = s.process.Wait()
		close(s.ended)
	}()
	t.Cleanup(func() { s.stop(t) })
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if c, err := net.Dial("tcp", s.address(pop3sPort)); err == nil {
			c.Close()
			return s
		}
		if !s.lives() || time.Now().After(deadline) {
			t.Fatalf("the server does not answer\n%s", s.log)
		}
	}
}

// configure writes the configuration and makes the accounts.
func (s *server) configure(t *testing.T, limits string) {
	t.Helper()
	dir := t.TempDir()
	s.config = filepath.Join(dir, "tram.toml")
	var b strings.Builder
	fmt.Fprintf(&b, "hostname = \"mail.%s\"\ndata = %q\n", domain, filepath.Join(dir, "data"))
	for _, l := range []struct {
		protocol string
		port     int
		tls      string
	}{
		{"smtp", smtpPort, "starttls"}, {"submission", submissionPort, "starttls"}, {"submission", submissionsPort, "implicit"},
		{"imap", imapPort, "starttls"}, {"imap", imapsPort, "implicit"}, {"pop3", pop3Port, "starttls"}, {"pop3", pop3sPort, "implicit"},
	} {
		fmt.Fprintf(&b, "[[listener]]\nprotocol = %q\naddress = %q\ntls = %q\n", l.protocol, s.address(l.port), l.tls)
	}
	fmt.Fprintf(&b, "[[listener]]\nprotocol = \"lmtp\"\naddress = %q\n", s.address(lmtpPort))
	fmt.Fprintf(&b, "[[listener]]\nprotocol = \"smtp\"\naddress = %q\nproxy = true\n", s.address(proxiedPort))
	fmt.Fprintf(&b, "[trust]\nproxy = [%q]\nxclient = [%q]\nlmtp = [%q, %q]\n", hostileIP, trustedIP, hostileIP, trustedIP)
	fmt.Fprintf(&b, "[metrics]\naddress = %q\n[limits]\nstop_time = %q\n%s\n", s.address(metricsPort), stopTime, limits)
	if err := os.WriteFile(s.config, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	home, err := accountsOnce()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(dir, "data"), os.DirFS(home)); err != nil {
		t.Fatal(err)
	}
}

// accountsOnce makes a data directory with all accounts, from which each
// server gets a copy.
var accountsOnce = sync.OnceValues(func() (string, error) {
	path, err := binary()
	if err != nil {
		return "", err
	}
	dir := filepath.Dir(path)
	config, data := filepath.Join(dir, "tram.toml"), filepath.Join(dir, "data")
	if err := os.WriteFile(config, fmt.Appendf(nil, "hostname = \"mail.%s\"\ndata = %q\n", domain, data), 0o600); err != nil {
		return "", err
	}
	run := func(stdin string, args ...string) error {
		c := exec.Command(path, append([]string{"--config", config}, args...)...)
		c.Stdin = strings.NewReader(stdin)
		if out, err := c.CombinedOutput(); err != nil {
			return fmt.Errorf("tram %v: %w\n%s", args, err, out)
		}
		return nil
	}
	err = run("", "domain", "add", domain)
	for _, a := range accounts {
		if err == nil {
			err = run(password+"\n", "account", "add", a+"@"+domain, "--password-stdin")
		}
	}
	return data, err
})

func (s *server) address(port int) string { return net.JoinHostPort(s.ip, strconv.Itoa(port)) }

func (s *server) lives() bool {
	select {
	case <-s.ended:
		return false
	default:
		return true
	}
}

// stop ends the server, whoever is still connected to it.
func (s *server) stop(t *testing.T) {
	t.Helper()
	if s.stopped {
		return
	}
	s.stopped = true
	if !s.lives() {
		t.Errorf("the server died: %v\n%s", s.err, tail(s.log))
		return
	}
	s.process.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.ended:
		if s.err != nil {
			t.Errorf("the server ended with %v", s.err)
		}
	case <-time.After(10 * stopTime):
		t.Errorf("the server does not stop")
		s.process.Process.Kill()
		<-s.ended
	}
	if log := s.log.String(); strings.Contains(log, "panic") || strings.Contains(log, "level=ERROR") || t.Failed() {
		t.Errorf("the server says:\n%s", tail(s.log))
	}
}

func tail(log *bytes.Buffer) string {
	text := log.String()
	return text[max(0, len(text)-4000):]
}
