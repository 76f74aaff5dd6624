package journal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// clock is a time that tests set.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func open(t *testing.T, dir string, c *clock) (*Journal, *slog.Logger) {
	t.Helper()
	j, err := Open(dir, Options{Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	return j, slog.New(j.Handler(slog.DiscardHandler))
}

// search returns "event id field=value" of what is found.
func searchFor(t *testing.T, dir string, q Query) []string {
	t.Helper()
	var got []string
	err := Search(t.Context(), dir, q, func(e Event) error {
		got = append(got, strings.TrimSpace(e.Name+" "+e.ID+" "+e.Fields["to"]))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestRoad(t *testing.T) {
	dir, c := t.TempDir(), &clock{time.Now()}
	j, log := open(t, dir, c)
	log.Info("queued", "id", "A1", "from", "<an@example.org>", "size", 1200)
	log.Info("queued", "id", "B1", "from", "<other@example.org>")
	log.With("id", "A1").Info("delivered", "to", "<list@example.org>", "forwarded_as", "A2 A3")
	log.Info("deferred", "id", "A2", "to", "<Binh@Far.example>", "reply", "450 4.2.0 \"later\"\r\nX", "next", c.now)
	log.Info("queued", "id", "A4", "bounce_of", "A2", "from", "<>")
	log.Info("rejected", "from", "<x@spam.example>", "to", "<an@example.org>", "reply", "550 5.7.1 no")
	log.Info("ready", "version", "1") // no event
	log.Debug("noise", "id", "A1")
	log.WithGroup("g").Info("grouped", "id", "A1")
	if err := j.Flush(); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		q    Query
		want []string
	}{
		{"by the first id", Query{ID: "A1"}, []string{"queued A1", "delivered A1 <list@example.org>", "deferred A2 <Binh@Far.example>", "queued A4"}},
		{"by the last id", Query{ID: "A4"}, []string{"queued A1", "delivered A1 <list@example.org>", "deferred A2 <Binh@Far.example>", "queued A4"}},
		{"another message", Query{ID: "B1"}, []string{"queued B1"}},
		{"no such message", Query{ID: "ZZ"}, nil},
		{"sender, and a refusal", Query{Address: "AN@example.org"}, []string{"rejected  <an@example.org>", "queued A1", "delivered A1 <list@example.org>"}},
		{"recipient", Query{Address: "<binh@far.example>"}, []string{"deferred A2 <Binh@Far.example>"}},
		{"domain", Query{Address: "@far.EXAMPLE"}, []string{"deferred A2 <Binh@Far.example>"}},
		{"part of an address", Query{Address: "inh@far.example"}, nil},
		{"the last one", Query{Address: "@example.org", Limit: 1}, []string{"rejected  <an@example.org>", "queued B1"}},
		{"since", Query{Address: "an@example.org", Since: c.now.Add(time.Hour)}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, searchFor(t, dir, tt.q)); diff != "" {
				t.Error(diff)
			}
		})
	}
	err := Search(t.Context(), dir, Query{ID: "A2"}, func(e Event) error {
		if e.ID == "A2" && e.Fields["reply"] != "450 4.2.0 \"later\"\r\nX" {
			t.Errorf("reply %q", e.Fields["reply"])
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestPages(t *testing.T) {
	dir, c := t.TempDir(), &clock{time.Date(2026, 11, 1, 23, 59, 0, 0, time.UTC)}
	j, _ := open(t, dir, c)
	note := func(id string) {
		log := slog.New(j.Handler(slog.DiscardHandler))
		log.Info("queued", "id", id)
		if err := j.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	files := func() string {
		var names []string
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return strings.Join(names, " ")
	}
	note("D1")
	c.now = c.now.Add(10 * time.Minute)
	note("D2")
	if err := j.tend(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := files(); got != "2026-11-01.jsonl.gz 2026-11-02.jsonl" {
		t.Error(got)
	}
	if got := searchFor(t, dir, Query{ID: "D1"}); len(got) != 1 {
		t.Errorf("in a packed page: %v", got)
	}
	c.now = c.now.Add(DefaultKeep + 20*time.Hour) // the first page is too old by then, the second not
	if err := j.tend(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := files(); got != "2026-11-02.jsonl.gz" {
		t.Error(got)
	}
}

func TestCutLine(t *testing.T) {
	dir, c := t.TempDir(), &clock{time.Now()}
	j, log := open(t, dir, c)
	path := filepath.Join(dir, c.now.UTC().Format(dayForm)+plain)
	cut := strings.Repeat("x", maxLine+10) + "\n" + `{"time":"2026-11-01T00:00:00Z","event":"queued","id":"A`
	if err := os.WriteFile(path, []byte(cut), 0o600); err != nil {
		t.Fatal(err)
	}
	log.Info("queued", "id", "A1")
	j.Close()
	if got := searchFor(t, dir, Query{ID: "A1"}); len(got) != 1 {
		t.Errorf("%v", got)
	}
}

func TestBufferIsBounded(t *testing.T) {
	j, log := open(t, t.TempDir(), &clock{time.Now()})
	long := strings.Repeat("ư", maxValue)
	for range 2 * maxBuffer / maxValue {
		log.Info("queued", "id", "A1", "reply", long)
	}
	if len(j.buffer) > maxBuffer+2*maxValue || j.dropped == 0 {
		t.Errorf("%d octets, %d dropped", len(j.buffer), j.dropped)
	}
	if err := j.Flush(); err != nil {
		t.Error(err)
	}
}

// TestRun writes while it is read, and everything at the end.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	j, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- j.Run(ctx) }()
	log := slog.New(j.Handler(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelError})))
	for i := range 1000 {
		log.Info("queued", "id", fmt.Sprintf("A%d", i), "from", "<an@example.org>")
	}
	stop()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if got := searchFor(t, dir, Query{Address: "an@example.org", Limit: MaxMessages}); len(got) != 1000 {
		t.Errorf("%d of 1000", len(got))
	}
}

// FuzzLine notes what strangers say: it stays one line, which is read again.
func FuzzLine(f *testing.F) {
	f.Add("an@example.org", "550 \"x\"\r\n\x00\xff", []byte(`{"time":"2026-11-01T00:00:00Z","event":"queued"}`))
	f.Fuzz(func(t *testing.T, from, reply string, other []byte) {
		r := slog.NewRecord(time.Unix(1, 0), slog.LevelInfo, "queued", 0)
		r.Add("from", from, "id", "A1", "reply", reply)
		line := appendEvent(nil, &r, nil)
		if strings.Count(string(line), "\n") != 1 {
			t.Fatalf("%q", line)
		}
		if e, ok := parse(line); !ok || e.ID != "A1" || idOf(line) != "A1" {
			t.Fatalf("%q", line)
		}
		parse(other)
		idOf(other)
	})
}

func BenchmarkEvent(b *testing.B) {
	j, err := Open(b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	log := slog.New(j.Handler(slog.DiscardHandler))
	b.ReportAllocs()
	for b.Loop() {
		log.LogAttrs(b.Context(), slog.LevelInfo, "delivered", slog.String("id", "06awqz3kd2m80"), slog.String("from", "<an@example.org>"),
			slog.String("to", "<binh@example.org>"), slog.Duration("delay", time.Millisecond), slog.String("mailbox", "binh@example.org"))
		if len(j.buffer) > 1<<20 {
			j.buffer = j.buffer[:0]
		}
	}
}
