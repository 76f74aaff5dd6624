package imap

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
	"log/slog"
	"math/big"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/access/listen"
	"tram/internal/directory"
	"tram/internal/mailstore"
	"tram/internal/storage/ground"
)

// patience is how long a test waits for an answer before it fails.
const patience = 20 * time.Second

// accounts is an Authenticator: everyone's password is "secret".
type accounts map[string]uint64

func (a accounts) Authenticate(_ context.Context, login, password string, _ netip.Addr) (uint64, string, error) {
	if id, ok := a[login]; ok && password == "secret" {
		return id, login, nil
	}
	return 0, "", directory.ErrAuth
}

var testAccounts = accounts{"alice": 2001, "bob": 2002, "carol": 2003}

// testServer is a server on real stores in memory, behind a real socket.
type testServer struct {
	*Server
	t        testing.TB
	store    *mailstore.Store
	fs       vfs.FS
	listener net.Listener
	tls      *tls.Config
	stop     func()        // ends the context of the sessions
	ended    chan struct{} // a connection has ended; not waited for
}

const implicit = listen.Implicit

// serverOptions are what a test may change.
type serverOptions struct {
	Options
	store mailstore.Options
	info  listen.Info
}

func newServer(t testing.TB, change ...func(*serverOptions)) *testServer {
	t.Helper()
	fs := vfs.NewMem()
	db, blobs, err := ground.Open("kv", "blobs", ground.Options{FS: fs})
	check(t, err)
	t.Cleanup(func() {
		db.Close()
		blobs.Close()
	})

	o := serverOptions{Options: Options{Auth: testAccounts, Log: slog.New(slog.NewTextHandler(testWriter{t}, nil))}}
	o.Limits.FailureDelay = -1
	config := testTLS()
	o.info = listen.Info{Protocol: "imap", TLSMode: listen.StartTLS, TLSConfig: func() *tls.Config { return config }, PlaintextLogin: true}
	for _, c := range change {
		c(&o)
	}
	store := mailstore.New(db, blobs, o.store)
	s := &testServer{Server: New(store, blobs, o.Options), t: t, store: store, fs: fs, tls: config, ended: make(chan struct{}, 1000)}
	s.listener, err = net.Listen("tcp", "127.0.0.1:0")
	check(t, err)

	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	var running sync.WaitGroup
	running.Go(func() { store.Run(ctx) })
	running.Go(func() { s.accept(ctx, o.info) })
	t.Cleanup(func() {
		stop()
		s.listener.Close()
		running.Wait()
		s.Close()
	})
	return s
}

// accept serves connections until the listener closes.
func (s *testServer) accept(ctx context.Context, info listen.Info) {
	var conns sync.WaitGroup
	defer conns.Wait()
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		conns.Go(func() {
			if info.TLSMode == listen.Implicit {
				c = tls.Server(c, s.tls)
			}
			s.ServeConn(ctx, c, info)
			select {
			case s.ended <- struct{}{}:
			default:
			}
		})
	}
}

// testWriter sends the server's log to the test's.
type testWriter struct{ t testing.TB }

func (w testWriter) Write(p []byte) (int, error) {
	if strings.Contains(string(p), "level=ERROR") {
		w.t.Logf("server: %s", p)
	}
	return len(p), nil
}

var testTLS = sync.OnceValue(func() *tls.Config {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
})

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// client is one IMAP connection of a test.
type client struct {
	t    testing.TB
	conn net.Conn
	r    *bufio.Reader
	tag  int
}

// dial connects and reads the greeting.
func (s *testServer) dial() *client {
	s.t.Helper()
	conn, err := net.Dial("tcp", s.listener.Addr().String())
	check(s.t, err)
	s.t.Cleanup(func() { conn.Close() })
	c := &client{t: s.t, conn: conn, r: bufio.NewReader(conn)}
	if greeting := c.line(); !strings.HasPrefix(greeting, "* OK ") {
		s.t.Fatalf("greeting %q", greeting)
	}
	return c
}

// dialTLS is dial for a listener that begins with TLS.
func (s *testServer) dialTLS() *client {
	s.t.Helper()
	conn, err := tls.Dial("tcp", s.listener.Addr().String(), &tls.Config{InsecureSkipVerify: true})
	check(s.t, err)
	s.t.Cleanup(func() { conn.Close() })
	c := &client{t: s.t}
	c.use(conn)
	if greeting := c.line(); !strings.HasPrefix(greeting, "* OK ") {
		s.t.Fatalf("greeting %q", greeting)
	}
	return c
}

// use goes on with another connection.
func (c *client) use(conn net.Conn) { c.conn, c.r = conn, bufio.NewReader(conn) }

// login connects as a user.
func (s *testServer) login(user string) *client {
	s.t.Helper()
	c := s.dial()
	c.ok("LOGIN " + user + " secret")
	return c
}

func (c *client) send(data string) {
	c.t.Helper()
	c.conn.SetWriteDeadline(time.Now().Add(patience))
	_, err := io.WriteString(c.conn, data)
	check(c.t, err)
}

// line reads one line.
func (c *client) line() string {
	c.t.Helper()
	line, err := c.read()
	check(c.t, err)
	return line
}

func (c *client) read() (string, error) {
	c.conn.SetReadDeadline(time.Now().Add(patience))
	line, err := c.r.ReadString('\n')
	return strings.TrimSuffix(line, "\r\n"), err
}

// response reads one response with its literals.
func (c *client) response() string {
	c.t.Helper()
	out := c.line()
	for {
		open := strings.LastIndexByte(out, '{')
		if open < 0 || !strings.HasSuffix(out, "}") {
			return out
		}
		n, err := strconv.Atoi(out[open+1 : len(out)-1])
		if err != nil {
			return out
		}
		p := make([]byte, n)
		_, err = io.ReadFull(c.r, p)
		check(c.t, err)
		out += "\r\n" + string(p) + c.line()
	}
}

// cmd sends a command and returns its untagged responses and the tagged one,
// without the tag.
func (c *client) cmd(text string) (untagged []string, status string) {
	c.t.Helper()
	c.tag++
	tag := fmt.Sprintf("t%d", c.tag)
	c.send(tag + " " + text + "\r\n")
	return c.finish(tag)
}

// finish reads up to a tagged response.
func (c *client) finish(tag string) (untagged []string, status string) {
	c.t.Helper()
	for {
		r := c.response()
		if status, ok := strings.CutPrefix(r, tag+" "); ok {
			return untagged, status
		}
		if strings.HasPrefix(r, "* BYE") {
			return append(untagged, r), "BYE"
		}
		untagged = append(untagged, r)
	}
}

// ok runs a command that must succeed, and returns its untagged responses.
func (c *client) ok(text string) []string {
	c.t.Helper()
	untagged, status := c.cmd(text)
	if !strings.HasPrefix(status, "OK") {
		c.t.Fatalf("%.200s: %s", text, status)
	}
	return untagged
}

// add appends messages to a mailbox.
func (c *client) add(mailbox string, messages ...string) {
	c.t.Helper()
	for _, m := range messages {
		c.ok(fmt.Sprintf("APPEND %s {%d+}\r\n%s", mailbox, len(m), m))
	}
}

// testMessage is a small message.
func testMessage(n int) string {
	return fmt.Sprintf("From: sender%d@example.org\r\nTo: alice@example.org\r\nSubject: message %d\r\n"+
		"Date: Sat, 21 Nov 2026 12:%02d:00 +0000\r\nMessage-ID: <%d@example.org>\r\n\r\nbody %d\r\n", n, n, n%60, n, n)
}
