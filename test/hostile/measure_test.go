package hostile

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// metric is the sum of a metric over its labels.
func (s *server) metric(t *testing.T, name string) (sum float64) {
	t.Helper()
	r, err := http.Get("http://" + s.address(metricsPort) + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name); ok && strings.ContainsAny(rest[:1], " {") {
			v, err := strconv.ParseFloat(strings.TrimSpace(line[strings.LastIndexByte(line, ' '):]), 64)
			if err != nil {
				t.Fatal(line)
			}
			sum, found = sum+v, true
		}
	}
	if !found {
		t.Fatalf("no metric %s", name)
	}
	return sum
}

// sessions waits until so many connections are open.
func (s *server) sessions(t *testing.T, want int) {
	t.Helper()
	var got float64
	for range 1000 {
		if got = s.metric(t, "tram_sessions_open"); got == float64(want) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%v sessions are open, want %d", got, want)
}

// memory is what the kernel says that the process alone uses, in bytes: the
// proportional set size.
func (s *server) memory(t *testing.T) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", s.process.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "Pss:"); ok {
			kb, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return kb << 10
		}
	}
	t.Fatal("no Pss in smaps_rollup")
	return 0
}

// settled is the memory when it has stopped to grow.
func (s *server) settled(t *testing.T) int64 {
	t.Helper()
	last := s.memory(t)
	for range 20 {
		time.Sleep(50 * time.Millisecond)
		now := s.memory(t)
		if now <= last+last/200 {
			return max(now, last)
		}
		last = now
	}
	return last
}
