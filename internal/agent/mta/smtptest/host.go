// Package smtptest is an SMTP host for tests and laboratories. It takes mail
// and keeps it, and can be told to misbehave: replies of any kind at any step,
// missing extensions, broken TLS, connections cut at any byte. It speaks LMTP
// too, and BDAT when CHUNKING is among its extensions.
//
//	sink := smtptest.Start(t, smtptest.Options{
//		Reply: func(step, arg string) string {
//			if step == "RCPT" && strings.Contains(arg, "nobody@") { return "550 5.1.1 no such user" }
//			return ""
//		},
//	})
//	…
//	sink.Messages()
//
// It shares no code with the client that it tests.
package smtptest

import (
	"crypto/tls"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"
)

// Options say how a host behaves. The zero value is a well-behaved host
// without TLS.
type Options struct {
	Address    string   // default "127.0.0.1:0"; a path with a slash is a Unix socket
	Hostname   string   // default "sink.example"
	Extensions []string // EHLO keywords beside STARTTLS; nil is [DefaultExtensions]
	NoEHLO     bool     // knows only HELO
	LMTP       bool     // RFC 2033: LHLO, and a reply for each recipient behind the text
	Password   string   // of every user, for AUTH with a challenge; AUTH PLAIN takes any

	TLS      *tls.Config // offers STARTTLS, or speaks TLS from the first byte
	Implicit bool
	BreakTLS bool   // closes instead of shaking hands
	Inject   string // sent in one segment with the reply to STARTTLS

	// Reply is asked before each reply; "" is the ordinary one, "drop" closes
	// the connection. Steps are "greeting", "EHLO", "LHLO", "HELO", "STARTTLS",
	// "AUTH", "MAIL", "RCPT", "DATA", "BDAT" (a chunk that is not the last),
	// "text" (the reply to the end of the text; by LMTP one for each recipient,
	// with RCPT's argument behind "TO:"), "RSET" and "QUIT"; arg is what follows
	// the verb. Several lines are separated by "\n".
	Reply func(step, arg string) string
	// Cut says after how many bytes, received and sent, the connection with
	// this number (from 0) is cut; -1 never.
	Cut func(connection int) (in, out int)
}

// DefaultExtensions are what a host of today offers.
var DefaultExtensions = []string{"PIPELINING", "SIZE 50000000", "8BITMIME", "ENHANCEDSTATUSCODES", "SMTPUTF8", "DSN"}

// Message is one message that the host has taken over.
type Message struct {
	From  string   // the argument of MAIL behind "FROM:"
	Rcpts []string // the arguments of RCPT behind "TO:"
	Text  []byte   // without stuffed dots, as it came
	TLS   bool
	User  string // of AUTH
	// Chunks are the sizes of the chunks of BDAT; none with DATA.
	Chunks  []int
	Resumed bool // the TLS session was
	// Doubtful is set when the connection was cut before the whole reply to
	// the final dot was sent.
	Doubtful   bool
	Connection int // number of the connection
}

// Host is a running host.
type Host struct {
	o        Options
	listener net.Listener
	served   sync.WaitGroup

	mu          sync.Mutex
	messages    []Message         // guarded by mu, as all below
	commands    []string          // as they came, without line ends
	connections int               //
	open        map[net.Conn]bool //
	arrived     chan struct{}     // closed and replaced at each message
}

// Start runs a host until the test ends.
func Start(t testing.TB, o Options) *Host {
	t.Helper()
	h, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	return h
}

// New runs a host until Close.
func New(o Options) (*Host, error) {
	if o.Address == "" {
		o.Address = "127.0.0.1:0"
	}
	if o.Hostname == "" {
		o.Hostname = "sink.example"
	}
	if o.Extensions == nil {
		o.Extensions = DefaultExtensions
	}
	if o.Reply == nil {
		o.Reply = func(string, string) string { return "" }
	}
	network := "tcp"
	if strings.Contains(o.Address, "/") {
		network = "unix"
	}
	listener, err := net.Listen(network, o.Address)
	if err != nil {
		return nil, err
	}
	h := &Host{o: o, listener: listener, open: make(map[net.Conn]bool), arrived: make(chan struct{})}
	h.served.Go(h.accept)
	return h, nil
}

func (h *Host) accept() {
	for {
		conn, err := h.listener.Accept()
		if err != nil {
			return
		}
		h.mu.Lock()
		number := h.connections
		h.connections++
		h.open[conn] = true
		h.mu.Unlock()
		h.served.Go(func() {
			h.serve(conn, number)
			conn.Close()
			h.mu.Lock()
			delete(h.open, conn)
			h.mu.Unlock()
		})
	}
}

// Close stops the host and cuts its connections.
func (h *Host) Close() {
	h.listener.Close()
	h.mu.Lock()
	for conn := range h.open {
		conn.Close()
	}
	h.mu.Unlock()
	h.served.Wait()
}

// Addr is where the host listens.
func (h *Host) Addr() netip.AddrPort {
	return h.listener.Addr().(*net.TCPAddr).AddrPort()
}

// Connections is how many connections were made so far.
func (h *Host) Connections() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.connections
}

// Messages returns all messages so far.
func (h *Host) Messages() []Message {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]Message(nil), h.messages...)
}

// Commands returns all command lines so far.
func (h *Host) Commands() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.commands...)
}

// Wait returns all messages once there are at least n of them; after the
// timeout it fails the test.
func (h *Host) Wait(t testing.TB, n int, timeout time.Duration) []Message {
	t.Helper()
	deadline := time.After(timeout)
	for {
		h.mu.Lock()
		have, arrived := len(h.messages), h.arrived
		h.mu.Unlock()
		if have >= n {
			return h.Messages()
		}
		select {
		case <-arrived:
		case <-deadline:
			t.Fatalf("%d messages after %v, want %d", have, timeout, n)
		}
	}
}

func (h *Host) keep(m Message) (index int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.messages = append(h.messages, m)
	close(h.arrived)
	h.arrived = make(chan struct{})
	return len(h.messages) - 1
}

func (h *Host) doubt(index int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.messages[index].Doubtful = true
}

func (h *Host) note(line string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.commands = append(h.commands, line)
}
