package interop

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const password = "correct-horse-battery"

// binary builds the program once for all tests. TRAM_BIN names one that is
// built already.
var binary = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("TRAM_BIN"); path != "" {
		return path, nil
	}
	dir, err := os.MkdirTemp("", "tram-interop")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "tram")
	out, err := exec.Command("go", "build", "-o", path, "../../cmd/tram").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	// The servers of Debian are in places that a path may lack.
	os.Setenv("PATH", os.Getenv("PATH")+":/usr/local/sbin:/usr/sbin:/sbin")
	code := m.Run()
	if path, err := binary(); err == nil && os.Getenv("TRAM_BIN") == "" {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// instance is one Tram with its own address on loopback.
type instance struct {
	t        testing.TB
	dir      string
	ip       string
	mxPort   int
	dns      string
	process  *exec.Cmd
	log      *bytes.Buffer
	ended    chan error
	extra    string // more configuration
	accounts []string
}

// ports of an instance. They are the same for all: each has its own address.
const (
	submissionPort = 2587
	imapPort       = 2143
	imapsPort      = 2993
	pop3Port       = 2110
	pop3sPort      = 2995
)

// newInstance makes the configuration and the accounts (whole addresses), and
// starts nothing.
func newInstance(t testing.TB, ip string, mxPort int, dns string, accounts ...string) *instance {
	t.Helper()
	i := &instance{t: t, dir: t.TempDir(), ip: ip, mxPort: mxPort, dns: dns, accounts: accounts}
	i.configure()
	domains := map[string]bool{}
	for _, a := range accounts {
		_, domain, _ := strings.Cut(a, "@")
		if !domains[domain] {
			i.must("", "domain", "add", domain)
			domains[domain] = true
		}
		i.must(password+"\n", "account", "add", a, "--password-stdin")
	}
	return i
}

func (i *instance) configure() {
	i.t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "hostname = %q\ndata = %q\n", i.hostname(), filepath.Join(i.dir, "data"))
	listener := func(protocol string, port int, tls string) {
		fmt.Fprintf(&b, "[[listener]]\nprotocol = %q\naddress = %q\ntls = %q\n", protocol, net.JoinHostPort(i.ip, fmt.Sprint(port)), tls)
	}
	listener("smtp", i.mxPort, "starttls")
	listener("submission", submissionPort, "starttls")
	listener("imap", imapPort, "starttls")
	listener("imap", imapsPort, "implicit")
	listener("pop3", pop3Port, "starttls")
	listener("pop3", pop3sPort, "implicit")
	if i.dns != "" {
		fmt.Fprintf(&b, "[dns]\nservers = [%q]\n", i.dns)
	}
	fmt.Fprintf(&b, "[metrics]\naddress = %q\n[queue]\nretry = [\"2s\"]\n", net.JoinHostPort(i.ip, "2125"))
	b.WriteString(i.extra)
	if err := os.WriteFile(i.config(), []byte(b.String()), 0o600); err != nil {
		i.t.Fatal(err)
	}
}

func (i *instance) hostname() string {
	_, domain, _ := strings.Cut(i.accounts[0], "@")
	return "mail." + domain
}

func (i *instance) config() string { return filepath.Join(i.dir, "tram.toml") }

// caFile is the certificate that the server made for itself.
func (i *instance) caFile() string {
	i.t.Helper()
	found, err := filepath.Glob(filepath.Join(i.dir, "data", "*", "*cert*.pem"))
	if more, _ := filepath.Glob(filepath.Join(i.dir, "data", "*cert*.pem")); err == nil {
		found = append(found, more...)
	}
	if len(found) == 0 {
		i.t.Fatal("the server made no certificate")
	}
	return found[0]
}

// run runs the command of the instance.
func (i *instance) run(stdin string, args ...string) (string, error) {
	i.t.Helper()
	path, err := binary()
	if err != nil {
		i.t.Fatal(err)
	}
	c := exec.Command(path, append([]string{"--config", i.config()}, args...)...)
	c.Stdin = strings.NewReader(stdin)
	out, err := c.CombinedOutput()
	return string(out), err
}

func (i *instance) must(stdin string, args ...string) string {
	i.t.Helper()
	out, err := i.run(stdin, args...)
	if err != nil {
		i.t.Fatalf("tram %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// start starts the server and waits until it answers.
func (i *instance) start() {
	i.t.Helper()
	path, err := binary()
	if err != nil {
		i.t.Fatal(err)
	}
	i.log = &bytes.Buffer{}
	i.process = exec.Command(path, "--config", i.config(), "serve")
	i.process.Stdout, i.process.Stderr = i.log, i.log
	if err := i.process.Start(); err != nil {
		i.t.Fatal(err)
	}
	i.ended = make(chan error, 1)
	go func(p *exec.Cmd, ended chan error) { ended <- p.Wait() }(i.process, i.ended)
	i.t.Cleanup(func() { i.stop() })
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		c, err := net.Dial("tcp", net.JoinHostPort(i.ip, fmt.Sprint(imapPort)))
		if err == nil {
			c.Close()
			return
		}
		select {
		case err := <-i.ended:
			i.process = nil
			i.t.Fatalf("the server ended: %v\n%s", err, i.log)
		default:
		}
		if time.Since(began) > 20*time.Second {
			i.t.Fatalf("the server does not answer:\n%s", i.log)
		}
	}
}

// stop ends the server with SIGTERM and returns its log.
func (i *instance) stop() string { return i.signal(syscall.SIGTERM) }

func (i *instance) signal(s syscall.Signal) string {
	i.t.Helper()
	if i.process == nil {
		return ""
	}
	if err := i.process.Process.Signal(s); err != nil {
		i.t.Errorf("signal: %v", err)
	}
	select {
	case err := <-i.ended:
		if err != nil && s == syscall.SIGTERM {
			i.t.Errorf("the server ended with %v\n%s", err, i.log)
		}
	case <-time.After(40 * time.Second):
		i.t.Errorf("the server does not stop\n%s", i.log)
		i.process.Process.Kill()
		<-i.ended
	}
	i.process = nil
	return i.log.String()
}

// need skips when a program is missing; in CI that is a failure.
func need(t testing.TB, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatalf("%s is not installed; make test installs it", p)
			}
			t.Skipf("%s is not installed; make test installs it", p)
		}
	}
}

// sh runs a shell script with the instance in its environment and fails the
// test when it fails.
func (i *instance) sh(script string, env ...string) string {
	i.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, "bash", "-eu", "-o", "pipefail", "-c", script)
	c.Dir = i.dir
	c.Env = append(os.Environ(),
		"HOME="+i.dir, "IP="+i.ip, "PASS="+password, "CAFILE="+i.caFile(), "TLSNAME="+i.hostname(),
		fmt.Sprintf("MX=%d", i.mxPort), fmt.Sprintf("SUB=%d", submissionPort), fmt.Sprintf("IMAP=%d", imapPort),
		fmt.Sprintf("IMAPS=%d", imapsPort), fmt.Sprintf("POP3=%d", pop3Port), fmt.Sprintf("POP3S=%d", pop3sPort))
	c.Env = append(c.Env, env...)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); err != nil {
		i.t.Fatalf("%v\n%s\nscript: %s\nserver: %s", err, out.String()+errs.String(), script, i.log)
	}
	return out.String()
}
