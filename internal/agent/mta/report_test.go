package mta_test

import (
	"bytes"
	"context"
	"io"
	"mime/quotedprintable"
	"strings"
	"testing"
	"time"

	"tram/internal/agent/mta/smtptest"
	"tram/internal/directory"
	"tram/internal/mail/message"
	"tram/internal/queue"
)

// notice is the one notification in the mailbox.
func (l *lab) notice() string {
	l.t.Helper()
	l.wait(1, "delivered", "from=<>")
	inbox := l.inbox()
	if len(inbox) != 1 || !strings.HasPrefix(inbox[0], "Return-Path: <>\r\n") {
		l.t.Fatalf("%d messages: %q", len(inbox), inbox)
	}
	return inbox[0]
}

// contains checks a text for what must be in it, wherever its lines break.
func contains(t *testing.T, text string, wants ...string) {
	t.Helper()
	words := func(s string) string { return " " + strings.Join(strings.Fields(s), " ") + " " }
	plain := words(text)
	for _, want := range wants {
		if !strings.Contains(plain, strings.TrimSpace(words(want))) {
			t.Errorf("lacks %q in\n%s", want, text)
			return
		}
	}
}

// letterOf is what people read of a notification.
func letterOf(t *testing.T, notice string) string {
	t.Helper()
	d, err := message.Scan(strings.NewReader(notice))
	if err != nil {
		t.Fatal(err)
	}
	table, err := message.Parts(d.Parts)
	if err != nil {
		t.Fatal(err)
	}
	part, _ := table.Find([]int{1})
	text, err := io.ReadAll(quotedprintable.NewReader(bytes.NewReader([]byte(notice)[part.BodyStart:part.BodyEnd])))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// put queues the letter as a message with all that the queue knows.
func (l *lab) put(change func(*queue.Message)) queue.ID {
	l.t.Helper()
	ctx := context.Background()
	w, err := l.blobs.Create(ctx)
	l.must(err)
	defer w.Abort()
	_, err = io.WriteString(w, letter)
	l.must(err)
	body, err := w.Commit(ctx)
	l.must(err)
	m := queue.Message{Sender: parse(l.t, "an@here.example"), Rcpts: []queue.Rcpt{{To: parse(l.t, "x@two.example")}}, Body: body, Size: int64(len(letter))}
	change(&m)
	id, err := l.queue.Add(ctx, m)
	l.must(err)
	return id
}

// TestPassedOn: who asked for success hears that a host without DSN has the
// message; from a host with DSN he will hear by himself.
func TestPassedOn(t *testing.T) {
	for _, extensions := range [][]string{{"PIPELINING"}, {"PIPELINING", "DSN"}} {
		l := newLab(t, zone)
		host := l.host("127.0.0.2", smtptest.Options{Extensions: extensions})
		l.start()
		l.put(func(m *queue.Message) {
			m.EnvID = "envelope-7"
			m.Rcpts[0].Notify, m.Rcpts[0].ORcpt = "SUCCESS,DELAY", "rfc822;old@two.example"
		})
		host.Wait(t, 1, patience)
		l.wait(1, "delivered", "to=<x@two.example>")
		if len(extensions) > 1 {
			l.drained()
			if n := len(l.inbox()); n != 0 {
				t.Errorf("%d notifications, though the host has the duty", n)
			}
			contains(t, strings.Join(host.Commands(), "\n"), "NOTIFY=SUCCESS,DELAY", "ORCPT=rfc822;old@two.example", "ENVID=envelope-7")
			continue
		}
		notice := l.notice()
		contains(t, notice, "Action: relayed\r\n", "Status: 2.0.0\r\n", "Original-Recipient: rfc822; old@two.example\r\n",
			"Original-Envelope-Id: envelope-7\r\n", "Remote-MTA: dns; live.two.example\r\n", "Content-Type: text/rfc822-headers")
		if strings.Contains(notice, "How are you?") {
			t.Error("the body came back though nothing failed")
		}
		contains(t, letterOf(t, notice), "Your message was passed on", "đã được chuyển tiếp", "Subject: hello")
		if commands := strings.Join(host.Commands(), "\n"); strings.Contains(commands, "NOTIFY") || strings.Contains(commands, "ENVID") {
			t.Errorf("RFC 3461 5.2.2 (a): %s", commands)
		}
		if n := l.counts.ToldSuccess.Load(); n != 1 {
			t.Errorf("counted %d", n)
		}
	}
}

// TestLate: one warning, with the time up to which it is tried, and no second
// one; then the end.
func TestLate(t *testing.T) {
	t.Parallel() // the queue puts nothing off for less than five seconds
	l := newLab(t, zone)
	l.host("127.0.0.2", smtptest.Options{Reply: func(step, _ string) string {
		if step == "RCPT" {
			return "450 4.2.2 mailbox full"
		}
		return ""
	}})
	l.reopenQueue(queue.Options{Retry: []time.Duration{time.Millisecond}, WarnAfter: time.Nanosecond, Expiry: time.Hour})
	l.start()
	l.put(func(m *queue.Message) {
		m.Rcpts = append(m.Rcpts, queue.Rcpt{To: parse(t, "y@two.example"), Notify: "FAILURE"})
	})
	l.wait(4, "deferred") // both of them, twice
	notice := l.notice()
	contains(t, notice, "Action: delayed\r\n", "Status: 4.2.2\r\n", "Will-Retry-Until: ", "Final-Recipient: rfc822; x@two.example")
	contains(t, letterOf(t, notice), "only a warning", "The recipient's mailbox is full", "Đây chỉ là lời báo", "It is tried until")
	if strings.Contains(notice, "y@two.example") {
		t.Error("tells of a recipient that nobody wants to hear of")
	}
	if n := l.counts.ToldDelayed.Load(); n != 1 {
		t.Errorf("warned %d times", n)
	}
}

// TestDeadline: a message that must be there in time goes back when it is not
// (by-mode R), or its sender is told (N).
func TestDeadline(t *testing.T) {
	tests := []struct {
		name    string
		by      queue.DeliverBy
		notices []string
	}{
		{"over at once", queue.DeliverBy{Until: time.Now().Add(-time.Second), Return: true}, []string{"Action: failed\r\n", "Status: 5.4.7\r\n", "Deliver-By-Date: "}},
		{"over, but goes on", queue.DeliverBy{Until: time.Now().Add(-time.Second)}, []string{"Action: delayed\r\n", "Status: 4.4.7\r\n", "Deliver-By-Date: "}},
	}
	for _, test := range tests {
		l := newLab(t, zone)
		host := l.host("127.0.0.2", smtptest.Options{Reply: func(step, _ string) string {
			if step == "MAIL" {
				return "451 4.3.0 not now"
			}
			return ""
		}})
		l.start()
		l.put(func(m *queue.Message) { m.By = test.by })
		notice := l.notice()
		contains(t, notice, test.notices...)
		contains(t, letterOf(t, notice), "The time within which the message had to be delivered is over")
		if test.by.Return == (host.Connections() > 0) {
			t.Errorf("%s: %d connections", test.name, host.Connections())
		}
	}
}

// TestDoubleBounce: a notification that cannot be delivered goes to the
// postmaster, in full; and when he cannot be reached either, that is the end.
func TestDoubleBounce(t *testing.T) {
	l := newLab(t, zone)
	l.start()
	l.send("nobody@null.example", "x@null.example")
	notice := l.notice()
	contains(t, notice, "To: <postmaster@mx.here.example>", "Final-Recipient: rfc822; nobody@null.example", "Subject: Undelivered mail / ", "How are you?", "Content-Type: message/rfc822")
	contains(t, letterOf(t, notice), "to its postmaster", "gửi người quản trị")
	l.drained()

	l = newLab(t, zone) // where the postmaster reads his mail elsewhere
	var err error
	l.dir, err = directory.Open(t.Context(), l.db, directory.Options{Postmaster: parse(t, "away@null.example")})
	l.must(err)
	l.options.Directory = l.dir
	l.reopenQueue(queue.Options{})
	l.start()
	l.send("nobody@null.example", "x@null.example")
	l.wait(1, "double bounce dropped")
	l.drained()
	if n := l.counts.DoubleBounces.Load(); n != 2 {
		t.Errorf("%d double bounces", n)
	}
}

// TestGlobalNotice: a message with SMTPUTF8 is reported in the forms of RFC
// 6533, with the addresses as they are.
func TestGlobalNotice(t *testing.T) {
	l := newLabOf(t, zone, "here.example", "thư")
	l.host("127.0.0.2", smtptest.Options{Extensions: []string{"PIPELINING"}})
	l.start()
	l.put(func(m *queue.Message) {
		m.Sender, m.SMTPUTF8, m.Rcpts[0].To = parse(t, "thư@here.example"), true, parse(t, "bạn@two.example")
	})
	l.wait(1, "bounced", "5.6.7")
	l.wait(1, "delivered", "from=<>", "to=<thư@here.example>")
	text := l.inboxOf("thư@here.example")[0]
	contains(t, text, "To: <thư@here.example>", "Content-Type: message/global-delivery-status", "Final-Recipient: utf-8; bạn@two.example", "Status: 5.6.7", "Content-Type: message/global\r\n")
	contains(t, letterOf(t, text), "letters with accents", "chữ không dấu")
}

// TestThrownAwayAndHeld: what routes do without any host.
func TestThrownAwayAndHeld(t *testing.T) {
	l := newLab(t, zone)
	l.must(l.dir.ChangeRules(t.Context(), directory.Rules{}, directory.Rules{Routes: []directory.Route{
		{By: directory.ByRecipient, Match: "away.example", NextHop: "discard"},
		{By: directory.ByRecipient, Match: "wait.example", NextHop: "hold until Monday"},
	}}))
	l.start()
	e := l.envelope("an@here.example", "x@away.example", "y@wait.example", "an@here.example")
	for i := range e.Rcpts {
		e.Rcpts[i].Notify = "SUCCESS"
	}
	id := l.sendAs(e, letter)
	l.wait(1, "discarded", "id="+id, "to=<x@away.example>")
	l.wait(1, "held", "id="+id)
	l.wait(1, "delivered", "to=<an@here.example>")
	for deadline := time.Now().Add(patience); l.queue.Stats().Held != 1; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the queue: %+v", l.queue.Stats())
		}
	}
	if n := l.counts.ToldSuccess.Load(); n > 1 {
		t.Errorf("%d are told of, of one delivered", n)
	}
}
