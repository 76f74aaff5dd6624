package msa_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/goleak"

	"tram/internal/agent/msa"
	"tram/internal/directory"
	"tram/internal/mail/address"
	"tram/internal/mail/message"
	"tram/internal/mail/smtpwire"
	"tram/internal/storage/kv/pebble"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// desk is a submitter over a real directory, and what it has let through.
type desk struct {
	t testing.TB
	*msa.Submitter
	dir  *directory.Directory
	peer *smtpwire.Peer // an@here.example, logged in
	took []string
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	ctx := context.Background()
	db, err := pebble.Open("kv", pebble.Options{FS: vfs.NewMem()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	d := &desk{t: t}
	if d.dir, err = directory.Open(ctx, db, directory.Options{}); err != nil {
		t.Fatal(err)
	}
	d.Submitter = msa.New(msa.Options{Hostname: "mx.here.example", Intake: d, Directory: d.dir})
	var user directory.Account
	for _, domain := range []string{"here.example", "all.example"} {
		_, err := d.dir.AddDomain(ctx, directory.Domain{Name: domain})
		d.must(err)
	}
	for _, name := range []string{"an", "binh", "gone"} {
		a, err := d.dir.AddAccount(ctx, directory.Account{Address: name + "@here.example", Name: "Nguyễn " + name, Disabled: name == "gone"}, "")
		d.must(err)
		if name == "an" {
			user = a
		}
	}
	d.must(d.dir.UpdateDomain(ctx, directory.Domain{Name: "all.example", CatchAll: "an@here.example"}))
	for alias, targets := range map[string][]string{
		"boss": {"an@here.example"}, "team": {"an@here.example", "binh@here.example", "x@far.example"}, "indirect": {"boss@here.example"}, "his": {"binh@here.example"},
	} {
		d.must(d.dir.AddAlias(ctx, directory.Alias{Address: alias + "@here.example", Targets: targets}))
	}
	d.peer = &smtpwire.Peer{Remote: netip.MustParseAddrPort("192.0.2.7:1"), User: "an@here.example", Account: uint64(user.ID), ESMTP: true}
	return d
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// Take is the intake.
func (d *desk) Take(_ context.Context, _ *smtpwire.Peer, _ *smtpwire.Envelope, text io.Reader) (string, error) {
	var b bytes.Buffer
	if _, err := io.Copy(&b, text); err != nil {
		return "", err
	}
	d.took = append(d.took, b.String())
	return "id", nil
}

// code is the reply code of an error, 0 for none, -1 for an error that is no reply.
func code(err error) int {
	var reply *smtpwire.Reply
	switch {
	case err == nil:
		return 0
	case errors.As(err, &reply):
		return reply.Code
	}
	return -1
}

func path(t testing.TB, s string) address.Address {
	t.Helper()
	a, err := address.ParsePath("<" + s + ">")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestLoginIsRequired(t *testing.T) {
	d := newDesk(t)
	stranger := &smtpwire.Peer{Remote: netip.MustParseAddrPort("192.0.2.7:1")}
	e := &smtpwire.Envelope{From: path(t, "an@here.example")}
	_, dataErr := d.Data(t.Context(), stranger, e, strings.NewReader("From: an@here.example\r\n\r\n"))
	for step, err := range map[string]error{
		"MAIL": d.Mail(t.Context(), stranger, e), "RCPT": d.Rcpt(t.Context(), stranger, e, smtpwire.Rcpt{To: path(t, "binh@here.example")}), "DATA": dataErr,
	} {
		if code(err) != 530 {
			t.Errorf("%s: %v", step, err)
		}
	}
	if len(d.took) != 0 {
		t.Error("a message of a stranger was taken")
	}
}

// TestWhoMaySendAsWhom holds for MAIL and for the From field alike, but that
// an author at a domain that is not ours may stand in From (see TestAuthor).
func TestWhoMaySendAsWhom(t *testing.T) {
	d := newDesk(t)
	tests := []struct {
		from string
		own  bool
	}{
		{"an@here.example", true},
		{"AN@Here.Example", true},
		{"an+tag@here.example", true},
		{"boss@here.example", true},
		{"boss+x@here.example", true},
		{"indirect@here.example", true},
		{"team@here.example", true},
		{"anything@all.example", true},
		{"postmaster@here.example", true},
		{"binh@here.example", false},
		{"binh+an@here.example", false},
		{"his@here.example", false},
		{"gone@here.example", false},
		{"nobody@here.example", false},
		{"x@far.example", false},
		{"an@far.example", false},
		{"\"an@here.example\"@far.example", false},
		{"an%here.example@far.example", false},
	}
	for _, test := range tests {
		e := &smtpwire.Envelope{From: path(t, test.from)}
		if got := code(d.Mail(t.Context(), d.peer, e)); (got == 0) != test.own || got != 0 && got != 553 {
			t.Errorf("MAIL FROM:<%s>: %d", test.from, got)
		}
		text := "From: " + test.from + "\r\n\r\nhello\r\n"
		_, err := d.Data(t.Context(), d.peer, &smtpwire.Envelope{}, strings.NewReader(text))
		elsewhere := strings.HasSuffix(test.from, "@far.example")
		if got := code(err); (got == 0) != (test.own || elsewhere) || got != 0 && got != 550 {
			t.Errorf("From: %s: %d", test.from, got)
		}
	}
	if got := code(d.Mail(t.Context(), d.peer, &smtpwire.Envelope{})); got != 0 {
		t.Errorf("the null sender: %d", got)
	}
}

func TestRcpt(t *testing.T) {
	d := newDesk(t)
	for to, want := range map[string]int{
		"binh@here.example": 0, "team@here.example": 0, "x@far.example": 0, "postmaster": 0, "x@[192.0.2.1]": 0,
		"nobody@here.example": 550, "gone@here.example": 550,
	} {
		if got := code(d.Rcpt(t.Context(), d.peer, &smtpwire.Envelope{}, smtpwire.Rcpt{To: path(t, to)})); got != want {
			t.Errorf("%s: %d, want %d", to, got, want)
		}
	}
}

// TestAuthor: the header shows the user, and nobody else alone.
func TestAuthor(t *testing.T) {
	d := newDesk(t)
	tests := []struct {
		name, header string
		want         int
	}{
		{"own", "From: Nguyễn An <an@here.example>\r\n", 0},
		{"encoded name", "From: =?utf-8?q?Nguy=E1=BB=85n?= <an@here.example>\r\n", 0},
		{"other's address as the name", "From: \"binh@here.example\" <an@here.example>\r\n", 0},
		{"own address as the name", "From: \"an@here.example\" <binh@here.example>\r\n", 550},
		{"folded", "From:\r\n binh@here.example\r\n", 550},
		{"two of which one is own", "From: an@here.example, binh@here.example\r\n", 0},
		{"two and Sender", "From: an@here.example, binh@here.example\r\nSender: an@here.example\r\n", 0},
		{"two strangers and Sender", "From: x@far.example, binh@here.example\r\nSender: an@here.example\r\n", 550},
		{"another provider", "From: an@far.example\r\n", 0},
		{"another provider and Sender", "From: an@far.example\r\nSender: an@here.example\r\n", 0},
		{"another provider and another Sender", "From: an@far.example\r\nSender: binh@here.example\r\n", 550},
		{"a stranger and Sender", "From: binh@here.example\r\nSender: an@here.example\r\n", 550},
		{"own and another Sender", "From: an@here.example\r\nSender: binh@here.example\r\n", 550},
		{"two From fields", "From: an@here.example\r\nFrom: binh@here.example\r\n", 554},
		{"two From fields alike", "From: an@here.example\r\nFROM : an@here.example\r\n", 554},
		{"a From that some readers see", "From: an@here.example\r\nFrom\x01: binh@here.example\r\n", 554},
		{"two Sender fields", "From: an@here.example\r\nSender: an@here.example\r\nSender: binh@here.example\r\n", 554},
		{"empty From", "From:\r\n", 554},
		{"no address", "From: An\r\n", 554},
		{"group", "From: friends: an@here.example;\r\n", 554},
		{"route", "From: <@binh.example:an@here.example>\r\n", 554},
		{"trailing", "From: an@here.example <binh@here.example>\r\n", 554},
		{"no colon", "From: an@here.example\r\nnonsense\r\nFrom: binh@here.example\r\n", 554},
		{"a first line that is folded", " binh@here.example\r\nSubject: x\r\n", 554},
		{"none", "Subject: hello\r\n", 0},
	}
	for _, test := range tests {
		_, err := d.Data(t.Context(), d.peer, &smtpwire.Envelope{}, strings.NewReader(test.header+"\r\nhello\r\n"))
		if got := code(err); got != test.want {
			t.Errorf("%s: %v, want %d", test.name, err, test.want)
		}
	}
}

// TestComplete: what is missing is written, what is hidden is taken out, and
// all else stays as it was.
func TestComplete(t *testing.T) {
	const date = `Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}\r\n`
	const id = `Message-ID: <[A-Z2-7]{26}@mx\.here\.example>\r\n`
	tests := []struct{ name, text, want string }{
		{"nothing is missing", "Date: x\r\nMessage-ID: <y>\r\nFrom: an@here.example\r\nX:  odd \r\n fold\r\n\r\nbody\r\n",
			`Date: x\r\nMessage-ID: <y>\r\nFrom: an@here\.example\r\nX:  odd \r\n fold\r\n\r\nbody\r\n`},
		{"everything is missing", "Subject: s\r\n\r\nbody", date + id + `From: an@here\.example\r\nSubject: s\r\n\r\nbody`},
		{"empty header", "\r\nbody", date + id + `From: an@here\.example\r\n\r\nbody`},
		{"no body", "From: an@here.example\r\n", date + id + `From: an@here\.example\r\n\r\n`},
		{"nothing at all", "", date + id + `From: an@here\.example\r\n\r\n`},
		{"hidden fields", "Date: x\r\nBcc: secret@far.example,\r\n other@far.example\r\nmessage-id: <y>\r\nFROM: an@here.example\r\nbcc:\r\nReturn-Path: <z@z>\r\nResent-Bcc: q\r\n\r\nBcc: body\r\n",
			`Date: x\r\nmessage-id: <y>\r\nFROM: an@here\.example\r\n\r\nBcc: body\r\n`},
		{"author elsewhere", "Date: x\r\nMessage-ID: <y>\r\nFrom: x@far.example\r\n\r\n",
			`Sender: an@here\.example\r\nDate: x\r\nMessage-ID: <y>\r\nFrom: x@far\.example\r\n\r\n`},
		{"two authors", "Date: x\r\nMessage-ID: <y>\r\nFrom: an@here.example, x@far.example\r\n\r\n",
			`Sender: an@here\.example\r\nDate: x\r\nMessage-ID: <y>\r\nFrom: an@here\.example, x@far\.example\r\n\r\n`},
	}
	for _, test := range tests {
		for _, reader := range []io.Reader{strings.NewReader(test.text), iotest.OneByteReader(strings.NewReader(test.text)), iotest.DataErrReader(strings.NewReader(test.text))} {
			d := newDesk(t)
			if _, err := d.Data(t.Context(), d.peer, &smtpwire.Envelope{}, reader); err != nil {
				t.Fatalf("%s: %v", test.name, err)
			}
			if !regexp.MustCompile("^" + test.want + "$").MatchString(d.took[0]) {
				t.Errorf("%s: %q", test.name, d.took[0])
			}
		}
	}
}

// TestLargeHeader: the header is held back up to its bound, not further.
func TestLargeHeader(t *testing.T) {
	d := newDesk(t)
	line := "To: " + strings.Repeat("a", 990) + "\r\n"
	fits := "From: an@here.example\r\n" + strings.Repeat(line, message.MaxHeader/len(line)-1) + "\r\nbody\r\n"
	if _, err := d.Data(t.Context(), d.peer, &smtpwire.Envelope{}, strings.NewReader(fits)); err != nil {
		t.Errorf("a header of %d octets: %v", len(fits), err)
	}
	endless := io.MultiReader(strings.NewReader("From: an@here.example\r\n"), &repeating{line: line})
	if _, err := d.Data(t.Context(), d.peer, &smtpwire.Envelope{}, endless); code(err) != 552 {
		t.Errorf("an endless header: %v", err)
	}
	long := io.MultiReader(strings.NewReader("From: an@here.example\r\n\r\n"), io.LimitReader(&repeating{line: line}, 10<<20))
	if _, err := d.Data(t.Context(), d.peer, &smtpwire.Envelope{}, long); err != nil || len(d.took[1]) < 10<<20 {
		t.Errorf("a long body: %v", err)
	}
}

type repeating struct {
	line string
	at   int
}

func (r *repeating) Read(p []byte) (int, error) {
	n := copy(p, r.line[r.at:])
	r.at = (r.at + n) % len(r.line)
	return n, nil
}

// TestFaultPassesThrough: what the door finds wrong with the text is what the
// user hears, wherever in the message it is.
func TestFaultPassesThrough(t *testing.T) {
	d := newDesk(t)
	for _, before := range []string{"", "From: an@here.example\r\n", "From: an@here.example\r\n\r\nbody"} {
		text := io.MultiReader(strings.NewReader(before), iotest.ErrReader(smtpwire.ErrBareLF))
		if _, err := d.Data(t.Context(), d.peer, &smtpwire.Envelope{}, text); !errors.Is(err, smtpwire.ErrBareLF) {
			t.Errorf("after %q: %v", before, err)
		}
	}
	if len(d.took) != 0 {
		t.Error("a message was taken")
	}
}

// inquirer is one that knows everything.
type inquirer struct{}

func (inquirer) Verify(_ context.Context, p *smtpwire.Peer, arg string) (string, error) {
	return p.User + p.LocalUser + " asks " + arg, nil
}

func (inquirer) Expand(_ context.Context, p *smtpwire.Peer, arg string) ([]string, error) {
	return []string{p.User + " lists " + arg}, nil
}

// TestInquiries: VRFY and EXPN are the Inquirer's to answer, whoever asks.
func TestInquiries(t *testing.T) {
	peer := &smtpwire.Peer{User: "an@here.example"}
	s, l := msa.New(msa.Options{Inquirer: inquirer{}}), msa.NewLocal(msa.LocalOptions{Inquirer: inquirer{}})
	if text, err := s.Verify(t.Context(), peer, "x"); text != "an@here.example asks x" || err != nil {
		t.Errorf("VRFY: %q, %v", text, err)
	}
	if text, err := l.Verify(t.Context(), &smtpwire.Peer{LocalUser: "an"}, "x"); text != "an asks x" || err != nil {
		t.Errorf("VRFY of a local user: %q, %v", text, err)
	}
	if members, err := s.Expand(t.Context(), peer, "x"); len(members) != 1 || members[0] != "an@here.example lists x" || err != nil {
		t.Errorf("EXPN: %q, %v", members, err)
	}
	s, l = msa.New(msa.Options{}), msa.NewLocal(msa.LocalOptions{})
	one, err1 := s.Verify(t.Context(), peer, "x")
	two, err2 := l.Verify(t.Context(), peer, "x")
	members, err3 := s.Expand(t.Context(), peer, "x")
	if err := errors.Join(err1, err2, err3); one+two != "" || members != nil || err != nil {
		t.Errorf("without one: %q %q %q, %v", one, two, members, err)
	}
}

// FuzzHeader: whatever a user's program sends, what goes on has one author,
// whom the user may be, and no hidden field.
func FuzzHeader(f *testing.F) {
	for _, text := range []string{
		"From: an@here.example\r\n\r\nbody", "from : binh@here.example\r\nBcc: x\r\n\r\n", "\r\n", "From: an@here.example\r\n folded\r\n\tmore\r\nSender: x\r\n\r\n",
		"From: \"a\\\"\" <an@here.example> (c(d))\r\n\r\n", "Bcc:\r\n \r\n\r\n", "Fr\x00om: a\r\n\r\n", "From: an@here.example\r\nBcc : x\r\n\r\n",
	} {
		f.Add(text)
	}
	d := newDesk(f)
	f.Fuzz(func(t *testing.T, text string) {
		if plain := strings.ReplaceAll(text, "\r\n", ""); strings.ContainsAny(plain, "\r\n\x00") {
			return // not let in by the door
		}
		d.took = nil
		if _, err := d.Data(context.Background(), d.peer, &smtpwire.Envelope{}, strings.NewReader(text)); err != nil {
			if code(err) < 500 {
				t.Fatalf("%v", err)
			}
			return
		}
		out := []byte(d.took[0])
		c, err := message.Complete(out)
		if err != nil || c.NoFrom || c.NoDate || c.NoMessageID || c.NoSender {
			t.Fatalf("%q: %+v, %v", out, c, err)
		}
		for field := range message.Fields(out) {
			if field.Is("Bcc") {
				t.Fatalf("a hidden field is left in %q", out)
			}
		}
	})
}
