package pop_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/rogpeppe/go-internal/txtar"

	"tram/internal/access/listen"
	"tram/internal/access/pop"
	"tram/internal/access/pop/pop2"
	"tram/internal/directory"
	"tram/internal/mail/message"
	"tram/internal/mailstore"
	"tram/internal/storage/blob/disk"
	"tram/internal/storage/ground"
	"tram/internal/storage/kv"
)

const (
	user     = "an@pop.test"
	password = "mat khau" // with a space: PASS takes the rest of the line
)

// TestTranscripts plays test/transcripts/pop/*.txtar. Each file is a server of
// its own with the messages of the files named "message" in the INBOX of
// an@pop.test. Files named "session" are played in order:
//
//	> an         switches to, or opens, a connection of this name
//	> an pop2    the same, of POP2
//	IMAP expunge 2   what another program does: "expunge" a message, by its place
//	C: a line of the client, CR LF is added
//	C! "a Go string, sent as it is"
//	S: the start of the next line of the server
//	S: EOF
//	TLS          the client's side of the handshake
//
// Lines of the client are sent when a line of the server follows. A file named
// "inbox" says what is in the INBOX then: subject and flags, one a line.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("../../../test/transcripts/pop/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no transcripts found", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			play(t, archive)
		})
	}
}

func play(t *testing.T, archive *txtar.Archive) {
	s := newServer(t)
	for _, f := range archive.Files {
		text := string(f.Data)
		switch f.Name {
		case "server":
			s.onlyTLS.Store(strings.Contains(text, "login only over tls"))
			s.configure(text)
		case "message":
			s.deliver(strings.ReplaceAll(text, "\n", "\r\n"))
		case "session":
			s.session(text)
		case "inbox":
			if got := s.inbox(); got != text {
				t.Errorf("INBOX:\n%s\nwant:\n%s", got, text)
			}
		default:
			t.Fatalf("unknown file %q", f.Name)
		}
	}
}

// server is a POP3 server over real stores in memory.
type server struct {
	t       testing.TB
	db      kv.DB
	store   *mailstore.Store
	blobs   *disk.Store
	account directory.AccountID
	info    listen.Info
	onlyTLS atomic.Bool // login only over TLS
	options pop.Options
	pop     atomic.Pointer[pop.Server]
	pop2    *pop2.Server
	address string
	two     string // address of POP2
}

func newServer(t testing.TB) *server {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	fs := vfs.NewMem()
	db, blobs, err := ground.Open("kv", "blobs", ground.Options{FS: fs})
	check(err)
	t.Cleanup(func() {
		check(db.Close())
		check(blobs.Close())
	})
	d, err := directory.Open(t.Context(), db, directory.Options{})
	check(err)
	_, err = d.AddDomain(t.Context(), directory.Domain{Name: "pop.test"})
	check(err)
	account, err := d.AddAccount(t.Context(), directory.Account{Address: user}, password)
	check(err)
	s := &server{t: t, db: db, blobs: blobs, account: account.ID, store: mailstore.New(db, blobs, mailstore.Options{})}
	config := certificate(t)
	s.info = listen.Info{Protocol: "pop3", TLSMode: listen.StartTLS, TLSConfig: func() *tls.Config { return config }}
	drops := pop.NewMaildrops()
	s.options = pop.Options{Hostname: "mail.pop.test", Auth: d, Store: s.store, BadLogin: directory.ErrAuth, FailureDelay: -1, Maildrops: drops}
	s.pop.Store(pop.New(s.options))
	s.pop2 = pop2.New(pop2.Options{Hostname: "mail.pop.test", Auth: d, Store: s.store, BadLogin: directory.ErrAuth, FailureDelay: -1, Maildrops: drops})
	s.address = s.listen(func(ctx context.Context, c net.Conn, info listen.Info) { s.pop.Load().Handle(ctx, c, info) })
	s.two = s.listen(s.pop2.Handle)
	return s
}

// configure makes another engine with options of the file "server", as a reload
// does.
func (s *server) configure(text string) {
	for line := range strings.Lines(text) {
		switch line {
		case "login delay\n":
			s.options.LoginDelay = time.Hour
		case "expire\n":
			s.options.Expire = 30 * 24 * time.Hour
		case "language\n":
			s.options.Language = "vi"
		}
	}
	s.pop.Store(pop.New(s.options))
}

func (s *server) listen(handle listen.Handler) (address string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.t.Cleanup(func() { cancel(); l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				info := s.info
				info.PlaintextLogin = !s.onlyTLS.Load()
				info.Remote = netip.MustParseAddrPort(c.RemoteAddr().String())
				handle(ctx, c, info)
			}()
		}
	}()
	return l.Addr().String()
}

