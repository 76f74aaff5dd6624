package sessions

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	address   = "127.0.86.1:2143"
	password  = "correct-horse-battery"
	startTime = 60 * time.Second
)

// server is the real program on a directory of its own.
type server struct {
	t      *testing.T
	binary string
	dir    string
	log    bytes.Buffer
	cmd    *exec.Cmd
	ended  chan error
}

func newServer(t *testing.T, accounts ...string) *server {
	t.Helper()
	s := &server{t: t, dir: t.TempDir(), binary: os.Getenv("TRAM")}
	if s.binary == "" {
		s.binary = filepath.Join(s.dir, "tram")
		if out, err := exec.Command("go", "build", "-o", s.binary, "../../cmd/tram").CombinedOutput(); err != nil {
			t.Fatalf("build: %v\n%s", err, out)
		}
	}
	config := fmt.Sprintf("hostname = \"mail.sessions.test\"\ndata = %q\n[[listener]]\nprotocol = \"imap\"\naddress = %q\ntls = \"none\"\n[metrics]\naddress = \"off\"\n",
		filepath.Join(s.dir, "data"), address)
	if err := os.WriteFile(filepath.Join(s.dir, "tram.toml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	s.run("", "domain", "add", "sessions.test")
	for _, a := range accounts {
		s.run(password+"\n", "account", "add", a, "--password-stdin")
	}
	return s
}

// run runs a command of the program.
func (s *server) run(stdin string, args ...string) string {
	s.t.Helper()
	c := exec.Command(s.binary, append([]string{"--config", filepath.Join(s.dir, "tram.toml")}, args...)...)
	c.Stdin = strings.NewReader(stdin)
	out, err := c.CombinedOutput()
	if err != nil {
		s.t.Fatalf("tram %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func (s *server) start() {
	s.t.Helper()
	s.log.Reset()
	s.cmd = exec.Command(s.binary, "--config", filepath.Join(s.dir, "tram.toml"), "serve")
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.ended = make(chan error, 1)
	go func(c *exec.Cmd, ended chan error) { ended <- c.Wait() }(s.cmd, s.ended)
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return
		}
		select {
		case err := <-s.ended:
			s.cmd = nil
			s.t.Fatalf("the server ended: %v\n%s", err, &s.log)
		default:
		}
		if time.Since(began) > startTime {
			s.t.Fatalf("the server does not answer\n%s", &s.log)
		}
	}
}

// end ends the process and waits for it.
func (s *server) end(with syscall.Signal) {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Signal(with)
	select {
	case <-s.ended:
	case <-time.After(startTime):
		s.t.Errorf("the server does not end after %v", with)
		_ = s.cmd.Process.Kill()
		<-s.ended
	}
	s.cmd = nil
}
