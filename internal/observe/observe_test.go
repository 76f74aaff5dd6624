package observe

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestNewLogger(t *testing.T) {
	var b bytes.Buffer
	level := new(slog.LevelVar)
	NewLogger(&b, Auto, level).Info("delivered", "id", "x1", "to", "an@demo.test")
	if got := b.String(); !strings.Contains(got, "level=INFO msg=delivered id=x1 to=an@demo.test\n") {
		t.Errorf("text: %s", got)
	}
	b.Reset()
	log := NewLogger(&b, JSON, level)
	log.Debug("hidden")
	level.Set(slog.LevelDebug)
	log.Debug("shown", "n", 1)
	var line struct {
		Msg string
		N   int
	}
	if err := json.Unmarshal(b.Bytes(), &line); err != nil || line.Msg != "shown" || line.N != 1 {
		t.Errorf("json: %s %v", b.String(), err)
	}
}

// A line break in a value cannot make a second line in the log.
func TestLogInjection(t *testing.T) {
	for _, format := range []Format{Text, JSON} {
		var b bytes.Buffer
		NewLogger(&b, format, slog.LevelInfo).Info("rejected", "helo", "x\nlevel=INFO msg=delivered\r\n")
		if strings.Count(b.String(), "\n") != 1 {
			t.Errorf("%s: %q", format, b.String())
		}
	}
}

func get(t *testing.T, h http.Handler, path, accept string) (int, string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Accept", accept)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func TestHTTP(t *testing.T) {
	m, h := NewMetrics(), new(Health)
	m.Sessions.Open.WithLabelValues("imap").Set(3)
	m.Logins.Total.WithLabelValues("imap", "ok").Inc()
	m.Mail.Received.WithLabelValues("smtp", "accepted").Inc()
	m.Gauge("queue_entries", "Entries.", Labels{"state": "held"}, func() float64 { return 7 })
	m.Counter("queue_added_total", "Added.", nil, func() float64 { return 9 })
	s := NewHTTPServer(m, h, false)

	_, body := get(t, s.Handler, "/metrics", "")
	for _, want := range []string{
		`tram_sessions_open{protocol="imap"} 3`, `tram_logins_total{protocol="imap",result="ok"} 1`,
		`tram_messages_received_total{protocol="smtp",result="accepted"} 1`,
		`tram_queue_entries{state="held"} 7`, "tram_queue_added_total 9", "go_goroutines", "tram_message_accept_seconds_count 0",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
	if code, body := get(t, s.Handler, "/healthz", ""); code != 200 || body != "ok\n" {
		t.Error(code, body)
	}
	h.Fail("store", "sync: input/output error")
	h.Fail("store", "closed")
	h.Fail("imap", "x")
	if code, body := get(t, s.Handler, "/healthz", ""); code != 503 || body != "failed\nimap: x\nstore: sync: input/output error\n" {
		t.Error(code, body)
	}
	h.Recover("imap")
	if code, body := get(t, s.Handler, "/healthz", "application/json"); code != 503 || body != `{"reasons":["store: sync: input/output error"],"status":"failed"}`+"\n" {
		t.Error(code, body)
	}
	h.Recover("store")
	if code, _ := get(t, s.Handler, "/healthz", ""); code != 200 {
		t.Error(code)
	}
}

func TestProfilesOnlyWhenAsked(t *testing.T) {
	for _, profiles := range []bool{false, true} {
		code, _ := get(t, NewHTTPServer(NewMetrics(), new(Health), profiles).Handler, "/debug/pprof/", "")
		if want := map[bool]int{false: 404, true: 200}[profiles]; code != want {
			t.Errorf("profiles %v: %d", profiles, code)
		}
	}
}
