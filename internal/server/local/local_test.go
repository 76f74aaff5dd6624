package local

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tram/internal/access/smtp"
	"tram/internal/agent/msa"
	"tram/internal/directory"
	"tram/internal/mail/address"
	"tram/internal/mail/smtpwire"
	"tram/internal/server/control"
)

// intake is where messages end in these tests: what the queue would get.
type intake struct {
	mu    sync.Mutex
	taken []string // "sender rcpts user: text"
	fail  error
}

func (in *intake) Take(_ context.Context, p *smtpwire.Peer, e *smtpwire.Envelope, text io.Reader) (string, error) {
	b, err := io.ReadAll(text)
	if err != nil {
		return "", err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.fail != nil {
		return "", in.fail
	}
	var rcpts []string
	for _, r := range e.Rcpts {
		rcpts = append(rcpts, r.To.String()+r.Notify)
	}
	in.taken = append(in.taken, e.From.Path()+" "+strings.Join(rcpts, ",")+" "+p.LocalUser+": "+string(b))
	return "0000000000001", nil
}

// failWith makes it, and the queue, answer with an error; nil with none.
func (in *intake) failWith(err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.fail = err
}

func (in *intake) failure() error {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.fail
}

func (in *intake) all() []string {
	in.mu.Lock()
	defer in.mu.Unlock()
	return append([]string(nil), in.taken...)
}

// nobody is a directory of one account, an@h.example.
type nobody struct{}

func (nobody) Resolve(_ context.Context, a address.Address) (res directory.Resolution, err error) {
	switch {
	case a.Domain != "h.example":
		res.Class = directory.NotLocal
	case a.Local == "an":
		res.Class = directory.IsAccount
		res.Account.Address = a.String()
	default:
		res.Class = directory.Unknown
	}
	return res, nil
}

func (nobody) Expand(context.Context, address.Address) (directory.Expansion, error) {
	return directory.Expansion{}, nil
}

// asked answers VRFY.
type asked struct{}

// Verify tells a user of this machine, and nobody else.
func (asked) Verify(_ context.Context, p *smtpwire.Peer, arg string) (string, error) {
	switch {
	case p.LocalUser == "":
		return "", nil
	case arg == "<an@h.example>":
		return arg, nil
	}
	return "", smtpwire.NewReply(550, "5.1.1", "No such user here")
}

func (asked) Expand(context.Context, *smtpwire.Peer, string) ([]string, error) { return nil, nil }

// run serves a directory until the test ends or stop is called.
func run(t *testing.T, dir string, in *intake) (stop func()) {
	t.Helper()
	s, err := Listen(Options{
		Directory: dir, Hostname: "mail.h.example", Domain: func(context.Context) string { return "h.example" },
		Limits: smtp.Limits{MessageBytes: 1 << 20}, Policy: msa.LocalOptions{Intake: in, Directory: nobody{}, Inquirer: asked{}},
		Queue: func(_ context.Context, user string, emit func(control.QueueEntry) error) error {
			return errors.Join(emit(control.QueueEntry{ID: "1", Sender: "of " + user}), in.failure())
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
	}
	t.Cleanup(stop)
	return stop
}

func message(t *testing.T, text string, e Envelope) *Message {
	t.Helper()
	m, err := ReadText(strings.NewReader(text), false, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return &Message{Envelope: e, Text: *m}
}

func files(t *testing.T, dir string) int {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(what)
		}
	}
}

func TestSocket(t *testing.T) {
	dir, in := t.TempDir(), new(intake)
	run(t, dir, in)
	me := nameOf(uint32(os.Getuid())).login
	sent, err := Send(t.Context(), dir, message(t, "Subject: x\n\n.dot\r\nbare\rcr", Envelope{From: "an", Rcpts: []string{"root", "x@y.example"}, Notify: "NEVER", EnvID: "a b"}))
	if err != nil || sent.Dropped || sent.ID != "0000000000001" {
		t.Fatalf("%+v %v", sent, err)
	}
	got := in.all()[0]
	if !strings.HasPrefix(got, "<an@h.example> postmaster@h.exampleNEVER,x@y.exampleNEVER "+me+": Date: ") || !strings.HasSuffix(got, "Subject: x\r\n\r\n.dot\r\nbare\r\ncr\r\n") {
		t.Errorf("%q", got)
	}
	var refused *RefusedError
	if _, err := Send(t.Context(), dir, message(t, "x", Envelope{Rcpts: []string{"a b@c"}})); !errors.As(err, &refused) {
		t.Errorf("bad address: %v", err)
	}
	if answer, err := Verify(t.Context(), dir, "an"); err != nil || answer != "<an@h.example>" {
		t.Errorf("%q %v", answer, err)
	}
	if _, err := Verify(t.Context(), dir, "binh"); !errors.As(err, &refused) {
		t.Errorf("unknown: %v", err)
	}
	if n := files(t, dropPath(dir)); n != 1 { // the one is the folder of bad ones
		t.Errorf("%d files", n)
	}
}

func TestQueue(t *testing.T) {
	dir, in := t.TempDir(), new(intake)
	run(t, dir, in)
	var got []string
	list := func() error {
		got = nil
		return Queue(t.Context(), dir, func(e control.QueueEntry) error { got = append(got, e.Sender); return nil })
	}
	if err := list(); err != nil || len(got) != 1 || got[0] != "of " { // the user of the server sees everything
		t.Errorf("%q %v", got, err)
	}
	in.failWith(errors.New("the store has failed"))
	if err := list(); err == nil || !strings.Contains(err.Error(), "the store has failed") {
		t.Error(err)
	}
	if err := Queue(t.Context(), t.TempDir(), nil); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// TestDrop: a message waits while no server runs, and while it has no room.
func TestDrop(t *testing.T) {
	dir, in := t.TempDir(), new(intake)
	m := message(t, "Subject: x\n\nhello\n", Envelope{From: "", Rcpts: []string{"an"}})
	if sent, err := Send(t.Context(), dir, m); err == nil {
		t.Fatalf("without a directory: %+v", sent)
	}
	stop := run(t, dir, in)
	in.failWith(smtpwire.NewReply(452, "4.3.1", "no room"))
	if sent, err := Send(t.Context(), dir, m); err != nil || !sent.Dropped {
		t.Fatalf("no room: %+v %v", sent, err)
	}
	stop()
	if sent, err := Send(t.Context(), dir, m); err != nil || !sent.Dropped {
		t.Fatalf("no server: %+v %v", sent, err)
	}
	in.failWith(nil)
	run(t, dir, in)
	eventually(t, "dropped messages are taken", func() bool { return len(in.all()) == 2 && files(t, dropPath(dir)) == 1 })
	if got := in.all()[1]; !strings.HasPrefix(got, "<> an@h.example ") || !strings.HasSuffix(got, "hello\r\n") {
		t.Errorf("%q", got)
	}
}

// TestHostileDrop: anybody may put anything into the folder.
func TestHostileDrop(t *testing.T) {
	dir, in := t.TempDir(), new(intake)
	if err := makeDirectory(dir); err != nil {
		t.Fatal(err)
	}
	at := func(name string) string { return filepath.Join(dropPath(dir), name) }
	put := func(name, text string) {
		if err := os.WriteFile(at(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	secret := filepath.Join(t.TempDir(), "secret")
	if err := errors.Join(os.WriteFile(secret, []byte(`{"v":1,"rcpts":["an"]}`+"\nsecret"), 0o600), os.Symlink(secret, at("link")), os.Link(secret, at("hard")), os.Mkdir(at("folder"), 0o700)); err != nil {
		t.Fatal(err)
	}
	put("empty", "")
	put("text", "no envelope\n")
	put("version", `{"v":9,"rcpts":["an"]}`+"\n")
	put("nobody", `{"v":1,"rcpts":[]}`+"\n")
	put("address", `{"v":1,"rcpts":["a b"]}`+"\n\n")
	put("large", `{"v":1,"rcpts":["an"]}`+"\n"+strings.Repeat("x\n", 1<<20))
	put(".hidden", `{"v":1,"rcpts":["an"]}`+"\nnot whole yet")
	put("good", `{"v":1,"rcpts":["an"]}`+"\n\n\r.\r\n\x00bare\r")
	run(t, dir, in)
	eventually(t, "the good one is taken", func() bool { return len(in.all()) == 1 })
	if got := in.all()[0]; !strings.HasSuffix(got, "\r\n\r\n\r\n.\r\n bare\r\n") {
		t.Errorf("%q", got)
	}
	eventually(t, "the others are set aside", func() bool { return files(t, at(badName)) == 9 })
	if n := files(t, dropPath(dir)); n != 2 { // bad and .hidden
		t.Errorf("%d entries", n)
	}
}

func TestReadText(t *testing.T) {
	tests := []struct {
		in      string
		dotEnds bool
		want    string
	}{
		{"", false, ""},
		{"a", false, "a\r\n"},
		{"a\nb\r\nc\rd\n\re\r", false, "a\r\nb\r\nc\r\nd\r\n\r\ne\r\n"},
		{"a\n.\nb\n", false, "a\r\n.\r\nb\r\n"},
		{"a\n.\nb\n", true, "a\r\n"},
		{"a\n..\n.\r\nb\n", true, "a\r\n..\r\n"},
		{"nul\x00\n", false, "nul \r\n"},
	}
	for _, tt := range tests {
		text, err := ReadText(strings.NewReader(tt.in), tt.dotEnds, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := io.ReadAll(text.Reader()); string(got) != tt.want || text.Size() != int64(len(tt.want)) {
			t.Errorf("%q becomes %q, want %q", tt.in, got, tt.want)
		}
	}
	long := strings.Repeat("x", 3*maxLine)
	text, err := ReadText(strings.NewReader(long), false, 1<<30)
	if err != nil || text.file == nil || text.Size() != 3*maxLine+3*2 {
		t.Errorf("%d octets, %v", text.Size(), err)
	}
	defer text.Close()
	if _, err := ReadText(strings.NewReader(long), false, 1<<20); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
}
