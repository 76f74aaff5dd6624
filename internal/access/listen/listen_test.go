package listen_test

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
	"io"
	"log/slog"
	"math/big"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"tram/internal/access/listen"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const busy = "421 busy\r\n"

// running is a Server in a test.
type running struct {
	*listen.Server
	addr string
	stop func() error
	log  *bytes.Buffer
}

// start runs one door on loopback until the test ends or stop is called.
func start(t *testing.T, opts listen.Options, d listen.Door) *running {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &running{addr: l.Addr().String(), log: new(bytes.Buffer)}
	if opts.Log == nil {
		opts.Log = slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	d.Listener, d.Busy = l, busy
	r.Server = listen.New(opts)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx, d) }()
	r.stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	t.Cleanup(func() {
		if err := r.stop(); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return r
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(10 * time.Second))
	return c
}

// greetAndWait is a handler that greets and stays until the client or the
// server ends it.
func greetAndWait(ctx context.Context, conn net.Conn, _ listen.Info) {
	io.WriteString(conn, "hello\r\n")
	stop := context.AfterFunc(ctx, func() { conn.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	if _, err := io.Copy(io.Discard, conn); err != nil && ctx.Err() != nil {
		io.WriteString(conn, "bye\r\n")
	}
}

func firstLine(t *testing.T, c net.Conn) string {
	t.Helper()
	line, err := bufio.NewReader(c).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return line
}

func TestServes(t *testing.T) {
	infos := make(chan listen.Info, 1)
	r := start(t, listen.Options{}, listen.Door{
		Info: listen.Info{Protocol: "smtp", Name: "mx", TLSMode: listen.StartTLS, PlaintextLogin: true},
		Handler: func(_ context.Context, conn net.Conn, info listen.Info) {
			infos <- info
			io.WriteString(conn, "hello\r\n")
		},
	})
	c := dial(t, r.addr)
	if got, err := io.ReadAll(c); err != nil || string(got) != "hello\r\n" {
		t.Errorf("%q, %v", got, err)
	}
	info := <-infos
	if info.Protocol != "smtp" || info.Name != "mx" || info.TLSMode != listen.StartTLS || !info.PlaintextLogin ||
		info.Remote.String() != c.LocalAddr().String() || info.Local.String() != r.addr {
		t.Errorf("%+v", info)
	}
}

func TestTooManyConnections(t *testing.T) {
	for _, tt := range []struct {
		name   string
		opts   listen.Options
		door   listen.Door
		reason listen.Reason
	}{
		{"in all", listen.Options{MaxConnections: 2}, listen.Door{}, listen.TooMany},
		{"of one address", listen.Options{MaxPerAddress: 2}, listen.Door{}, listen.TooManyForAddress},
		{"to one door", listen.Options{}, listen.Door{Limit: 2}, listen.TooManyForDoor},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reasons := make(chan listen.Reason, 10)
			tt.opts.Refused = func(_ listen.Info, r listen.Reason) { reasons <- r }
			tt.door.Handler = greetAndWait
			r := start(t, tt.opts, tt.door)
			a, b := dial(t, r.addr), dial(t, r.addr)
			firstLine(t, a)
			firstLine(t, b)
			refused := dial(t, r.addr)
			if got, err := io.ReadAll(refused); err != nil || string(got) != busy {
				t.Errorf("%q, %v", got, err)
			}
			if got := <-reasons; got != tt.reason {
				t.Errorf("reason %q", got)
			}
			a.Close()
			waitFor(t, func() bool { return r.Connections() == 1 })
			if got := firstLine(t, dial(t, r.addr)); got != "hello\r\n" {
				t.Errorf("after one left: %q", got)
			}
		})
	}
}

