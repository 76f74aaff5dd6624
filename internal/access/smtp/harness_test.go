package smtp_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tram/internal/access/listen"
	"tram/internal/access/smtp"
	"tram/internal/directory"
	"tram/internal/mail/smtpwire"
	"tram/internal/storage/blob"
	"tram/internal/storage/kv"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// message is what a box has taken.
type message struct {
	envelope smtpwire.Envelope
	peer     smtpwire.Peer
	body     string
}

// box is a Receiver and Authenticator that keeps everything in memory. Local
// parts of recipients say what it does: "unknown", "later", "broken", and at
// DATA "full", "nospace", "failed", "deaf" (queues without reading), "stubborn"
// (queues in spite of errors), "early" (refuses before it reads), "boom"
// (panics).
type box struct {
	mu       sync.Mutex
	messages []message
	logins   int
}

var errDisk = errors.New("the disk is on fire")

func (b *box) Mail(_ context.Context, _ *smtpwire.Peer, e *smtpwire.Envelope) error {
	// Nobody here is more urgent than 4.
	e.FromParams.Priority = min(e.FromParams.Priority, 4)
	if e.From.Local == "banned" {
		return fmt.Errorf("policy: %w", smtpwire.NewReply(550, "5.7.1", "Not from you"))
	}
	return nil
}

func (b *box) Rcpt(_ context.Context, _ *smtpwire.Peer, _ *smtpwire.Envelope, r smtpwire.Rcpt) error {
	switch r.To.Local {
	case "unknown":
		return smtpwire.NewReply(550, "5.1.1", "No such user")
	case "later":
		return smtpwire.NewReply(450, "4.2.1", "Try later")
	case "broken":
		return errDisk
	case "positive":
		return smtpwire.NewReply(250, "2.0.0", "This is no error")
	case "shut":
		return smtpwire.NewReply(421, "4.3.2", "Shutting you out")
	}
	return nil
}

func (b *box) Data(_ context.Context, p *smtpwire.Peer, e *smtpwire.Envelope, body io.Reader) (string, error) {
	switch e.Rcpts[0].To.Local {
	case "deaf":
		return "deaf", nil
	case "early":
		return "", smtpwire.NewReply(550, "5.7.1", "Refused before reading")
	case "boom":
		panic("boom")
	}
	var text bytes.Buffer
	_, err := io.Copy(&text, body)
	if err != nil && e.Rcpts[0].To.Local != "stubborn" {
		return "", fmt.Errorf("read message: %w", err)
	}
	if e.Rcpts[0].To.Local == "stubborn" {
		return "stubborn", nil
	}
	if err := dataErrors[e.Rcpts[0].To.Local]; err != nil {
		return "", err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.messages = append(b.messages, message{*e, *p, text.String()})
	return fmt.Sprintf("q%d", len(b.messages)), nil
}

// DataEach is smtp.LMTPReceiver: "quota" has no room.
func (b *box) DataEach(ctx context.Context, p *smtpwire.Peer, e *smtpwire.Envelope, body io.Reader) (string, []*smtpwire.Reply, error) {
	id, err := b.Data(ctx, p, e, body)
	each := make([]*smtpwire.Reply, len(e.Rcpts))
	for i, r := range e.Rcpts {
		if r.To.Local == "quota" {
			each[i] = smtpwire.NewReply(452, "4.2.2", "Mailbox full")
		}
	}
	return id, each, err
}

func (b *box) Verify(_ context.Context, _ *smtpwire.Peer, arg string) (string, error) {
	switch arg {
	case "joe":
		return "Joe <joe@x.test>", nil
	case "unknown":
		return "", smtpwire.NewReply(550, "5.1.1", "No such user")
	}
	return "", nil
}

func (b *box) Expand(_ context.Context, _ *smtpwire.Peer, arg string) ([]string, error) {
	if arg == "list" {
		return []string{"<a@x.test>", "<b@x.test>"}, nil
	}
	return nil, nil
}

func (b *box) Authenticate(_ context.Context, login, password string, _ netip.Addr) (uint64, string, error) {
	b.mu.Lock()
	b.logins++
	b.mu.Unlock()
	switch {
	case login == "broken":
		return 0, "", errDisk
	case password == "secret":
		return 1024, login + "@x.test", nil
	}
	return 0, "", fmt.Errorf("login: %w", directory.ErrAuth)
}

// taken returns the messages so far and forgets them.
func (b *box) taken() []message {
	b.mu.Lock()
	defer b.mu.Unlock()
	m := b.messages
	b.messages = nil
	return m
}

// server is an engine under test.
type server struct {
	*box
	engine *smtp.Server
	info   listen.Info
	log    *syncBuffer
}

// syncBuffer is a log that several sessions write to.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func newServer(t testing.TB, opts smtp.Options, info listen.Info) *server {
	t.Helper()
	s := &server{box: &box{}, info: info, log: &syncBuffer{}}
	opts.Hostname, opts.Receiver = "mx.test", s.box
	opts.Log = slog.New(slog.NewTextHandler(s.log, nil))
	if opts.Mode == smtp.Submission {
		opts.Authenticator = s.box
	}
	if opts.Limits.AuthDelay == 0 {
		opts.Limits.AuthDelay = time.Microsecond
	}
	var err error
	if s.engine, err = smtp.New(opts); err != nil {
		t.Fatal(err)
	}
	return s
}