func certificate(t testing.TB) *tls.Config {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"mail.pop.test"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

func (s *server) deliver(text string) {
	s.t.Helper()
	ctx := s.t.Context()
	w, err := s.blobs.Create(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	defer w.Abort()
	scanner := message.NewScanner()
	if _, err := io.WriteString(io.MultiWriter(w, scanner), text); err != nil {
		s.t.Fatal(err)
	}
	id, err := w.Commit(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	inbox, err := s.store.Lookup(ctx, s.account, "INBOX")
	if err != nil {
		s.t.Fatal(err)
	}
	delivery := mailstore.Delivery{Blob: id, BlobSize: int64(len(text)), Digest: scanner.Close()}
	if _, _, err := s.store.Append(ctx, s.account, inbox.ID, delivery); err != nil {
		s.t.Fatal(err)
	}
}

// inbox lists subjects and flags.
func (s *server) inbox() string {
	ctx := s.t.Context()
	inbox, err := s.store.Lookup(ctx, s.account, "INBOX")
	if err != nil {
		s.t.Fatal(err)
	}
	view, err := s.store.View(ctx, s.account, inbox.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	var b strings.Builder
	err = s.store.Messages(ctx, s.account, inbox.ID, mailstore.AllUIDs(), mailstore.WantMeta, func(m *mailstore.Message) error {
		text, err := s.store.AppendBody(ctx, nil, m)
		_, rest, _ := strings.Cut(string(text), "Subject: ")
		subject, _, _ := strings.Cut(rest, "\r\n")
		i, _ := view.Index(m.UID)
		seen := ""
		if view.At(i).Flags&mailstore.Seen != 0 {
			seen = ` \Seen`
		}
		fmt.Fprintf(&b, "%s%s\n", subject, seen)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return b.String()
}

// client is one connection of a transcript.
type client struct {
	conn net.Conn
	r    *bufio.Reader
}

// expunge removes a message as another session would.
func (s *server) expunge(place string) {
	ctx := s.t.Context()
	inbox, err := s.store.Lookup(ctx, s.account, "INBOX")
	if err != nil {
		s.t.Fatal(err)
	}
	view, err := s.store.View(ctx, s.account, inbox.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	i, err := strconv.Atoi(place)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.store.Remove(ctx, s.account, inbox.ID, mailstore.UIDs(view.At(i-1).UID)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *server) dial(name string) *client {
	address := s.address
	if strings.HasSuffix(name, " pop2") {
		address = s.two
	}
	c, err := net.Dial("tcp", address)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	return &client{c, bufio.NewReader(c)}
}

func (s *server) session(text string) {
	s.t.Helper()
	clients := map[string]*client{}
	var c *client
	pending := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if c == nil && !strings.HasPrefix(line, "> ") {
			c = s.dial("")
		}
		switch {
		case strings.HasPrefix(line, "IMAP expunge "):
			s.expunge(strings.TrimPrefix(line, "IMAP expunge "))
		case strings.HasPrefix(line, "> "):
			if clients[line] == nil {
				clients[line] = s.dial(line)
			}
			c = clients[line]
		case strings.HasPrefix(line, "C: "):
			pending += line[3:] + "\r\n"
		case strings.HasPrefix(line, "C! "):
			raw, err := strconv.Unquote(line[3:])
			if err != nil {
				s.t.Fatalf("%s: %v", line, err)
			}
			pending += raw
		case strings.HasPrefix(line, "S: "), line == "S:":
			io.WriteString(c.conn, pending)
			pending = ""
			s.expect(c, strings.TrimPrefix(strings.TrimPrefix(line, "S:"), " "))
		case line == "TLS":
			conn := tls.Client(c.conn, &tls.Config{InsecureSkipVerify: true})
			c.conn, c.r = conn, bufio.NewReader(conn)
		case line != "":
			s.t.Fatalf("what is %q?", line)
		}
	}
}

func (s *server) expect(c *client, want string) {
	s.t.Helper()
	got, err := c.r.ReadString('\n')
	if want == "EOF" {
		if err == nil {
			s.t.Fatalf("got %q, want the end", got)
		}
		return
	}
	if err != nil {
		s.t.Fatalf("want %q: %v", want, err)
	}
	got, ok := strings.CutSuffix(got, "\r\n")
	if !ok || !strings.HasPrefix(got, want) {
		s.t.Fatalf("got %q, want %q", got, want)
	}
}
