package queue

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"tram/internal/mail/address"
)

func TestRedirect(t *testing.T) {
	var log bytes.Buffer
	q := newQueue(t, Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	m := letter(1, "a@old.example", "b@other.example", "c@old.example")
	m.Rcpts[0].ORcpt, m.Rcpts[0].Notify = "rfc822;first@example.org", "SUCCESS"
	m.Rcpts[0].Outlet = "/var/mail/a"
	id := add(t, q, m)
	e := take(t, q)
	settle(t, q, e, q.Defer(e, 0, "451 later"), q.Defer(e, 1, "451 later"), q.Defer(e, 2, "451 later"))
	to := address.Address{Local: "new", Domain: "example.com"}

	n, err := q.Redirect(t.Context(), Filter{Domain: "old.example"}, to)
	if n != 1 || err != nil {
		t.Fatal(n, err)
	}
	l := show(t, q, id)
	if len(l.Rcpts) != 2 || l.Rcpts[0].To != to || l.Rcpts[1].To.Domain != "other.example" {
		t.Fatalf("recipients %+v", l.Rcpts)
	}
	if r := l.Rcpts[0]; r.ORcpt != "rfc822;first@example.org" || r.Notify != "SUCCESS" || r.Outlet != "" || r.Attempts != 0 {
		t.Errorf("the new recipient is %+v", r)
	}
	if !strings.Contains(log.String(), "msg=redirected id="+id.String()) {
		t.Errorf("logged: %s", log.String())
	}
	// It goes at once; the other one waits for its time.
	e = take(t, q)
	if !e.Due(0) || e.Due(1) {
		t.Errorf("due: %v, %v", e.Due(0), e.Due(1))
	}
	if n, err := q.Redirect(t.Context(), Only(id), to); n != 0 || !errors.Is(err, ErrInFlight) {
		t.Errorf("in flight: %d, %v", n, err)
	}
	settle(t, q, e, Outcome{Result: Delivered}, Outcome{})

	// What is left has no original recipient: it becomes one.
	if n, err := q.Redirect(t.Context(), Only(id), to); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if r := show(t, q, id).Rcpts[0]; r.ORcpt != "rfc822;b@other.example" || r.To != to {
		t.Errorf("got %+v", r)
	}
	if d, _, _ := q.Destinations(t.Context(), 0); len(d) != 1 || d[0].Domain != "example.com" {
		t.Errorf("destinations %+v", d)
	}
	if _, err := q.Redirect(t.Context(), Only(id), address.Address{}); !errors.Is(err, ErrInvalid) {
		t.Errorf("to nobody: %v", err)
	}
}

// TestRedirectHeld keeps what is on hold there.
func TestRedirectHeld(t *testing.T) {
	q := newQueue(t, Options{})
	id := add(t, q, letter(1, "a@old.example"))
	if _, err := q.Hold(t.Context(), Only(id), "look"); err != nil {
		t.Fatal(err)
	}
	to := address.Address{Local: "mới", Domain: "example.com"}
	if n, err := q.Redirect(t.Context(), Filter{States: []State{Held}}, to); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if l := show(t, q, id); l.State != Held || !l.SMTPUTF8 || l.Rcpts[0].To != to {
		t.Errorf("got %+v", l)
	}
	idle(t, q)
}

func TestFilterPatterns(t *testing.T) {
	for _, test := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "anything", true},
		{"An@", "an@example.org", true},
		{"*@example.org", "an@example.org", true},
		{"*@example.org", "an@example.org.evil", false},
		{"an*org", "AN@example.ORG", true},
		{"a*b*c", "axxbyyc", true},
		{"a*b*c", "axxcyyb", false},
		{"a*a", "a", false}, // no letter counts twice
		{"ab*bc", "abc", false},
		{"*", "", true},
		{"a*", "ba", false},
	} {
		if got := textPattern(test.pattern).matches(test.text); got != test.want {
			t.Errorf("%q on %q: %v", test.pattern, test.text, got)
		}
	}
	for _, test := range []struct {
		pattern, domain string
		want            bool
	}{
		{"example.org", "example.org", true},
		{"example.org", "a.example.org", false},
		{".example.org", "a.example.org", true},
		{"*.example.org", "a.b.example.org", true},
		{".example.org", "example.org", false},
		{"exam*", "example.org", true},
		{"*", "example.org", true},
	} {
		p, err := domainPattern(test.pattern)
		if got := p.matches(test.domain); err != nil || got != test.want {
			t.Errorf("%q on %q: %v, %v", test.pattern, test.domain, got, err)
		}
	}
	if _, err := domainPattern("no domain"); !errors.Is(err, ErrBadFilter) {
		t.Errorf("a broken domain: %v", err)
	}
}

// TestFilterQuestions asks everything that List's test does not.
func TestFilterQuestions(t *testing.T) {
	q := newQueue(t, Options{})
	big := letter(1, "a@x.example")
	big.Size, big.Received = 5<<20, time.Now().Add(-time.Hour)
	a := add(t, q, big)
	b := add(t, q, letter(2, "b@y.example"))
	for range 2 {
		e := take(t, q)
		settle(t, q, e, q.Defer(e, 0, "451 4.4.1 ["+e.domain()+"] refused"))
	}
	for name, f := range map[string]Filter{
		"larger":   {LargerThan: 1 << 20},
		"older":    {OlderThan: 30 * time.Minute},
		"reply":    {Reply: "4.4.1 [X.example"},
		"named":    {IDs: []ID{a, 12345}},
		"both":     {IDs: []ID{a, b}, Domain: "x.example"},
		"one":      {Limit: 1},
		"not late": {YoungerThan: 2 * time.Hour, LargerThan: 4 << 20},
	} {
		got, err := q.List(t.Context(), f)
		if err != nil || len(got) != 1 || got[0].ID != a {
			t.Errorf("%s: %d entries, %v", name, len(got), err)
		}
	}
	if got, _ := q.List(t.Context(), Filter{YoungerThan: time.Minute}); len(got) != 1 || got[0].ID != b {
		t.Errorf("younger: %d entries", len(got))
	}
}

// TestCommandsByFilter goes over several batches.
func TestCommandsByFilter(t *testing.T) {
	q := newQueue(t, Options{Shards: 2})
	const n = 3*editBatch + 10
	for i := range n {
		add(t, q, letter(i, "a@x.example"))
		if i%100 == 0 {
			add(t, q, letter(i, "a@y.example"))
		}
	}
	for _, step := range []struct {
		name string
		do   func(Filter) (int, error)
		want int
	}{
		{"hold", func(f Filter) (int, error) { return q.Hold(t.Context(), f, "") }, n},
		{"retry of held ones", func(f Filter) (int, error) { return q.Retry(t.Context(), f) }, 0},
		{"release", func(f Filter) (int, error) { return q.Unhold(t.Context(), f) }, n},
		{"retry", func(f Filter) (int, error) { return q.Retry(t.Context(), f) }, n},
		{"delete", func(f Filter) (int, error) { return q.Delete(t.Context(), f) }, n},
		{"delete again", func(f Filter) (int, error) { return q.Delete(t.Context(), f) }, 0},
	} {
		if got, err := step.do(Filter{Domain: "x.example"}); got != step.want || err != nil {
			t.Errorf("%s: %d, %v, want %d", step.name, got, err, step.want)
		}
	}
	if left := q.Len(); left != 8 {
		t.Errorf("%d entries left, want those of y.example", left)
	}
}
