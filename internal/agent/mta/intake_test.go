package mta_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"testing"

	"tram/internal/agent/mta"
	"tram/internal/directory"
	"tram/internal/mail/message"
	"tram/internal/mail/smtpwire"
	"tram/internal/queue"
	"tram/internal/storage/blob"
)

// TestTake: what is in the queue is what came, behind one trace field.
func TestTake(t *testing.T) {
	l := newLab(t, "")
	env := l.envelope("a@there.example", "an@here.example", "b@here.example")
	env.FromParams = smtpwire.MailParams{Ret: "HDRS", EnvID: "e 1", SMTPUTF8: true}
	env.Rcpts[0].Notify, env.Rcpts[0].ORcpt = "FAILURE", "rfc822;x@y"
	id := l.sendAs(env, letter)
	e, err := l.queue.Next(t.Context())
	l.must(err)
	defer l.queue.Release(e)
	text := l.body(e)
	if e.ID.String() != id || e.Size != int64(len(text)) || !strings.HasSuffix(text, "\r\n"+letter) || strings.Count(text, "Received: ") != 1 {
		t.Errorf("%s: %q", e.ID, text)
	}
	if e.Sender.String() != "a@there.example" || len(e.Rcpts) != 2 || e.Rcpts[0].Notify != "FAILURE" || e.Rcpts[0].ORcpt != "rfc822;x@y" ||
		e.Ret != "HDRS" || e.EnvID != "e 1" || e.Origin.Helo != "client.example" || e.Origin.Protocol != "UTF8SMTP" {
		t.Errorf("%+v", e.Message)
	}
	want, err := message.Scan(strings.NewReader(text))
	l.must(err)
	if e.Digest == nil || e.Digest.Size != want.Size || e.Digest.HeaderSize != want.HeaderSize || string(e.Digest.Envelope) != string(want.Envelope) {
		t.Errorf("digest %+v", e.Digest)
	}
	if e.EightBit || e.SMTPUTF8 {
		t.Error("a message in ASCII needs neither 8BITMIME nor SMTPUTF8")
	}
	l.wait(1, "queued", "id="+id, "from=<a@there.example>", "rcpts=2", "client=192.0.2.7")
}

// TestNature: what the message needs to travel is what is in it.
func TestNature(t *testing.T) {
	tests := []struct {
		text            string
		utf8            bool // parameter of MAIL
		eightBit, needs bool
		hint            bool
	}{
		{"A: b\r\n\r\nc\r\n", true, false, false, true},
		{"A: b\r\n\r\n\xe9\r\n", true, true, false, true},
		{"A: é\r\n\r\nc\r\n", true, true, true, true},
		{"A: é\r\n\r\nc\r\n", false, true, false, true},
		{"Delivered-To: x@y\r\n\r\nc\r\n", false, false, false, false},
		{"A: b\r\n\r\nDelivered-To: x@y\r\n", false, false, false, true},
	}
	for _, test := range tests {
		l := newLab(t, "")
		env := l.envelope("a@there.example", "an@here.example")
		env.FromParams.SMTPUTF8 = test.utf8
		l.sendAs(env, test.text)
		e, err := l.queue.Next(t.Context())
		l.must(err)
		if e.EightBit != test.eightBit || e.SMTPUTF8 != test.needs || (e.Digest != nil) != test.hint {
			t.Errorf("%q: 8bit %v, utf8 %v, hint %v", test.text, e.EightBit, e.SMTPUTF8, e.Digest != nil)
		}
		l.queue.Release(e)
	}
}

// TestHops: a hundred stations are the end of the road.
func TestHops(t *testing.T) {
	l := newLab(t, "")
	hops := func(n int) string { return strings.Repeat("received: from a\r\n\tby b\r\n", n) + letter }
	if _, err := take(l, strings.NewReader(hops(mta.MaxReceived))); err != nil {
		t.Errorf("%d hops: %v", mta.MaxReceived, err)
	}
	_, err := take(l, strings.NewReader(hops(mta.MaxReceived+1)))
	var reply *smtpwire.Reply
	if !errors.As(err, &reply) || reply.Code != 554 || reply.Enhanced != "5.4.6" {
		t.Errorf("%d hops: %v", mta.MaxReceived+1, err)
	}
	if n := l.left(); n != 1 {
		t.Errorf("%d entries", n)
	}
}

func take(l *lab, text io.Reader) (string, error) {
	return l.intake.Take(context.Background(), peer(), l.envelope("a@there.example", "an@here.example"), text)
}

