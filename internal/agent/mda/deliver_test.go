package mda_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"tram/internal/directory"
	"tram/internal/mail/message"
	"tram/internal/queue"
)

func TestDeliver(t *testing.T) {
	for _, hint := range []bool{true, false} {
		w := newWorld(t)
		w.people("an")
		e := w.add(letter, hint, nil, "an@here.example")
		if got := w.deliver(e); got != "delivered 250" {
			t.Errorf("%s", got)
		}
		want := "Return-Path: <a@there.example>\r\nDelivered-To: an@here.example\r\n" + letter
		if got := w.inbox("an"); len(got) != 1 || got[0] != want {
			t.Errorf("%q", got)
		}
		if n := w.queue.Len(); n != 0 {
			t.Errorf("%d entries are left in the queue", n)
		}
	}
}

// TestWays: what an address stands for, and what that means.
func TestWays(t *testing.T) {
	w := newWorld(t)
	w.people("an", "binh")
	w.account(directory.Account{Address: "gone@here.example", Disabled: true})
	w.alias("both@here.example", "an@here.example", "binh@here.example")
	w.alias("twice@here.example", "an@here.example", "both@here.example")
	w.alias("away@here.example", "x@far.example")
	w.alias("mixed@here.example", "an@here.example", "x@far.example", "y@far.example")
	w.alias("partly@here.example", "an@here.example", "gone@here.example")
	w.alias("circle@here.example", "circle2@here.example")
	w.alias("circle2@here.example", "circle@here.example")
	tests := []struct {
		to       []string
		want     string
		inbox    string // who gets a copy
		forwards string // who gets an entry of the queue
	}{
		{[]string{"an@here.example"}, "delivered 250", "an", ""},
		{[]string{"AN+tag@Here.Example"}, "delivered 250", "an", ""},
		{[]string{"both@here.example"}, "delivered 250", "an binh", ""},
		{[]string{"twice@here.example"}, "delivered 250", "an binh", ""},
		{[]string{"an@here.example", "both@here.example"}, "delivered 250, delivered 250", "an binh", ""},
		{[]string{"away@here.example"}, "delivered 250", "", "<x@far.example>"},
		{[]string{"mixed@here.example"}, "delivered 250", "an", "<x@far.example> <y@far.example>"},
		{[]string{"partly@here.example"}, "delivered 250", "an", "<gone@here.example>"},
		{[]string{"postmaster"}, "delivered 250", "an", ""},
		{[]string{"nobody@here.example"}, "failed 550", "", ""},
		{[]string{"gone@here.example"}, "failed 550", "", ""},
		{[]string{"circle@here.example"}, "failed 554", "", ""},
		{[]string{"nobody@here.example", "binh@here.example"}, "failed 550, delivered 250", "binh", ""},
	}
	count := map[string]int{}
	for _, test := range tests {
		e := w.add(letter, true, nil, test.to...)
		got := w.deliver(e)
		var inbox []string
		for _, name := range []string{"an", "binh"} {
			if n := len(w.inbox(name)); n > count[name] {
				inbox = append(inbox, name+strings.Repeat("!", n-count[name]-1))
				count[name] = n
			}
		}
		forwards := w.forwards()
		if got != test.want || strings.Join(inbox, " ") != test.inbox || forwards != test.forwards {
			t.Errorf("%v: %s, copies %v, forwards %q\nwant %s, copies %s, forwards %q", test.to, got, inbox, forwards, test.want, test.inbox, test.forwards)
		}
	}
}

// forwards empties the queue and returns whom its entries are for. Those that
// wait for their next attempt (failed ones, which nobody settled here) are
// left alone.
func (w *world) forwards() string {
	w.t.Helper()
	var all []string
	for {
		e, err := w.queue.TryNext(w.t.Context())
		w.must(err)
		if e == nil {
			return strings.Join(all, " ")
		}
		outcomes := make([]queue.Outcome, len(e.Rcpts))
		for i := range e.Rcpts {
			all = append(all, e.Rcpts[i].To.Path())
			outcomes[i].Result = queue.Delivered
		}
		w.must(w.queue.Settle(w.t.Context(), e, outcomes))
	}
}

// TestForward: what an alias sends elsewhere keeps its sender, says through
// which address it went, and stops when it comes back.
func TestForward(t *testing.T) {
	w := newWorld(t)
	w.people("an")
	w.alias("away@here.example", "x@far.example")
	w.deliver(w.add(letter, true, func(m *queue.Message) { m.Rcpts[0].Notify, m.EnvID = "FAILURE", "42" }, "away@here.example"))
	e := w.next()
	if e.Sender.Path() != "<a@there.example>" || e.Rcpts[0].To.Path() != "<x@far.example>" || e.Rcpts[0].Notify != "FAILURE" || e.EnvID != "42" {
		t.Errorf("forwarded: %+v", e.Message)
	}
	if string(e.Header) != "Delivered-To: away@here.example\r\n" {
		t.Errorf("header: %q", e.Header)
	}
	back := w.add(string(e.Header)+letter, false, nil, "Away@here.example")
	if got := w.deliver(back); got != "failed 554" {
		t.Errorf("the loop: %s", got)
	}
}

