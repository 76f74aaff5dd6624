package backlog

import (
	"bytes"
	"flag"
	"fmt"
	"net"
	"net/smtp"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tram/internal/agent/mta/smtptest"
	"tram/internal/config"
	"tram/internal/dns/dnstest"
)

var long = flag.Bool("long", false, "a queue of a million entries")

// What is promised, with a million entries.
const (
	longestStart = 10 * time.Second
	mostMemory   = 300 << 20
	slowest      = time.Second // of 99 in 100 fresh messages
)

// Addresses of the hosts on loopback. Nobody listens at the dead one.
const (
	deadHost, silentHost, liveHost = "127.0.0.66", "127.0.0.67", "127.0.0.68"
	ourHost                        = "127.0.0.69"
)

const zone = `
*.dead.example.    MX 10 gone.example.
gone.example.      A  ` + deadHost + `
*.silent.example.  MX 10 mute.example.
mute.example.      A  ` + silentHost + `
live.example.      MX 10 sink.example.
sink.example.      A  ` + liveHost + `
`

func TestBacklog(t *testing.T) {
	entries, fresh, every := 50_000, 200, 10*time.Millisecond
	if *long {
		entries, fresh, every = 1_000_000, 2000, 20*time.Millisecond
	}
	if testing.Short() {
		entries, fresh = 10_000, 50
	}
	l := newLab(t)
	fill(t, l.config, entries)

	began := time.Now()
	l.start()
	ready := time.Since(began)
	latencies := l.send(fresh, every)

	median, p99 := latencies[len(latencies)/2], latencies[len(latencies)*99/100]
	t.Logf("%d entries: ready in %v, %d fresh messages in %v (median), %v (99 %%), %v (all); %d MiB of memory at most, %.1f s of processor time",
		entries, ready.Round(time.Millisecond), fresh, median.Round(time.Millisecond), p99.Round(time.Millisecond),
		latencies[len(latencies)-1].Round(time.Millisecond), l.peak()>>20, l.processorTime().Seconds())
	if ready > longestStart {
		t.Errorf("ready after %v", ready)
	}
	if p99 > slowest {
		t.Errorf("one message in a hundred took %v or more", p99)
	}
	if peak := l.peak(); peak > mostMemory {
		t.Errorf("%d MiB of memory", peak>>20)
	}
	l.checkQueue(entries)
}

// lab is a server with a queue, and the hosts around it.
type lab struct {
	t       *testing.T
	dir     string
	config  *config.Config
	program string
	process *exec.Cmd

	mu      sync.Mutex
	arrived map[string]time.Time // by local part
}

func newLab(t *testing.T) *lab {
	l := &lab{t: t, dir: t.TempDir(), arrived: make(map[string]time.Time)}
	l.program = filepath.Join(l.dir, "tram")
	if out, err := exec.Command("go", "build", "-o", l.program, "../../cmd/tram").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	sink := smtptest.Start(t, smtptest.Options{Address: liveHost + ":0", Hostname: "sink.example", Reply: l.note})
	port := sink.Addr().Port()
	mute, err := net.Listen("tcp", net.JoinHostPort(silentHost, strconv.Itoa(int(port))))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mute.Close() })
	l.configure(port, dnstest.Start(t, zone).Addr().String())
	return l
}

func (l *lab) configure(port uint16, resolver string) {
	path := filepath.Join(l.dir, "tram.toml")
	text := fmt.Sprintf(`hostname = "mail.example.org"
data = "data"
[[listener]]
protocol = "smtp"
address = "%s:%d"
[limits]
stop_time = "1s"
[relay]
networks = ["127.0.0.0/8"]
mx_port = %d
[dns]
servers = [%q]
[metrics]
address = "off"
`, ourHost, port, port, resolver)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		l.t.Fatal(err)
	}
	var err error
	if l.config, err = config.Load(path); err != nil {
		l.t.Fatal(err)
	}
}

// note notes when a message arrives at the living host.
func (l *lab) note(step, arg string) string {
	if step == "RCPT" {
		local, _, _ := strings.Cut(arg[strings.IndexByte(arg, '<')+1:], "@")
		l.mu.Lock()
		l.arrived[local] = time.Now()
		l.mu.Unlock()
	}
	return ""
}

