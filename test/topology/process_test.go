package topology

import (
	"bytes"
	"errors"
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

	"tram/internal/config"
)

const (
	startTime = 30 * time.Second // for a host to answer; nine topologies share the processors
	stopTime  = 40 * time.Second
)

// binary builds the program once for all tests. TRAM names one that is there
// already: TRAM=/usr/bin/tram go test ./test/topology
var binary = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("TRAM"); path != "" {
		return path, nil
	}
	dir, err := os.MkdirTemp("", "tram-topology")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "tram")
	if out, err := exec.Command("go", "build", "-o", path, "../../cmd/tram").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return path, nil
})

// TestMain lets all topologies run beside each other: most of the time each of
// them waits.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", strconv.Itoa(len(topologies))); err != nil {
		panic(err)
	}
	code := m.Run()
	if path, err := binary(); err == nil && os.Getenv("TRAM") == "" {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// host is one machine of a topology.
type host struct {
	t         *testing.T
	name      string // of its file
	file      string // its configuration
	config    *config.Config
	directory directory
	program   string
	process   *exec.Cmd // nil while it is down
	ended     chan error
	frozen    bool
	log       transcript
}

// run runs a command of the host.
func (h *host) run(stdin string, args ...string) (string, error) {
	c := exec.Command(h.program, append([]string{"--config", h.file}, args...)...)
	c.Stdin = strings.NewReader(stdin)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); err != nil {
		return out.String(), fmt.Errorf("%s: tram %s: %w\n%s%s", h.name, strings.Join(args, " "), err, &out, &errs)
	}
	return out.String(), nil
}

func (h *host) must(stdin string, args ...string) string {
	h.t.Helper()
	out, err := h.run(stdin, args...)
	if err != nil {
		h.t.Fatal(err)
	}
	return out
}

// start starts the server and waits until each of its doors answers.
func (h *host) start() {
	h.t.Helper()
	p := exec.Command(h.program, "--config", h.file, "serve")
	p.Stdout, p.Stderr = &h.log, &h.log
	p.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // nothing outlives the test
	if err := p.Start(); err != nil {
		h.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- p.Wait() }()
	h.process, h.ended = p, ended
	for _, door := range h.config.Listeners {
		h.awaitDoor(door.Address)
	}
}

func (h *host) awaitDoor(address string) {
	h.t.Helper()
	for began := time.Now(); time.Since(began) < startTime; time.Sleep(10 * time.Millisecond) {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return
		}
		select {
		case err := <-h.ended:
			h.process = nil
			h.t.Fatalf("%s ended: %v\n%s", h.name, err, &h.log)
		default:
		}
	}
	h.t.Fatalf("%s does not answer on %s\n%s", h.name, address, &h.log)
}

// kill ends the server as a power cut would.
func (h *host) kill() { h.end(syscall.SIGKILL) }

// stop ends the server in order.
func (h *host) stop() {
	if h.frozen {
		h.thaw()
	}
	if err := h.end(syscall.SIGTERM); err != nil {
		h.t.Errorf("%s ended with %v\n%s", h.name, err, &h.log)
	}
}

func (h *host) end(s syscall.Signal) error {
	if h.process == nil {
		return nil
	}
	h.signal(s)
	p, ended := h.process, h.ended
	h.process = nil
	select {
	case err := <-ended:
		return err
	case <-time.After(stopTime):
		_ = p.Process.Kill() // it is reported below
		<-ended
		return errors.New("no end in sight")
	}
}

// freeze stops the process in the middle of what it does: connections to it
// are opened and nobody answers.
func (h *host) freeze() { h.signal(syscall.SIGSTOP); h.frozen = true }

// thaw lets it go on.
func (h *host) thaw() { h.signal(syscall.SIGCONT); h.frozen = false }

func (h *host) signal(s syscall.Signal) {
	if err := h.process.Process.Signal(s); err != nil {
		h.t.Errorf("%s: %v: %v", h.name, s, err)
	}
}

// running reports whether the host can be asked something.
func (h *host) running() bool { return h.process != nil && !h.frozen }

// door is the address of the first listener of a protocol; "" when there is none.
func (h *host) door(p config.Protocol) string {
	for _, l := range h.config.Listeners {
		if l.Protocol == p && l.TLS != config.Implicit {
			return l.Address
		}
	}
	return ""
}