func waitFor(t *testing.T, cond func() bool) {
	t.Helper()
	for range 2000 {
		if cond() {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("it does not happen")
}

func TestStopIsGraceful(t *testing.T) {
	r := start(t, listen.Options{}, listen.Door{Handler: greetAndWait})
	c := dial(t, r.addr)
	firstLine(t, c)
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(c); err != nil || string(got) != "bye\r\n" {
		t.Errorf("%q, %v", got, err)
	}
	if c, err := net.Dial("tcp", r.addr); err == nil {
		c.Close()
		t.Error("still listening")
	}
	if n := r.Connections(); n != 0 {
		t.Errorf("%d connections after the end", n)
	}
}

func TestStopClosesWhatStays(t *testing.T) {
	stubborn := func(_ context.Context, conn net.Conn, _ listen.Info) {
		io.WriteString(conn, "hello\r\n")
		io.Copy(io.Discard, conn)
	}
	r := start(t, listen.Options{Grace: 50 * time.Millisecond}, listen.Door{Handler: stubborn})
	c := dial(t, r.addr)
	firstLine(t, c)
	began := time.Now()
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if d := time.Since(began); d < 50*time.Millisecond {
		t.Errorf("closed after %v", d)
	}
	if !strings.Contains(r.log.String(), "connections closed that did not end in time") {
		t.Error("not logged")
	}
}

func TestPanicStaysInside(t *testing.T) {
	first := atomic.Bool{}
	r := start(t, listen.Options{}, listen.Door{Handler: func(_ context.Context, conn net.Conn, _ listen.Info) {
		if first.CompareAndSwap(false, true) {
			panic("invariant")
		}
		io.WriteString(conn, "hello\r\n")
	}})
	if got, _ := io.ReadAll(dial(t, r.addr)); len(got) != 0 {
		t.Errorf("%q", got)
	}
	if got := firstLine(t, dial(t, r.addr)); got != "hello\r\n" {
		t.Errorf("%q", got)
	}
	r.stop()
	if log := r.log.String(); !strings.Contains(log, "panic=invariant") || !strings.Contains(log, "listen_test.go") || r.Connections() != 0 {
		t.Errorf("log: %s", log)
	}
}

func certificate(t *testing.T) func() *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	return func() *tls.Config { return config }
}

func TestImplicitTLS(t *testing.T) {
	r := start(t, listen.Options{HandshakeTimeout: 50 * time.Millisecond}, listen.Door{
		Info:    listen.Info{TLSMode: listen.Implicit, TLSConfig: certificate(t)},
		Handler: func(_ context.Context, conn net.Conn, _ listen.Info) { io.WriteString(conn, "hello\r\n") },
	})
	silent := dial(t, r.addr) // half-open TLS: a client that never begins
	secure := tls.Client(dial(t, r.addr), &tls.Config{InsecureSkipVerify: true})
	if got, err := io.ReadAll(secure); err != nil || string(got) != "hello\r\n" { // with close_notify
		t.Errorf("%q, %v", got, err)
	}
	if got, err := io.ReadAll(silent); len(got) != 0 {
		t.Errorf("%q, %v", got, err)
	}
	plain := dial(t, r.addr)
	io.WriteString(plain, "EHLO x\r\n")
	if got, _ := io.ReadAll(plain); bytes.Contains(got, []byte("hello")) {
		t.Errorf("plain text was served: %q", got)
	}
	waitFor(t, func() bool { return r.Connections() == 0 })
}

func TestNoTLS(t *testing.T) {
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	for _, info := range []listen.Info{{}, {TLSConfig: func() *tls.Config { return nil }}} {
		if _, err := listen.Upgrade(a, info, 0); err != listen.ErrNoTLS {
			t.Error(err)
		}
	}
}

// shaky is a listener that runs out of file descriptors for a while.
type shaky struct {
	failures int
	at       []time.Time
	closed   chan struct{}
	conn     net.Conn
}

func (s *shaky) Accept() (net.Conn, error) {
	s.at = append(s.at, time.Now())
	if len(s.at) <= s.failures {
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	if c := s.conn; c != nil {
		s.conn = nil
		return c, nil
	}
	<-s.closed
	return nil, net.ErrClosed
}
func (s *shaky) Close() error   { close(s.closed); return nil }
func (s *shaky) Addr() net.Addr { return &net.TCPAddr{} }

func TestOutOfFileDescriptors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, conn := net.Pipe()
		defer client.Close()
		var log bytes.Buffer
		l := &shaky{failures: 12, closed: make(chan struct{}), conn: conn}
		ctx, cancel := context.WithCancel(t.Context())
		s := listen.New(listen.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx, listen.Door{Listener: l, Handler: greetAndWait}) }()
		if got := firstLine(t, client); got != "hello\r\n" {
			t.Errorf("%q", got)
		}
		client.Close()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if first, last := l.at[1].Sub(l.at[0]), l.at[12].Sub(l.at[11]); first != 5*time.Millisecond || last != time.Second {
			t.Errorf("waited %v first, %v in the end", first, last)
		}
		if n := strings.Count(log.String(), "accepting a connection failed"); n != 1 {
			t.Errorf("logged %d times", n)
		}
	})
}

func TestBrokenListenerStopsAll(t *testing.T) {
	whole, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	broken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	broken.Close()
	s := listen.New(listen.Options{})
	err = s.Run(t.Context(), listen.Door{Listener: whole, Handler: greetAndWait}, listen.Door{Listener: broken, Handler: greetAndWait})
	if !errors.Is(err, net.ErrClosed) {
		t.Errorf("Run: %v", err)
	}
}

// TestRunsShareLimits: doors that are run one by one count together, and end
// one by one.
func TestRunsShareLimits(t *testing.T) {
	s := listen.New(listen.Options{MaxConnections: 2})
	run := func() (addr string, stop func()) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx, listen.Door{Listener: l, Handler: greetAndWait, Busy: busy}) }()
		return l.Addr().String(), func() { cancel(); <-ended }
	}
	one, stopOne := run()
	two, stopTwo := run()
	a, b := dial(t, one), dial(t, two)
	firstLine(t, a)
	firstLine(t, b)
	if got := firstLine(t, dial(t, one)); got != busy {
		t.Errorf("%q", got)
	}
	stopOne() // although b is open
	if got := firstLine(t, dial(t, two)); got != "hello\r\n" {
		t.Errorf("%q", got)
	}
	stopTwo()
}
