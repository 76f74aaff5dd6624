package mta_test

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"tram/internal/agent/mta"
	"tram/internal/agent/mta/smtptest"
	"tram/internal/directory"
	"tram/internal/mail/smtpwire"
	"tram/internal/queue"
)

// inside is the network of the lab's own clients.
var inside = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}

// policed gives the lab rules, an intake that obeys them, and the policy of
// port 25 over it.
func (l *lab) policed(rules directory.Rules, change ...func(*mta.ReceiverOptions)) *mta.Receiver {
	l.t.Helper()
	l.must(l.dir.ChangeRules(l.t.Context(), directory.Rules{}, rules))
	l.intake = mta.NewIntake(mta.IntakeOptions{
		Hostname: l.options.Hostname, Blobs: l.blobs, Queue: l.queue, Directory: l.dir, Networks: inside, Counters: l.counts, Log: l.options.Log,
	})
	o := mta.ReceiverOptions{Intake: l.intake, Directory: l.dir, Usage: l.mail, Networks: inside, Counters: l.counts, Log: l.options.Log}
	for _, fn := range change {
		fn(&o)
	}
	return mta.NewReceiver(o)
}

// own is a client of ours on port 25.
func own() *smtpwire.Peer {
	p := peer()
	p.Remote = netip.MustParseAddrPort("10.0.0.7:4000")
	return p
}

// user is somebody who has logged in.
func user() *smtpwire.Peer {
	p := peer()
	p.User, p.Account = "an@here.example", 1
	return p
}

// hand gives mail to a receiver and returns the entry that it became.
func (l *lab) hand(r *mta.Receiver, p *smtpwire.Peer, e *smtpwire.Envelope, text string) *queue.Entry {
	l.t.Helper()
	ctx := context.Background()
	l.must(r.Mail(ctx, p, e))
	rcpts := e.Rcpts
	e.Rcpts = nil
	for _, rcpt := range rcpts {
		l.must(r.Rcpt(ctx, p, e, rcpt))
		e.Rcpts = append(e.Rcpts, rcpt)
	}
	_, err := r.Data(ctx, p, e, strings.NewReader(text))
	l.must(err)
	entry, err := l.queue.TryNext(ctx)
	l.must(err)
	if entry != nil {
		l.t.Cleanup(func() { l.queue.Release(entry) })
	}
	return entry
}

func recipients(e *queue.Entry) (list []string) {
	for i := range e.Rcpts {
		list = append(list, e.Rcpts[i].To.String())
	}
	return list
}

var rewriting = directory.Rules{Rewrites: []directory.Rewrite{
	{Kind: directory.Canonical, Match: "ann@here.example", To: "an@here.example"},
	{Kind: directory.CanonicalSender, Match: "an@intern.example", To: "an.nguyen@here.example"},
	{Kind: directory.CanonicalRecipient, Match: "sales@here.example", To: "an@here.example"},
	{Kind: directory.Masquerade, Match: "here.example", To: "here.example", Except: []string{"root"}},
}}

const writtenInside = "Received: from pc\r\nFrom: \"An, N.\" <an@intern.example>,\r\n\troot@pc.here.example\r\nTo: sales@here.example (Sales), x@far.example\r\n" +
	"Subject: mail for sales@here.example\r\nReply-To: an@pc.here.example\r\n\r\nWrite to sales@here.example\r\n"

