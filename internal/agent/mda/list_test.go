package mda_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tram/internal/directory"
	"tram/internal/mail/address"
	"tram/internal/queue"
)

func (w *world) list(l directory.List) {
	w.t.Helper()
	_, err := w.dir.AddList(w.t.Context(), l)
	w.must(err)
}

// TestList: one message for each member, with the lines of the list and an
// envelope sender that names the member.
func TestList(t *testing.T) {
	w := newWorld(t)
	w.people("an", "binh")
	w.list(directory.List{Address: "staff@here.example", Owner: "binh@here.example", Description: "Nhân viên", Members: []string{"an@here.example", "x@far.example"}})
	e := w.add(letter, true, func(m *queue.Message) {
		m.EnvID, m.Ret = "42", "FULL"
		m.Rcpts[0].Notify, m.Rcpts[0].ORcpt = "DELAY", "rfc822;staff@here.example"
		m.By = queue.DeliverBy{Until: time.Now().Add(time.Hour), Return: true}
	}, "staff@here.example")
	if got := w.deliver(e); got != "delivered 250" {
		t.Fatal(got)
	}
	lines := "Delivered-To: staff@here.example\r\n" +
		"List-Id: =?utf-8?b?TmjDom4gdmnDqm4=?=\r\n <staff.here.example>\r\n" +
		"List-Post: <mailto:staff@here.example>\r\n" +
		"List-Owner: <mailto:staff-owner@here.example>\r\n" +
		"List-Unsubscribe: <mailto:staff-owner@here.example?subject=unsubscribe>\r\n" +
		"Precedence: list\r\n"
	for range 2 {
		e := w.next()
		r := e.Rcpts[0]
		want := "<staff-bounces+" + strings.Replace(r.To.String(), "@", "=", 1) + "@here.example>"
		if e.Sender.Path() != want || len(e.Rcpts) != 1 {
			t.Errorf("%s for %v", e.Sender.Path(), e.Rcpts)
		}
		if e.EnvID != "" || e.Ret != "HDRS" || r.Notify != "" || r.ORcpt != "" || e.By != (queue.DeliverBy{}) {
			t.Errorf("the author's wishes go on: %+v", e.Message)
		}
		if string(e.Header) != lines {
			t.Errorf("%q", e.Header)
		}
		if r.To.Local != "an" {
			continue
		}
		if got := w.deliver(e); got != "delivered 250" {
			t.Error(got)
		}
	}
	want := "Return-Path: <staff-bounces+an=here.example@here.example>\r\nDelivered-To: an@here.example\r\n" + lines + letter
	if got := w.inbox("an"); len(got) != 1 || got[0] != want {
		t.Errorf("%q", got)
	}
	// A bounce reaches the owner.
	bounce := w.add(letter, true, func(m *queue.Message) { m.Sender = address.Address{} }, "staff-bounces+x=far.example@here.example")
	if got := w.deliver(bounce); got != "delivered 250" || len(w.inbox("binh")) != 1 {
		t.Errorf("bounce: %s, binh has %d", got, len(w.inbox("binh")))
	}
}

// TestListMembersOnly: the envelope and the author both count.
func TestListMembersOnly(t *testing.T) {
	w := newWorld(t)
	w.people("an", "binh")
	w.list(directory.List{Address: "staff@here.example", Owner: "binh@here.example", MembersOnly: true, Members: []string{"an@here.example", "x@far.example"}})
	for _, test := range []struct{ sender, user, from, want string }{
		{"an@here.example", "", "AN@Here.Example", "delivered 250"},
		{"x@far.example", "", "X <x@far.example>, an@here.example", "delivered 250"},
		{"binh@here.example", "", "binh@here.example", "delivered 250"}, // the owner
		{"bounce@far.example", "an@here.example", "an@here.example", "delivered 250"},
		{"an@here.example", "", "y@far.example", "failed 550"},
		{"an@here.example", "", "an@here.example, y@far.example", "failed 550"},
		{"y@far.example", "", "an@here.example", "failed 550"},
		{"y@far.example", "z@far.example", "an@here.example", "failed 550"},
		{"an@here.example", "", "", "failed 550"},
		{"an@here.example", "", "an@here.example\r\nFrom: y@far.example", "failed 550"},
		{"an@here.example", "", "an@here.example <y@far.example>", "failed 550"},
	} {
		text := "Subject: x\r\nFrom: " + test.from + "\r\n\r\nbody\r\n"
		e := w.add(text, true, func(m *queue.Message) {
			m.Sender, m.Origin.User = to(t, test.sender), test.user
		}, "staff@here.example")
		if got := w.deliver(e); got != test.want {
			t.Errorf("%+v: %s", test, got)
		}
		w.forwards()
	}
}