// TestLoop: a message that was in a mailbox of ours does not come in again,
// whichever address it is sent to, while others still get it.
func TestLoop(t *testing.T) {
	w := newWorld(t)
	w.people("an", "binh")
	w.alias("both@here.example", "an@here.example", "binh@here.example")
	again := "Delivered-To:\r\n AN@here.example\r\n" + letter
	for _, test := range []struct{ to, want string }{
		{"an@here.example", "failed 554"},
		{"an+tag@here.example", "failed 554"},
		{"both@here.example", "delivered 250"},
		{"binh@here.example", "delivered 250"},
	} {
		if got := w.deliver(w.add(again, false, nil, test.to)); got != test.want {
			t.Errorf("to %s: %s", test.to, got)
		}
	}
	if n := len(w.inbox("an")); n != 0 {
		t.Errorf("an has %d messages", n)
	}
	if n := len(w.inbox("binh")); n != 2 {
		t.Errorf("binh has %d messages", n)
	}
	// In the lines in front of the body too.
	header := func(m *queue.Message) { m.Header = []byte("Delivered-To: binh@here.example\r\n") }
	if got := w.deliver(w.add(letter, true, header, "binh@here.example")); got != "failed 554" {
		t.Errorf("in front: %s", got)
	}
}

func TestQuota(t *testing.T) {
	w := newWorld(t)
	w.people("an")
	w.account(directory.Account{Address: "small@here.example", QuotaMessages: 1})
	w.alias("both@here.example", "an@here.example", "small@here.example")
	if got := w.deliver(w.add(letter, true, nil, "small@here.example")); got != "delivered 250" {
		t.Fatalf("the first: %s", got)
	}
	e := w.add(letter, true, nil, "small@here.example")
	if got := w.deliver(e); got != "deferred 452" {
		t.Errorf("over quota: %s", got)
	}
	// An alias: the others get it, the full mailbox waits for itself.
	if got := w.deliver(w.add(letter, true, nil, "both@here.example")); got != "delivered 250" {
		t.Errorf("alias: %s", got)
	}
	if got := w.deliver(w.next()); got != "deferred 452" {
		t.Errorf("its full mailbox: %s", got)
	}
	// Both at once: no copy is made for the alias, for one waits already.
	if got := w.deliver(w.add(letter, true, nil, "both@here.example", "small@here.example")); got != "delivered 250, deferred 452" {
		t.Errorf("alias and mailbox: %s", got)
	}
	if e, err := w.queue.TryNext(t.Context()); e != nil || err != nil {
		t.Errorf("another entry: %v, %v", e, err)
	}
	if a, s := len(w.inbox("an")), len(w.inbox("small")); a != 2 || s != 1 {
		t.Errorf("an has %d, small has %d", a, s)
	}
	old := func(m *queue.Message) { m.Received = time.Now().Add(-6 * 24 * time.Hour) }
	e = w.add(letter, true, old, "small@here.example")
	for i := range 20 {
		e.Rcpts[0].Attempts = i // as if it had been tried as often
	}
	if got := w.deliver(e); got != "failed 452" {
		t.Errorf("over quota for too long: %s", got)
	}
}

// TestNothingOnError: when a delivery cannot be made, nothing of it is.
func TestNothingOnError(t *testing.T) {
	w := newWorld(t)
	w.people("an", "binh")
	e := w.add(letter, true, nil, "an@here.example", "binh@here.example")
	e.Digest = &message.Digest{Size: 1} // does not fit the body: the store refuses it
	outcomes := make([]queue.Outcome, 2)
	if err := w.Deliver(t.Context(), e, []int{0, 1}, w.found(e), outcomes); err == nil {
		t.Fatal("no error")
	}
	w.queue.Release(e)
	if n := len(w.inbox("an")) + len(w.inbox("binh")); n != 0 || w.queue.Len() != 1 {
		t.Errorf("%d copies, %d entries", n, w.queue.Len())
	}
}

// TestOneCommit: the delivery agent makes exactly one transaction, over the
// shard and all mailboxes.
func TestOneCommit(t *testing.T) {
	w := newWorld(t)
	w.people("an", "binh")
	w.alias("all@here.example", "an@here.example", "binh@here.example", "x@far.example")
	e := w.add(letter, true, nil, "all@here.example")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	outcomes, found := make([]queue.Outcome, 1), w.found(e)
	if err := w.Deliver(cancelled, e, []int{0}, found, outcomes); !errors.Is(err, context.Canceled) {
		t.Fatalf("cancelled: %v", err)
	}
	if n := len(w.inbox("an")) + len(w.inbox("binh")); n != 0 || w.queue.Len() != 1 {
		t.Errorf("cancelled: %d copies, %d entries", n, w.queue.Len())
	}
	if got := w.deliver(e); got != "delivered 250" {
		t.Error(got)
	}
	if n := len(w.inbox("an")) + len(w.inbox("binh")); n != 2 || w.queue.Len() != 1 {
		t.Errorf("%d copies, %d entries", n, w.queue.Len())
	}
}

func BenchmarkDeliver(b *testing.B) {
	w := newWorld(b)
	_, err := w.dir.AddDomain(context.Background(), directory.Domain{Name: "here.example"})
	w.must(err)
	for i := range 100 {
		w.account(directory.Account{Address: fmt.Sprintf("u%d@here.example", i)})
	}
	text := letter + strings.Repeat("0123456789abcdef\r\n", 200)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		b.StopTimer()
		e := w.add(text, true, nil, fmt.Sprintf("u%d@here.example", i%100))
		outcomes, found := make([]queue.Outcome, 1), w.found(e)
		b.StartTimer()
		if err := w.Deliver(context.Background(), e, []int{0}, found, outcomes); err != nil {
			b.Fatal(err)
		}
		w.queue.Settled(e)
	}
}
