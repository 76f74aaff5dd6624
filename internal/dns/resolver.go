package dns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	wire "github.com/miekg/dns"
)

// Options of a Resolver. The zero value is sensible.
type Options struct {
	// Servers are recursive resolvers, "192.0.2.1" or "[2001:db8::1]:5353".
	// None: those of /etc/resolv.conf, or one on this machine.
	Servers []string
	// Timeout of the first attempt at a server; later rounds wait longer.
	// Default 3 s.
	Timeout time.Duration
	// Rounds through all servers before a lookup fails. Default 2.
	Rounds int
	// Total time of a lookup. Default 20 s.
	Total time.Duration
}

// Limits of what Options may ask for.
const (
	maxServers = 8
	dnsPort    = 53
)

// errTotal is not a context error: for those who share the lookup it is the
// answer, not the trouble of the one who asked.
var errTotal = errors.New("no answer in the time for a lookup")

// Resolver looks things up. All methods may be called from any goroutine.
type Resolver struct {
	servers []netip.AddrPort
	timeout time.Duration
	rounds  int
	total   time.Duration

	first   atomic.Int32 // index of the server that answered last
	cache   *cache
	flights flights
}

// New makes a resolver. It fails when a server is not an address, and when
// /etc/resolv.conf is there but cannot be read.
func New(o Options) (*Resolver, error) {
	servers, err := serversOf(o.Servers)
	if err != nil {
		return nil, err
	}
	r := &Resolver{
		servers: servers,
		timeout: o.Timeout,
		rounds:  o.Rounds,
		total:   o.Total,
		cache:   newCache(maxCacheBytes),
		flights: flights{all: make(map[question]*flight)},
	}
	if r.timeout <= 0 {
		r.timeout = 3 * time.Second
	}
	if r.rounds <= 0 {
		r.rounds = 2
	}
	if r.total <= 0 {
		r.total = 20 * time.Second
	}
	return r, nil
}

// lookup answers a question from the cache or from the servers. Its errors are
// of type *Error.
func (r *Resolver) lookup(ctx context.Context, name string, typ uint16) (*answer, error) {
	fail := func(err error) (*answer, error) {
		return nil, &Error{Name: strings.TrimSuffix(name, "."), Type: wire.TypeToString[typ], Err: err}
	}
	full, err := fullName(name)
	if err != nil {
		return fail(err)
	}
	q := question{full, typ}
	a := r.cache.get(q, time.Now())
	if a == nil {
		a, err = r.flights.do(ctx, q, func() (*answer, error) { return r.resolve(ctx, q) })
	}
	if err != nil {
		return fail(err)
	}
	if a.err != nil {
		return fail(a.err)
	}
	return a, nil
}

// resolve asks the servers, and goes on asking where an alias leads out of
// their response.
func (r *Resolver) resolve(ctx context.Context, q question) (*answer, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, r.total, errTotal)
	defer cancel()
	asked, alias := q, time.Now().Add(maxTTL)
	for range maxAliases {
		m, err := r.ask(ctx, asked)
		if err != nil {
			return nil, err
		}
		now := time.Now()
		a, next, until := read(asked, m, now)
		alias = earlier(alias, until)
		if a != nil {
			a = a.behind(alias)
			r.cache.put(q, a, now)
			return a, nil
		}
		asked.name = next
	}
	return &answer{err: ErrNoData}, nil
}

// ask goes through the servers, beginning with the one that answered last,
// until one of them answers.
func (r *Resolver) ask(ctx context.Context, q question) (*wire.Msg, error) {
	var last error
	start := int(r.first.Load())
	for round := range r.rounds {
		for i := range r.servers {
			index := (start + i) % len(r.servers)
			server := r.servers[index]
			m, err := exchange(ctx, server, q, r.timeout<<round)
			if err == nil {
				r.first.Store(int32(index))
				return m, nil
			}
			if ctx.Err() != nil || ownTrouble(err) {
				return nil, err
			}
			last = fmt.Errorf("resolver %s: %w", server, err)
		}
	}
	return nil, last
}

// fullName gives a name the form in which it is asked and remembered. What
// cannot be a host or domain name never reaches the wire: blanks, escapes and
// octets beyond ASCII have no business in mail routing, and would confuse logs.
func fullName(name string) (string, error) {
	name = strings.TrimSuffix(name, ".")
	if name == "" || len(name) > 253 {
		return "", ErrBadName
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 {
			return "", ErrBadName
		}
	}
	for _, c := range []byte(name) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`\"();@$`, c) >= 0 {
			return "", ErrBadName
		}
	}
	return strings.ToLower(name) + ".", nil
}

// serversOf reads the addresses of the servers, from the list or from
// /etc/resolv.conf.
func serversOf(list []string) ([]netip.AddrPort, error) {
	if len(list) == 0 {
		return systemServers("/etc/resolv.conf")
	}
	if len(list) > maxServers {
		return nil, fmt.Errorf("dns: %d resolvers, at most %d are used", len(list), maxServers)
	}
	var servers []netip.AddrPort
	for _, text := range list {
		server, err := parseServer(text)
		if err != nil {
			return nil, err
		}
		servers = append(servers, server)
	}
	return servers, nil
}

func parseServer(text string) (netip.AddrPort, error) {
	if addr, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return netip.AddrPortFrom(addr, dnsPort), nil
	}
	server, err := netip.ParseAddrPort(text)
	if err != nil || server.Port() == 0 {
		return netip.AddrPort{}, fmt.Errorf("dns: resolver %q is not an address: write 192.0.2.1 or 192.0.2.1:53", text)
	}
	return server, nil
}

// reverseName is the name under which the PTR records of an address stand.
func reverseName(addr netip.Addr) (string, error) {
	return wire.ReverseAddr(net.IP(addr.Unmap().AsSlice()).String())
}
