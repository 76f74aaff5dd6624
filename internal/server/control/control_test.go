package control

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fake is Operations of which a test fills in what it needs.
type fake struct {
	Operations
	domains []Domain
	err     error
	after   func() // called behind the items
}

func (f *fake) Domains(_ context.Context, emit func(Domain) error) error {
	for _, d := range f.domains {
		if err := emit(d); err != nil {
			return err
		}
	}
	if f.after != nil {
		f.after()
	}
	return f.err
}

func (f *fake) AddDomain(_ context.Context, d Domain) (Domain, error) {
	d.CatchAll = "seen@" + d.Name
	return d, f.err
}

func (f *fake) DeleteAlias(context.Context, string) error { return f.err }

// serve serves operations in a directory and returns a client.
func serve(t *testing.T, dir string, ops Operations) *Client {
	t.Helper()
	l, err := Listen(dir)
	if err != nil {
		t.Fatal(err)
	}
	s := NewServer(ops, slog.New(slog.DiscardHandler))
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { s.Close() })
	c := NewClient(dir)
	t.Cleanup(c.Close)
	return c
}

func TestOperationsTravel(t *testing.T) {
	dir := t.TempDir()
	f := &fake{domains: []Domain{{Name: "a.test"}, {Name: "b.test"}}}
	c := serve(t, dir, f)
	var got []string
	err := c.Domains(t.Context(), func(d Domain) error { got = append(got, d.Name); return nil })
	if err != nil || strings.Join(got, " ") != "a.test b.test" {
		t.Error(got, err)
	}
	if d, err := c.AddDomain(t.Context(), Domain{Name: "c.test"}); err != nil || d.CatchAll != "seen@c.test" {
		t.Error(d, err)
	}
	if err := c.DeleteAlias(t.Context(), "x@a.test"); err != nil {
		t.Error(err)
	}
	stop := errors.New("enough")
	if err := c.Domains(t.Context(), func(Domain) error { return stop }); !errors.Is(err, stop) {
		t.Error("an error of emit became", err)
	}
	if !Answers(dir) || Answers(t.TempDir()) {
		t.Error("Answers is wrong")
	}
}

// An error keeps its kind, also behind results.
func TestErrorsTravel(t *testing.T) {
	f := &fake{domains: []Domain{{Name: "a.test"}}, err: &Error{Kind: Exists, Text: "exists already", Rows: []RowErr{{Row: 3, Text: "x"}}}}
	c := serve(t, t.TempDir(), f)
	n := 0
	err := c.Domains(t.Context(), func(Domain) error { n++; return nil })
	e := new(Error)
	if !errors.As(err, &e) || e.Kind != Exists || e.Text != "exists already" || len(e.Rows) != 1 || n != 1 {
		t.Errorf("%d %#v", n, err)
	}
	f.err = errors.New("plain")
	if err := c.DeleteAlias(t.Context(), ""); KindOf(err) != Failed || err.Error() != "plain" {
		t.Error(err)
	}
}

// An answer without its end is a failure, whatever came before.
func TestCutAnswer(t *testing.T) {
	f := &fake{domains: []Domain{{Name: "a.test"}}, after: func() { panic(http.ErrAbortHandler) }}
	c := serve(t, t.TempDir(), f)
	if err := c.Domains(t.Context(), func(Domain) error { return nil }); KindOf(err) != Unavailable {
		t.Error(err)
	}
}

func TestNobodyThere(t *testing.T) {
	err := NewClient(t.TempDir()).DeleteAlias(t.Context(), "x")
	if KindOf(err) != Unavailable || !strings.Contains(err.Error(), "does not answer") {
		t.Error(err)
	}
}

func TestUnknownOperation(t *testing.T) {
	c := serve(t, t.TempDir(), &fake{})
	if err := send(t.Context(), c, "from.the.future", none{}); KindOf(err) != Unavailable || !strings.Contains(err.Error(), "another version") {
		t.Error(err)
	}
}

func TestRequestIsBounded(t *testing.T) {
	c := serve(t, t.TempDir(), &fake{})
	if err := c.DeleteAlias(t.Context(), strings.Repeat("x", maxRequestBytes)); err == nil {
		t.Error("a request of 64 MiB was taken")
	}
}

// A directory whose name is too long for a socket address works too, and the
// socket is for its owner only.
func TestSocket(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("long", 50))
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	c := serve(t, dir, &fake{})
	if err := c.DeleteAlias(t.Context(), "x"); err != nil {
		t.Error(err)
	}
	info, err := os.Stat(filepath.Join(dir, SocketName))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info, err)
	}
	// A socket that a dead server left behind is no obstacle.
	l, err := Listen(dir)
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
}

func TestPeerUID(t *testing.T) {
	dir := t.TempDir()
	l, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		if c, err := net.Dial("unix", filepath.Join(dir, "s")); err == nil {
			_, _ = io.Copy(io.Discard, c)
			c.Close()
		}
	}()
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if uid, err := peerUID(c); err != nil || int(uid) != os.Geteuid() {
		t.Error(uid, err)
	}
}
