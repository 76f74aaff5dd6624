// Package dnstest is a DNS server for tests and laboratories: it answers on a
// loopback address from a zone text, and can be told to misbehave.
//
//	srv := dnstest.Start(t, `
//		example.org.       MX    10 mail.example.org.
//		mail.example.org.  A     127.0.0.2
//		nomail.example.    MX    0 .
//	`)
//	r, err := dns.New(dns.Options{Servers: []string{srv.Addr().String()}})
//	srv.SetFault("example.org", "MX", dnstest.ServFail)
//
// It speaks for all names there are. A name without records that has names
// below it exists (NODATA); other names do not (NXDOMAIN). "*.example.org"
// stands for all names below example.org that have no records of their own.
// Aliases are followed within the text. Negative answers carry an SOA with the
// TTL of the text, which defaults to [DefaultTTL].
package dnstest

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"

	wire "github.com/miekg/dns"
)

// DefaultTTL of records in seconds, unless the zone text says $TTL.
const DefaultTTL = 300

// Server is a DNS server.
type Server struct {
	udp, tcp *wire.Server
	addr     netip.AddrPort
	served   sync.WaitGroup

	mu      sync.Mutex
	zone    zone               // guarded by mu, as all below
	faults  map[question]Fault //
	queries []Query
}

type question struct {
	name string // lower case, final dot
	typ  uint16 // 0 = any
}

// Query is a query that arrived.
type Query struct {
	Name string // lower case, without the final dot
	Type string // "MX"
	TCP  bool
}

func (q Query) String() string { return q.Type + " " + q.Name }

// Start runs a server on a random port of 127.0.0.1 until the test ends. A
// mistake in the zone text fails the test.
func Start(t testing.TB, zoneText string) *Server {
	t.Helper()
	s, err := New("127.0.0.1:0", zoneText)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// New runs a server on an address, by UDP and TCP, until Close.
func New(address, zoneText string) (*Server, error) {
	z, err := parseZone(zoneText)
	if err != nil {
		return nil, err
	}
	s := &Server{zone: z, faults: make(map[question]Fault)}
	packets, listener, err := listenBoth(address)
	if err != nil {
		return nil, err
	}
	s.addr = listener.Addr().(*net.TCPAddr).AddrPort()
	s.udp = s.serve(&wire.Server{PacketConn: packets})
	s.tcp = s.serve(&wire.Server{Listener: listener})
	return s, nil
}

// listenBoth opens the same port for UDP and TCP. With port 0 the system
// chooses one that is free for TCP, and may be taken for UDP.
func listenBoth(address string) (net.PacketConn, net.Listener, error) {
	var last error
	for range 10 {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			return nil, nil, fmt.Errorf("dnstest: %w", err)
		}
		packets, err := net.ListenPacket("udp", listener.Addr().String())
		if err == nil {
			return packets, listener, nil
		}
		listener.Close()
		last = err
	}
	return nil, nil, fmt.Errorf("dnstest: %w", last)
}

// serve starts one half of the server and returns when it is ready.
func (s *Server) serve(half *wire.Server) *wire.Server {
	ready := make(chan struct{})
	half.Handler = wire.HandlerFunc(s.handle)
	half.NotifyStartedFunc = func() { close(ready) }
	failed := make(chan error, 1)
	s.served.Go(func() { failed <- half.ActivateAndServe() })
	select {
	case <-ready:
	case <-failed:
	}
	return half
}

// Close stops the server.
func (s *Server) Close() {
	// The only error is "not started", when serving failed: nothing to stop.
	_ = errors.Join(s.udp.Shutdown(), s.tcp.Shutdown())
	s.served.Wait()
}

// Addr is where the server answers, by UDP and TCP.
func (s *Server) Addr() netip.AddrPort { return s.addr }

// SetZone replaces all records.
func (s *Server) SetZone(zoneText string) error {
	z, err := parseZone(zoneText)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.zone = z
	return nil
}

// Queries returns what was asked since the last call, in order.
func (s *Server) Queries() []Query {
	s.mu.Lock()
	defer s.mu.Unlock()
	queries := s.queries
	s.queries = nil
	return queries
}

// note records a query and returns the fault that waits for it.
func (s *Server) note(q wire.Question, tcp bool) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := strings.ToLower(q.Name)
	s.queries = append(s.queries, Query{strings.TrimSuffix(name, "."), wire.TypeToString[q.Qtype], tcp})
	if fault, ok := s.faults[question{name, q.Qtype}]; ok {
		return fault
	}
	return s.faults[question{name, 0}]
}

func (s *Server) handle(w wire.ResponseWriter, query *wire.Msg) {
	if len(query.Question) != 1 {
		return
	}
	_, tcp := w.RemoteAddr().(*net.TCPAddr)
	fault := s.note(query.Question[0], tcp)
	m := new(wire.Msg).SetReply(query)
	m.Authoritative, m.RecursionAvailable = true, true
	s.mu.Lock()
	s.zone.answer(m)
	s.mu.Unlock()
	size := wire.MinMsgSize
	if opt := query.IsEdns0(); opt != nil {
		m.SetEdns0(opt.UDPSize(), false)
		size = int(opt.UDPSize())
	}
	if !fault.apply(w, m, query, tcp) {
		return
	}
	if !tcp {
		m.Truncate(size)
	}
	w.WriteMsg(m) // a client that is gone is no concern of the server
}