// TestRewriteHeader: the header of our own clients is rewritten, and nothing
// but its addresses changes.
func TestRewriteHeader(t *testing.T) {
	l := newLab(t, "")
	r := l.policed(rewriting)
	e := l.hand(r, own(), l.envelope("an@intern.example", "sales@here.example", "x@far.example"), writtenInside)
	want := strings.NewReplacer(
		"<an@intern.example>", "<an.nguyen@here.example>",
		"To: sales@here.example", "To: an@here.example",
		"Reply-To: an@pc.here.example", "Reply-To: an@here.example",
	).Replace(writtenInside)
	if got := l.body(e); !strings.HasSuffix(got, "\r\n"+want) {
		t.Errorf("%q\nwant at the end\n%q", got, want)
	}
	if e.Sender.String() != "an.nguyen@here.example" || !slices.Equal(recipients(e), []string{"an@here.example", "x@far.example"}) {
		t.Errorf("from %s to %v", e.Sender, recipients(e))
	}
	if e.Rcpts[0].ORcpt != "rfc822;sales@here.example" || e.Rcpts[1].ORcpt != "" {
		t.Errorf("original recipients %q and %q", e.Rcpts[0].ORcpt, e.Rcpts[1].ORcpt)
	}
}

// TestRewriteStranger: the envelope of a stranger is rewritten, his header is
// his.
func TestRewriteStranger(t *testing.T) {
	l := newLab(t, "")
	r := l.policed(rewriting)
	env := l.envelope("an@intern.example", "sales@here.example", "ann@here.example")
	env.Rcpts[1].ORcpt = "rfc822;first@far.example"
	e := l.hand(r, peer(), env, writtenInside)
	if got := l.body(e); !strings.HasSuffix(got, "\r\n"+writtenInside) {
		t.Errorf("%q", got)
	}
	if e.Sender.String() != "an.nguyen@here.example" || !slices.Equal(recipients(e), []string{"an@here.example"}) {
		t.Errorf("from %s to %v: two recipients that became one get it once", e.Sender, recipients(e))
	}
}

// TestOriginalRecipientStays: ORCPT of the client is kept through rewriting.
func TestOriginalRecipientStays(t *testing.T) {
	l := newLab(t, "")
	r := l.policed(rewriting)
	env := l.envelope("a@there.example", "ann@here.example")
	env.Rcpts[0].ORcpt = "rfc822;first@far.example"
	if e := l.hand(r, peer(), env, letter); e.Rcpts[0].ORcpt != "rfc822;first@far.example" {
		t.Errorf("%q", e.Rcpts[0].ORcpt)
	}
}

// TestOddHeaders: what is no header, or too large a one, passes as it is.
func TestOddHeaders(t *testing.T) {
	l := newLab(t, "")
	r := l.policed(rewriting)
	for _, text := range []string{
		"", "\r\n", "\r\nTo: sales@here.example\r\n", "To: sales@here.example", "no field\r\n\r\nbody\r\n", "To\r\n\r\n", "To:\r\n\r\n",
		"To: <sales@here.example\r\n\r\n", ": x\r\n\r\n", "To: sales@here.example\r\n",
		"X: " + strings.Repeat(strings.Repeat("x", 900)+"\r\n ", 300) + "\r\nTo: sales@here.example\r\n\r\n",
	} {
		e := l.hand(r, own(), l.envelope("a@there.example", "an@here.example"), text)
		if got := l.body(e); !strings.HasSuffix(got, "\r\n"+text) {
			t.Errorf("%.60q became %.300q", text, got)
		}
	}
}

// TestCopies: who gets a copy is one more recipient, of whom nobody hears.
func TestCopies(t *testing.T) {
	l := newLab(t, "")
	r := l.policed(directory.Rules{Copies: []directory.Copy{
		{By: directory.CopyBySender, Match: "an@here.example", To: "audit@far.example"},
		{By: directory.CopyByRecipient, Match: ".example", To: "archive@here.example"},
		{By: directory.CopyAlways, To: "an@here.example"},
	}})
	e := l.hand(r, own(), l.envelope("an@here.example", "x@far.example", "an@here.example"), letter)
	if got := recipients(e); !slices.Equal(got, []string{"x@far.example", "an@here.example", "audit@far.example", "archive@here.example"}) {
		t.Errorf("%v", got)
	}
	for i, notify := range []string{"", "", "NEVER", "NEVER"} {
		if e.Rcpts[i].Notify != notify {
			t.Errorf("%s: notify %q", e.Rcpts[i].To, e.Rcpts[i].Notify)
		}
	}
	if strings.Contains(l.body(e), "audit") {
		t.Error("the message tells of the copy")
	}
}