// start starts the server and waits until it greets.
func (l *lab) start() {
	l.t.Helper()
	log, err := os.Create(filepath.Join(l.dir, "log"))
	if err != nil {
		l.t.Fatal(err)
	}
	l.process = exec.Command(l.program, "--config", filepath.Join(l.dir, "tram.toml"), "serve")
	l.process.Stdout, l.process.Stderr = log, log
	if err := l.process.Start(); err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(l.stop)
	const patience = 2 * time.Minute
	for began := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		c, err := smtp.Dial(l.config.Listeners[0].Address)
		if err == nil {
			c.Close()
			return
		}
		if time.Since(began) > patience {
			l.t.Fatalf("the server does not answer: %v", err)
		}
	}
}

func (l *lab) stop() {
	if l.process.ProcessState != nil {
		return
	}
	_ = l.process.Process.Signal(syscall.SIGTERM)
	if err := l.process.Wait(); err != nil {
		log, _ := os.ReadFile(filepath.Join(l.dir, "log"))
		l.t.Errorf("the server ended with %v\n%s", err, log[max(0, len(log)-4000):])
	}
}

// send sends n messages, one each interval, and returns how long each took from
// its 250 to the host it is for, in ascending order.
func (l *lab) send(n int, every time.Duration) []time.Duration {
	l.t.Helper()
	accepted := make(map[string]time.Time, n)
	c, err := smtp.Dial(l.config.Listeners[0].Address)
	if err != nil {
		l.t.Fatal(err)
	}
	defer c.Close()
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for i := range n {
		<-ticker.C
		local := "fresh" + strconv.Itoa(i)
		if err := submit(c, local+"@live.example"); err != nil {
			l.t.Fatalf("message %d: %v", i, err)
		}
		accepted[local] = time.Now()
	}
	return l.wait(accepted)
}

func submit(c *smtp.Client, to string) error {
	if err := c.Mail("binh@example.org"); err != nil {
		return err
	}
	if err := c.Rcpt(to); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write([]byte("Subject: fresh\r\n\r\nNow.\r\n")); err != nil {
		return err
	}
	return w.Close()
}

// wait waits until all messages have arrived.
func (l *lab) wait(accepted map[string]time.Time) (latencies []time.Duration) {
	l.t.Helper()
	const patience = time.Minute
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		l.mu.Lock()
		n := len(l.arrived)
		l.mu.Unlock()
		if n == len(accepted) {
			break
		}
		if time.Since(began) > patience {
			l.t.Fatalf("%d of %d messages have arrived", n, len(accepted))
		}
	}
	for local, at := range accepted {
		latencies = append(latencies, max(l.arrived[local].Sub(at), 0))
	}
	slices.Sort(latencies)
	return latencies
}

// peak is the most memory that the process had, in bytes.
func (l *lab) peak() int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", l.process.Process.Pid))
	if err != nil {
		l.t.Skipf("no peak of memory on this system: %v", err)
	}
	for line := range bytes.Lines(status) {
		if value, ok := bytes.CutPrefix(line, []byte("VmHWM:")); ok {
			kib, _ := strconv.ParseInt(string(bytes.Fields(value)[0]), 10, 64)
			return kib << 10
		}
	}
	l.t.Fatal("no peak of memory in the status of the process")
	return 0
}

// processorTime is what the process has used so far.
func (l *lab) processorTime() time.Duration {
	const tick = 10 * time.Millisecond // USER_HZ
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", l.process.Process.Pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * tick
}

// checkQueue asks the command: nothing of the backlog is lost.
func (l *lab) checkQueue(entries int) {
	l.t.Helper()
	out, err := exec.Command(l.program, "--config", filepath.Join(l.dir, "tram.toml"), "queue", "stats").CombinedOutput()
	if err != nil {
		l.t.Fatalf("%v\n%s", err, out)
	}
	if !strings.Contains(string(out), fmt.Sprintf("  %d\n", entries)) {
		l.t.Errorf("the queue had %d entries, now:\n%s", entries, out)
	}
	l.t.Logf("afterwards:\n%s", out)
}
