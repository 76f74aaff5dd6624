package mda_test

import (
	"fmt"
	"strings"
	"testing"

	"tram/internal/directory"
	"tram/internal/queue"
)

// reports empties the queue of what is due and returns the notifications for
// the sender, as "action rcpt" lines, and the other entries.
func (w *world) reports() (reports, others []string) {
	w.t.Helper()
	for {
		e, err := w.queue.TryNext(w.t.Context())
		w.must(err)
		if e == nil {
			return reports, others
		}
		if e.Sender.IsNull() {
			text, err := w.blobs.AppendBody(w.t.Context(), nil, e.Body)
			w.must(err)
			reports = append(reports, summary(string(text)))
		} else {
			for _, r := range e.Rcpts {
				others = append(others, fmt.Sprintf("%s%s %s", r.To.Path(), r.Outlet, r.Notify))
			}
		}
		outcomes := make([]queue.Outcome, len(e.Rcpts))
		for i := range outcomes {
			outcomes[i].Result = queue.Delivered
		}
		w.must(w.queue.Settle(w.t.Context(), e, outcomes))
	}
}

// summary is Final-Recipient and Action of each recipient in a report.
func summary(text string) string {
	var words []string
	for line := range strings.Lines(text) {
		if to, ok := strings.CutPrefix(line, "Final-Recipient: rfc822; "); ok {
			words = append(words, strings.TrimSpace(to))
		}
		if action, ok := strings.CutPrefix(line, "Action: "); ok {
			words = append(words, strings.TrimSpace(action))
		}
	}
	return strings.Join(words, " ")
}

// TestSuccess: who is told of what (RFC 3461 5.2.7).
func TestSuccess(t *testing.T) {
	w := newWorld(t)
	w.people("an", "binh")
	w.alias("one@here.example", "an@here.example")
	w.alias("away@here.example", "x@far.example")
	w.alias("file@here.example", "/log")
	w.alias("many@here.example", "an@here.example", "x@far.example", "/log")
	w.alias("both@here.example", "an@here.example", "binh@here.example")
	_, err := w.dir.AddList(t.Context(), directory.List{Address: "list@here.example", Owner: "an@here.example", Members: []string{"y@far.example"}})
	w.must(err)
	for _, test := range []struct {
		to, notify string
		reports    string
		others     string
	}{
		{"an@here.example", "", "", ""},
		{"an@here.example", "FAILURE", "", ""},
		{"an@here.example", "NEVER", "", ""},
		{"an@here.example", "SUCCESS", "an@here.example delivered", ""},
		{"an@here.example", "SUCCESS,FAILURE", "an@here.example delivered", ""},
		{"one@here.example", "SUCCESS", "one@here.example delivered", ""},
		{"away@here.example", "SUCCESS,FAILURE", "", "<x@far.example> SUCCESS,FAILURE"},
		{"file@here.example", "SUCCESS", "", "<file@here.example>/log SUCCESS"},
		{"both@here.example", "SUCCESS", "both@here.example expanded", ""},
		{"both@here.example", "FAILURE", "", ""},
		{"many@here.example", "SUCCESS,DELAY", "many@here.example expanded", "<x@far.example> DELAY, <many@here.example>/log DELAY"},
		{"many@here.example", "SUCCESS", "many@here.example expanded", "<x@far.example> NEVER, <many@here.example>/log NEVER"},
		{"many@here.example", "", "", "<x@far.example> , <many@here.example>/log "},
		{"list@here.example", "SUCCESS,FAILURE", "list@here.example delivered", "<y@far.example> "},
		{"list@here.example", "", "", "<y@far.example> "},
	} {
		e := w.add(letter, true, func(m *queue.Message) { m.Rcpts[0].Notify = test.notify }, test.to)
		if got := w.deliver(e); got != "delivered 250" {
			t.Errorf("%s: %s", test.to, got)
		}
		reports, others := w.reports()
		if got := strings.Join(reports, ", "); got != test.reports {
			t.Errorf("%s NOTIFY=%s: reports %q, want %q", test.to, test.notify, got, test.reports)
		}
		if got := strings.Join(others, ", "); got != test.others {
			t.Errorf("%s NOTIFY=%s: entries %q, want %q", test.to, test.notify, got, test.others)
		}
	}
}

// TestSuccessOfOutlet: the report about a file comes when the file has the
// message.
func TestSuccessOfOutlet(t *testing.T) {
	w := newWorld(t)
	w.people("an")
	w.alias("log@here.example", "/log")
	w.deliver(w.add(letter, true, func(m *queue.Message) { m.Rcpts[0].Notify = "SUCCESS" }, "log@here.example"))
	if got := w.deliver(w.next()); got != "delivered 250" {
		t.Fatal(got)
	}
	if reports, _ := w.reports(); strings.Join(reports, ", ") != "log@here.example delivered" {
		t.Errorf("%q", reports)
	}
}