// TestHoldAndDiscard: what access rules hold is in the queue and rests; what
// they discard is gone, for that recipient only.
func TestHoldAndDiscard(t *testing.T) {
	l := newLab(t, "")
	r := l.policed(directory.Rules{Access: []directory.Access{
		{By: directory.ByMailFrom, Match: "odd.example", Action: "hold look at it first"},
		{By: directory.ByRcptTo, Match: "an+waste@here.example", Action: "discard"},
	}})
	if e := l.hand(r, peer(), l.envelope("a@there.example", "an+waste@here.example"), letter); e != nil {
		t.Errorf("queued for %v", recipients(e))
	}
	l.wait(1, "discarded", "from=<a@there.example>")
	e := l.hand(r, peer(), l.envelope("a@there.example", "an+waste@here.example", "an@here.example"), letter)
	if got := recipients(e); !slices.Equal(got, []string{"an@here.example"}) {
		t.Errorf("%v", got)
	}
	if e := l.hand(r, peer(), l.envelope("a@odd.example", "an@here.example"), letter); e != nil {
		t.Error("mail on hold is handed out")
	}
	n := 0
	l.must(l.queue.Select(t.Context(), queue.Filter{States: []queue.State{queue.Held}}, func(held queue.Listed) error {
		n++
		if held.HoldReason != "look at it first" {
			t.Errorf("held because %q", held.HoldReason)
		}
		return nil
	}))
	if n != 1 {
		t.Errorf("%d entries on hold", n)
	}
}

// TestParameters: what MAIL asks for reaches the queue, as far as the client
// may ask.
func TestParameters(t *testing.T) {
	l := newLab(t, "")
	r := l.policed(directory.Rules{})
	asked := smtpwire.MailParams{
		Body: smtpwire.BodyBinaryMIME, RequireTLS: true, Priority: 9, PrioritySet: true, Ret: "FULL", EnvID: "e",
		By: smtpwire.ByTime{Set: true, Seconds: 600, Mode: 'R', Trace: true},
	}
	env := l.envelope("a@there.example", "an@here.example")
	env.FromParams = asked
	e := l.hand(r, peer(), env, letter)
	if !e.Binary || !e.RequireTLS || e.Priority != 0 || e.Ret != "FULL" || e.EnvID != "e" || !e.By.Return || !e.By.Trace || time.Until(e.By.Until) < 9*time.Minute {
		t.Errorf("a stranger: %+v", e.Message)
	}
	env = l.envelope("a@there.example", "an@here.example")
	env.FromParams = asked
	if e := l.hand(r, own(), env, letter); e.Priority != 6 {
		t.Errorf("one of ours: priority %d", e.Priority)
	}
	env.FromParams.Priority = -5
	if e := l.hand(r, peer(), env, letter); e.Priority != -5 {
		t.Errorf("a stranger who waits: priority %d", e.Priority)
	}
}

// TestFutureRelease: only clients of ours may leave mail in our queue, and not
// for ever (RFC 4865).
func TestFutureRelease(t *testing.T) {
	l := newLab(t, "")
	r := l.policed(directory.Rules{})
	env := l.envelope("a@there.example", "an@here.example")
	env.FromParams.HoldFor = time.Hour
	wantReply(t, r.Mail(t.Context(), peer(), env), "550 5.7.1")
	if e := l.hand(r, own(), env, letter); e != nil {
		t.Error("released at once")
	}
	env.FromParams.HoldFor = queue.MaxRelease + time.Hour
	wantReply(t, r.Mail(t.Context(), own(), env), "501 5.5.4")
}