// TestListRefuses: a list that does not take a message fails alone.
func TestListRefuses(t *testing.T) {
	w := newWorld(t)
	w.people("an")
	w.list(directory.List{Address: "staff@here.example", Owner: "an@here.example", MembersOnly: true, Members: []string{"an@here.example"}})
	w.list(directory.List{Address: "empty@here.example", Owner: "an@here.example"})
	w.alias("both@here.example", "an@here.example", "staff@here.example")
	if got := w.deliver(w.add(letter, true, nil, "both@here.example")); got != "delivered 250" {
		t.Error(got)
	}
	rest := w.next()
	if got := w.deliver(rest); rest.Rcpts[0].To.String() != "staff@here.example" || got != "failed 550" {
		t.Errorf("%v: %s", rest.Rcpts, got)
	}
	if got := w.deliver(w.add(letter, true, nil, "empty@here.example")); got != "failed 550" {
		t.Errorf("no members: %s", got)
	}
	loop := "Delivered-To: staff@here.example\r\n" + letter
	if got := w.deliver(w.add(loop, false, nil, "staff@here.example")); got != "failed 554" {
		t.Errorf("loop: %s", got)
	}
}

// TestListBounce: what comes from the null sender is for the owner, not for the
// members.
func TestListBounce(t *testing.T) {
	w := newWorld(t)
	w.people("an")
	w.list(directory.List{Address: "staff@here.example", Owner: "an@here.example", Members: []string{"x@far.example"}})
	e := w.add(letter, true, func(m *queue.Message) { m.Sender = address.Address{} }, "staff@here.example")
	if got := w.deliver(e); got != "delivered 250" {
		t.Error(got)
	}
	if got := w.forwards(); got != "<staff-owner@here.example>" {
		t.Errorf("%s", got)
	}
}

// TestListInList: the inner list's fields take the place of the outer one's,
// and of those that an author made up.
func TestListInList(t *testing.T) {
	for _, hint := range []bool{true, false} {
		w := newWorld(t)
		w.people("an")
		w.list(directory.List{Address: "outer@here.example", Owner: "an@here.example", Members: []string{"inner@here.example"}})
		w.list(directory.List{Address: "inner@here.example", Owner: "an@here.example", Members: []string{"an@here.example"}})
		forged := "Subject: hello\r\nlist-id:\r\n <evil.example>\r\nFrom: a@there.example\r\nList-Archive: <x>\r\nPrecedence: bulk\r\n\r\nList-Id: in the body\r\n"
		e := w.add(forged, hint, nil, "outer@here.example")
		for range 3 { // outer, inner, an
			if got := w.deliver(e); got != "delivered 250" {
				t.Fatal(got)
			}
			if len(w.inbox("an")) == 0 {
				e = w.next()
			}
		}
		text := w.inbox("an")[0]
		header, body, _ := strings.Cut(text, "\r\n\r\n")
		for want, n := range map[string]int{
			"List-Id: <inner.here.example>": 1, "List-Id": 1, "list-id": 0, "Precedence: list": 1, "Precedence": 1,
			"List-Archive: <x>": 1, "Delivered-To: outer@": 1, "Delivered-To: inner@": 1, "evil": 0, "Subject: hello\r\nFrom: a@there": 1,
		} {
			if strings.Count(header, want) != n {
				t.Errorf("hint %v: %q is there %d times, want %d\n%s", hint, want, strings.Count(header, want), n, header)
			}
		}
		if body != "List-Id: in the body\r\n" {
			t.Errorf("%q", body)
		}
	}
}

// TestListLong: 5,000 members in one commit, quickly.
func TestListLong(t *testing.T) {
	w := newWorld(t)
	w.people("an")
	l := directory.List{Address: "all@here.example", Owner: "an@here.example"}
	for i := range directory.MaxMembers {
		l.Members = append(l.Members, fmt.Sprintf("user%04d@far.example", i))
	}
	w.list(l)
	e := w.add(letter, true, nil, "all@here.example")
	began := time.Now()
	if got := w.deliver(e); got != "delivered 250" {
		t.Fatal(got)
	}
	took := time.Since(began)
	t.Logf("%d members: %v", len(l.Members), took)
	if n := w.queue.Len(); n != directory.MaxMembers {
		t.Errorf("%d entries", n)
	}
	if took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}
