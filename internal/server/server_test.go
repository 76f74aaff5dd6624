package server

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tram/internal/config"
	"tram/internal/server/control"
)

const patience = 20 * time.Second

// running is a server that serves in this process.
type running struct {
	*Server
	t    *testing.T
	path string // of its configuration
	stop context.CancelFunc
	done chan error
}

// start runs a server with the given listeners until the test ends.
func start(t *testing.T, listeners string) *running {
	t.Helper()
	return startIn(t, t.TempDir(), listeners)
}

// startIn is start in a directory, where the data are in "data".
func startIn(t *testing.T, dir, listeners string) *running {
	t.Helper()
	r := &running{t: t, path: filepath.Join(dir, "tram.toml"), done: make(chan error, 1)}
	r.write(listeners)
	c, err := config.Load(r.path)
	if err != nil {
		t.Fatal(err)
	}
	ready := make(chan struct{})
	r.Server = New(Options{Config: c, Ready: func() { close(ready) }})
	ctx, stop := context.WithCancel(t.Context())
	r.stop = stop
	go func() { r.done <- r.Run(ctx) }()
	t.Cleanup(func() { stop(); goleak.VerifyNone(t, goleak.IgnoreCurrent()) })
	select {
	case <-ready:
	case err := <-r.done:
		t.Fatal(err)
	}
	return r
}

func (r *running) write(listeners string) {
	r.t.Helper()
	text := "hostname = \"mail.example.org\"\ndata = \"data\"\nmetrics.address = \"off\"\n" + listeners
	if err := os.WriteFile(r.path, []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

func (r *running) reload() control.Reloaded {
	r.t.Helper()
	var out control.Reloaded
	for began := time.Now(); ; time.Sleep(time.Millisecond) { // the doors may still be opening
		var err error
		if out, err = r.Reload(r.t.Context()); err == nil {
			return out
		} else if time.Since(began) > patience {
			r.t.Fatal(err)
		}
	}
}

func (r *running) address(protocol string) string {
	r.t.Helper()
	for _, l := range r.doors.list() {
		if l.Protocol == protocol {
			return l.Address
		}
	}
	r.t.Fatalf("no listener for %s", protocol)
	return ""
}

// session is a client that speaks lines.
type session struct {
	t *testing.T
	net.Conn
	r *bufio.Reader
}

func (r *running) dial(protocol string) *session {
	r.t.Helper()
	c, err := net.Dial("tcp", r.address(protocol))
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(patience))
	return &session{r.t, c, bufio.NewReader(c)}
}

// expect sends a line, unless it is empty, and reads lines until one begins
// with the prefix.
func (s *session) expect(line, prefix string) string {
	s.t.Helper()
	if line != "" {
		fmt.Fprintf(s, "%s\r\n", line)
	}
	for {
		got, err := s.r.ReadString('\n')
		if strings.HasPrefix(got, prefix) {
			return got
		}
		if err != nil {
			s.t.Fatalf("waiting for %q after %q: %q, %v", prefix, line, got, err)
		}
	}
}

const twoDoors = `
[[listener]]
protocol = "smtp"
address = "127.0.0.1:0"
[[listener]]
protocol = "imap"
address = "127.0.0.3:0"
`

// A stop tells sessions, and takes no time when they go.
func TestStopTellsSessions(t *testing.T) {
	r := start(t, twoDoors)
	smtp, imap := r.dial("smtp"), r.dial("imap")
	smtp.expect("", "220 ")
	imap.expect("", "* OK ")
	r.stop()
	smtp.expect("", "421 ")
	imap.expect("", "* BYE ")
	if err := <-r.done; err != nil {
		t.Error(err)
	}
}

// Sessions outlive a reload that changes limits and takes their listener away;
// new ones see the new limits.
func TestReloadDropsNobody(t *testing.T) {
	r := start(t, twoDoors)
	smtp, imap := r.dial("smtp"), r.dial("imap")
	smtp.expect("", "220 ")
	smtp.expect("EHLO old.example", "250-SIZE 52428800")
	imap.expect("", "* OK ")
	old := r.address("imap")

	r.write("limits.message_size = \"1MiB\"\n[[listener]]\nprotocol = \"smtp\"\naddress = \"127.0.0.1:0\"\n")
	got := strings.Join(r.reload().Changed, ",")
	if got != "certificate,listener 127.0.0.3:0 closed,limits" {
		t.Error(got)
	}
	if c, err := net.Dial("tcp", old); err == nil {
		c.Close()
		t.Error("the listener that went still accepts")
	}
	imap.expect("a NOOP", "a OK ")
	smtp.expect("NOOP", "250 ")
	fresh := r.dial("smtp")
	fresh.expect("", "220 ")
	fresh.expect("EHLO new.example", "250-SIZE 1048576")

	// And back again: the door that came late stops like the others.
	r.write(twoDoors)
	r.reload()
	late := r.dial("imap")
	late.expect("", "* OK ")
	r.stop()
	for _, s := range []*session{imap, late} {
		s.expect("", "* BYE ")
	}
	if err := <-r.done; err != nil {
		t.Error(err)
	}
}

// A reload with a mistake changes nothing.
func TestReloadWithMistake(t *testing.T) {
	r := start(t, twoDoors)
	r.reload()
	r.write("limits.recipients = 1\n")
	_, err := r.Reload(t.Context())
	if control.KindOf(err) != control.Invalid || !strings.Contains(err.Error(), "tram.toml:4: limits.recipients") {
		t.Error(err)
	}
	r.write(twoDoors + "[[listener]]\nprotocol = \"pop3\"\naddress = \"" + r.address("smtp") + "\"\n")
	if _, err := r.Reload(t.Context()); err == nil || !strings.Contains(err.Error(), "another program uses the port") {
		t.Error(err)
	}
	r.write(twoDoors + "[tls]\ncertificate = \"nothing\"\nkey = \"nothing\"\n")
	if _, err := r.Reload(t.Context()); err == nil || !strings.Contains(err.Error(), "tls.certificate") {
		t.Error(err)
	}
	r.dial("imap").expect("", "* OK ")
	if n := len(r.doors.list()); n != 2 {
		t.Errorf("%d doors", n)
	}
	r.stop()
	if err := <-r.done; err != nil {
		t.Error(err)
	}
}

// SIGHUP may come before there is anything to reload.
func TestReloadBeforeStart(t *testing.T) {
	if _, err := New(Options{Config: config.Default()}).Reload(t.Context()); !strings.Contains(fmt.Sprint(err), "starting") {
		t.Error(err)
	}
}

// Every socket that cannot be opened is reported with its line, and nothing
// stays open.
func TestBusyPorts(t *testing.T) {
	a, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	text := fmt.Sprintf("hostname = \"a.example\"\ndata = %q\n", filepath.Join(t.TempDir(), "data"))
	for _, host := range []string{a.Addr().String(), "192.0.2.1:1"} {
		text += fmt.Sprintf("[[listener]]\nprotocol = \"smtp\"\naddress = %q\n", host)
	}
	c, err := config.Parse("tram.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	err = New(Options{Config: c}).Run(t.Context())
	for _, want := range []string{"tram.toml:5: listener[0].address", "another program uses the port", "tram.toml:8: listener[1].address"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
}