// client is the other end of a session.
type client struct {
	t    testing.TB
	conn net.Conn
	r    *bufio.Reader
}

// open starts a session without a network: fast, and possible inside a synctest
// bubble. end closes the connection and waits for the session.
func (s *server) open(t testing.TB, ctx context.Context) (c *client, end func()) {
	t.Helper()
	a, b := net.Pipe()
	var session sync.WaitGroup
	session.Go(func() {
		s.engine.Handle(ctx, b, s.info)
		b.Close()
	})
	return &client{t, a, bufio.NewReader(a)}, func() { a.Close(); session.Wait() }
}

// onTCP serves the engine on loopback and returns the address.
func (s *server) onTCP(t testing.TB) string {
	t.Helper()
	return s.listen(t, s.engine.Handle)
}

// listen serves a handler behind a real front door.
func (s *server) listen(t testing.TB, handler listen.Handler) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	front := listen.New(listen.Options{Log: slog.New(slog.NewTextHandler(s.log, nil)), Grace: 100 * time.Millisecond, MaxPerAddress: 10_000})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- front.Run(ctx, listen.Door{Listener: l, Handler: handler, Info: s.info, Busy: smtp.Busy("mx.test")})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

func dial(t testing.TB, addr string) *client {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	t.Cleanup(func() { conn.Close() })
	return &client{t, conn, bufio.NewReader(conn)}
}

// send writes bytes as they are.
func (c *client) send(s string) {
	c.t.Helper()
	if _, err := io.WriteString(c.conn, s); err != nil {
		c.t.Fatalf("send %.60q: %v", s, err)
	}
}

// reply reads one reply; nil at the end of the connection.
func (c *client) reply() *smtpwire.Reply {
	c.t.Helper()
	r, err := smtpwire.ReadReply(c.r)
	if err != nil {
		if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrClosedPipe) {
			c.t.Fatalf("reply: %v", err)
		}
		return nil
	}
	return r
}

// want reads a reply for each prefix, as in "250 2.1.0"; "EOF" is the end.
func (c *client) want(prefixes ...string) {
	c.t.Helper()
	for _, p := range prefixes {
		r := c.reply()
		switch {
		case r == nil && p != "EOF":
			c.t.Fatalf("the connection ended, want %q", p)
		case r != nil && !strings.HasPrefix(r.Error(), p):
			c.t.Fatalf("got %q, want %q", r.Error(), p)
		}
	}
}

// do sends a command and wants replies.
func (c *client) do(line string, prefixes ...string) {
	c.t.Helper()
	c.send(line + "\r\n")
	c.want(prefixes...)
}

// greeted reads the greeting and says EHLO.
func (c *client) greeted() *client {
	c.t.Helper()
	c.want("220 mx.test")
	c.do("EHLO client.test", "250 mx.test")
	return c
}

// startTLS upgrades the client's side.
func (c *client) startTLS() {
	c.t.Helper()
	secure := tls.Client(c.conn, &tls.Config{InsecureSkipVerify: true})
	if err := secure.Handshake(); err != nil {
		c.t.Fatal(err)
	}
	c.conn, c.r = secure, bufio.NewReader(secure)
}

var testConfig = sync.OnceValue(func() *tls.Config {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
})

// Ports as they are configured: mx (25), submission (587), and submission
// where passwords are taken in plain text (a lab).
var (
	mx    = listen.Info{Protocol: "smtp", TLSMode: listen.StartTLS, TLSConfig: testConfig}
	sub   = listen.Info{Protocol: "submission", TLSMode: listen.StartTLS, TLSConfig: testConfig}
	plain = listen.Info{Protocol: "submission", PlaintextLogin: true}
)

// dataErrors is what the box answers at DATA, by the first recipient.
var dataErrors = map[string]error{
	"full":    fmt.Errorf("append: %w", smtpwire.NewReply(452, "4.2.2", "Mailbox full")),
	"nospace": fmt.Errorf("write: %w", syscall.ENOSPC),
	"failed":  fmt.Errorf("sync: %w", kv.ErrFailed),
	"blob":    fmt.Errorf("sync: %w", blob.ErrFailed),
	"large":   fmt.Errorf("write: %w", blob.ErrTooLarge),
	"closed":  fmt.Errorf("add: %w", kv.ErrClosed),
	"odd":     errDisk,
}

// limits is the options of a server with those limits.
func limits(l smtp.Limits) smtp.Options { return smtp.Options{Limits: l} }

// hookClosed is the server's engine again, with a hook.
func hookClosed(t testing.TB, s *server, closed func(smtp.Stats)) *smtp.Server {
	t.Helper()
	engine, err := smtp.New(smtp.Options{Hostname: "mx.test", Receiver: s.box, Closed: func(_ *smtpwire.Peer, st smtp.Stats) { closed(st) }})
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

// rest reads what comes until the connection ends.
func (c *client) rest() string {
	b, _ := io.ReadAll(c.r)
	return string(b)
}