// TestTakeFails: nothing is queued when the text, the store or the queue fails,
// and the client hears what is for it.
func TestTakeFails(t *testing.T) {
	refusal := smtpwire.ErrBareLF
	tests := []struct {
		name string
		text io.Reader
		blob error
		want int // code of the reply; 0 is another error
	}{
		{"text refused", io.MultiReader(strings.NewReader(letter), failing{refusal}), nil, 550},
		{"connection lost", io.MultiReader(strings.NewReader(letter), failing{io.ErrUnexpectedEOF}), nil, 0},
		{"too large", strings.NewReader(letter), blob.ErrTooLarge, 552},
		{"store failed", strings.NewReader(letter), blob.ErrFailed, 0},
	}
	for _, test := range tests {
		l := newLab(t, "")
		store := l.blobs
		if test.blob != nil {
			store = failingBlobs{l.blobs, test.blob}
		}
		intake := mta.NewIntake(mta.IntakeOptions{Hostname: "mx.here.example", Blobs: store, Queue: l.queue})
		_, err := intake.Take(t.Context(), peer(), l.envelope("", "an@here.example"), test.text)
		var reply *smtpwire.Reply
		errors.As(err, &reply)
		if err == nil || test.want != 0 && (reply == nil || reply.Code != test.want) || test.want == 0 && reply != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		if n := l.left(); n != 0 {
			t.Errorf("%s: %d entries", test.name, n)
		}
	}
	l := newLab(t, "")
	l.reopenQueue(queue.Options{MaxEntries: 1})
	l.send("", "an@here.example")
	var reply *smtpwire.Reply
	if _, err := take(l, strings.NewReader(letter)); !errors.As(err, &reply) || reply.Code != 452 || reply.Enhanced != "4.3.1" {
		t.Errorf("queue full: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// failingBlobs is a store whose commits fail.
type failingBlobs struct {
	blob.Store
	err error
}

func (f failingBlobs) Create(ctx context.Context) (blob.Writer, error) {
	w, err := f.Store.Create(ctx)
	return failingWriter{w, f.err}, err
}

type failingWriter struct {
	blob.Writer
	err error
}

func (f failingWriter) Stage(context.Context) (blob.Staged, error) { return blob.Staged{}, f.err }

// TestReceiver: whose mail is taken on port 25, and for whom.
func TestReceiver(t *testing.T) {
	l := newLab(t, "")
	ctx := t.Context()
	add := func(a directory.Account) {
		_, err := l.dir.AddAccount(ctx, a, "")
		l.must(err)
	}
	add(directory.Account{Address: "gone@here.example", Disabled: true})
	add(directory.Account{Address: "full@here.example", QuotaMessages: 1})
	add(directory.Account{Address: "small@here.example", QuotaBytes: 1000})
	l.must(l.dir.AddAlias(ctx, directory.Alias{Address: "list@here.example", Targets: []string{"an@here.example", "x@far.example"}}))
	r := mta.NewReceiver(mta.ReceiverOptions{
		Intake: l.intake, Directory: l.dir, Usage: usage{bytes: 500, messages: 1}, Counters: l.counts,
		Networks: []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("2001:db8::/32")},
	})
	tests := []struct {
		client, to string
		size       int64
		want       string
	}{
		{"192.0.2.7", "an@here.example", 0, ""},
		{"192.0.2.7", "AN+x@HERE.example", 0, ""},
		{"192.0.2.7", "list@here.example", 0, ""},
		{"192.0.2.7", "postmaster@here.example", 0, ""},
		{"192.0.2.7", "nobody@here.example", 0, "550 5.1.1"},
		{"192.0.2.7", "gone@here.example", 0, "550 5.2.1"},
		{"192.0.2.7", "full@here.example", 0, "452 4.2.2"},
		{"192.0.2.7", "small@here.example", 500, ""},
		{"192.0.2.7", "small@here.example", 501, "452 4.2.2"},
		{"192.0.2.7", "small@here.example", 1001, "552 5.2.3"},
		{"192.0.2.7", "x@far.example", 0, "550 5.7.1"},
		{"198.51.100.9", "x@far.example", 0, ""},
		{"::ffff:198.51.100.9", "x@far.example", 0, ""},
		{"2001:db8::1", "x@far.example", 0, ""},
		{"2001:db9::1", "x@far.example", 0, "550 5.7.1"},
		{"198.51.100.9", "nobody@here.example", 0, "550 5.1.1"},
	}
	for _, test := range tests {
		p := peer()
		p.Remote = netip.AddrPortFrom(netip.MustParseAddr(test.client), 4000)
		e := &smtpwire.Envelope{From: parse(t, "a@there.example"), FromParams: smtpwire.MailParams{Size: test.size}}
		l.must(r.Mail(ctx, p, e))
		err := r.Rcpt(ctx, p, e, smtpwire.Rcpt{To: parse(t, test.to)})
		if got := fmt.Sprint(err); (err != nil) != (test.want != "") || !strings.HasPrefix(got, test.want) && err != nil {
			t.Errorf("from %s to %s, %d octets: %v, want %q", test.client, test.to, test.size, err, test.want)
		}
	}
	if a, b := l.counts.Rejected.Load(), l.counts.TempRejected.Load(); a != 6 || b != 2 {
		t.Errorf("counted %d and %d", a, b)
	}
	text, err := r.Verify(ctx, peer(), "an@here.example")
	lines, err2 := r.Expand(ctx, peer(), "list@here.example")
	if text != "" || len(lines) != 0 || err != nil || err2 != nil {
		t.Errorf("a stranger learns %q and %q", text, lines)
	}
}

type usage struct{ bytes, messages int64 }

func (u usage) Usage(context.Context, directory.AccountID) (int64, int64, error) {
	return u.bytes, u.messages, nil
}