func wantReply(t *testing.T, err error, want string) {
	t.Helper()
	got := ""
	if err != nil {
		got = err.Error()
	}
	if !strings.HasPrefix(got, want) || want == "" && got != "" {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestPolicy: who is taken for whom by which rule.
func TestPolicy(t *testing.T) {
	l := newLab(t, "")
	ctx := t.Context()
	_, err := l.dir.AddDomain(ctx, directory.Domain{Name: "inner.example", Kind: directory.Relayed})
	l.must(err)
	_, err = l.dir.AddList(ctx, directory.List{Address: "staff@here.example", Owner: "an@here.example", Members: []string{"Binh@there.example"}, MembersOnly: true})
	l.must(err)
	r := l.policed(directory.Rules{
		Access: []directory.Access{
			{By: directory.ByClient, Match: "192.0.2.0/24", Action: "reject 554 5.7.1 Your network sends spam"},
			{By: directory.ByClient, Match: "192.0.2.66", Action: "relay"},
			{By: directory.ByClient, Match: "192.0.2.67", Action: "ok"},
			{By: directory.ByHelo, Match: "friend.example", Action: "reject 550 5.7.1 You are not my friend"},
			{By: directory.ByMailFrom, Match: "spam.example", Action: "defer Not now"},
			{By: directory.ByMailFrom, Match: "<>", Action: "reject 550 5.7.1 No notifications here"},
			{By: directory.ByRcptTo, Match: "postmaster@here.example", Action: "ok"},
			{By: directory.ByRcptTo, Match: "open.example", Action: "relay"},
		},
		Routes:   []directory.Route{{By: directory.ByRecipient, Match: "gone.example", NextHop: "error:5.1.6 The company has moved"}},
		Rewrites: []directory.Rewrite{{Kind: directory.CanonicalRecipient, Match: "far.example", To: "here.example"}},
	})
	tests := []struct{ client, helo, from, to, want string }{
		{"198.51.100.1", "", "a@there.example", "an@here.example", ""},
		{"192.0.2.1", "", "a@there.example", "an@here.example", "554 5.7.1 Your network"},
		{"192.0.2.1", "", "a@there.example", "postmaster@here.example", ""},
		{"192.0.2.66", "", "a@there.example", "x@elsewhere.example", ""},
		{"192.0.2.67", "", "a@there.example", "x@elsewhere.example", "550 5.7.1 Relaying"},
		{"192.0.2.67", "", "a@spam.example", "an@here.example", ""},
		{"198.51.100.1", "friend.example", "a@there.example", "an@here.example", "550 5.7.1 You are not"},
		{"198.51.100.1", "", "a@spam.example", "an@here.example", "450 4.7.1 Not now"},
		{"198.51.100.1", "", "", "an@here.example", "550 5.7.1 No notifications"},
		{"198.51.100.1", "", "a@there.example", "x@open.example", ""},
		{"198.51.100.1", "", "a@there.example", "x%far.example@open.example", "550 5.7.1 Relaying"},
		{"198.51.100.1", "", "a@there.example", "x@inner.example", ""},
		{"10.0.0.1", "", "a@there.example", "x@gone.example", "550 5.1.6 The company"},
		{"198.51.100.1", "", "a@there.example", "an@far.example", ""},
		{"198.51.100.1", "", "a@there.example", "nobody@far.example", "550 5.1.1"},
		{"198.51.100.1", "", "binh@there.example", "staff@here.example", ""},
		{"198.51.100.1", "", "a@there.example", "staff@here.example", "550 5.7.2 Only members"},
	}
	for _, test := range tests {
		p := peer()
		p.Remote, p.Helo = netip.AddrPortFrom(netip.MustParseAddr(test.client), 1), test.helo
		err := r.Rcpt(ctx, p, &smtpwire.Envelope{From: parse(t, test.from)}, smtpwire.Rcpt{To: parse(t, test.to)})
		t.Logf("%v", test)
		wantReply(t, err, test.want)
	}
}

// TestPressure: a server that is short of something refuses mail at once.
func TestPressure(t *testing.T) {
	l := newLab(t, "")
	r := l.policed(directory.Rules{}, func(o *mta.ReceiverOptions) { o.Pressure = pressed{} })
	env := l.envelope("a@there.example", "an@here.example")
	wantReply(t, r.Mail(t.Context(), peer(), env), "452 4.3.1")
	_, err := r.Data(t.Context(), peer(), env, strings.NewReader(letter))
	wantReply(t, err, "452 4.3.1")
}

type pressed struct{}

func (pressed) Check(int64) *smtpwire.Reply { return smtpwire.NewReply(452, "4.3.1", "No room") }

// TestGeneric: mail for other hosts leaves with other senders, in envelope and
// header, and mail for our own users does not.
func TestGeneric(t *testing.T) {
	l := newLab(t, "")
	sink := l.host("127.0.0.3", smtptest.Options{Extensions: append([]string{"AUTH PLAIN"}, smtptest.DefaultExtensions...)})
	r := l.policed(directory.Rules{
		Rewrites:    []directory.Rewrite{{Kind: directory.Generic, Match: "an@here.example", To: "an.nguyen@public.example"}},
		Routes:      []directory.Route{{By: directory.ByRecipient, Match: "far.example", NextHop: fmt.Sprintf("smtp:[127.0.0.3]:%d tls=none", sink.Addr().Port())}},
		Credentials: []directory.Credential{{Host: "127.0.0.3", User: "gate", Password: "secret"}},
	})
	text := "From: An <an@here.example>\r\nTo: an@here.example\r\n\r\nan@here.example\r\n"
	e := l.hand(r, own(), l.envelope("an@here.example", "x@far.example", "an@here.example"), text)
	l.queue.Release(e)
	l.start()
	l.drained()
	got := sink.Messages()
	if len(got) != 1 || !strings.HasPrefix(got[0].From, "<an.nguyen@public.example>") || got[0].User != "gate" {
		t.Fatalf("%+v", got)
	}
	want := strings.Replace(text, "An <an@here.example>", "An <an.nguyen@public.example>", 1)
	if !strings.HasSuffix(string(got[0].Text), "\r\n"+want) {
		t.Errorf("%q", got[0].Text)
	}
	if box := l.inbox(); len(box) != 1 || !strings.Contains(box[0], "From: An <an@here.example>") {
		t.Errorf("%q", box)
	}
}

// TestBarePostmaster: <postmaster> gets mail wherever it is sent (RFC 5321 4.5.1).
func TestBarePostmaster(t *testing.T) {
	l := newLab(t, twoHouses)
	at := l.door("127.0.0.2")
	l.start()
	conn, r := l.knock(at.String())
	for _, line := range []string{"MAIL FROM:<>\r\n", "RCPT TO:<PostMaster>\r\n"} {
		if reply := l.say(conn, r, line); !strings.HasPrefix(reply, "250") {
			t.Fatalf("%s: %s", line, reply)
		}
	}
	l.say(conn, r, "DATA\r\n")
	l.say(conn, r, letter+".\r\n")
	l.drained()
	if n := len(l.inbox()); n != 1 {
		t.Errorf("%d messages for the postmaster", n)
	}
}

// TestClientNames: rules about host names of clients count only for names that
// lead back to the client.
func TestClientNames(t *testing.T) {
	l := newLab(t, `
		7.2.0.192.in-addr.arpa. PTR mail.friend.example.
		mail.friend.example.    A   192.0.2.7
		8.2.0.192.in-addr.arpa. PTR mail.friend.example.
	`)
	agent, err := mta.New(l.options)
	l.must(err)
	r := l.policed(directory.Rules{Access: []directory.Access{{By: directory.ByClient, Match: ".friend.example", Action: "relay"}}},
		func(o *mta.ReceiverOptions) { o.Names = agent.NameOf })
	for client, want := range map[string]string{"192.0.2.7": "", "192.0.2.8": "550 5.7.1", "192.0.2.9": "550 5.7.1"} {
		p := peer()
		p.Remote = netip.AddrPortFrom(netip.MustParseAddr(client), 1)
		wantReply(t, ask(t, r, p, "x@far.example"), want)
	}
}
