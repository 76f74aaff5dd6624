package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"tram/internal/access/listen"
	"tram/internal/config"
	"tram/internal/server/control"
)

// doors is floor 4: the listening sockets and the engines behind them.
type doors struct {
	server  *Server
	engines atomic.Pointer[engines] // that new sessions get

	running sync.WaitGroup // one for each door that was started
	failed  chan error     // a listener that broke

	mu    sync.Mutex
	front *listen.Server // of now: it counts the connections of all doors
	trust config.Trust   // of now
	open  []*door
	start func(*door) // starts a door; nil while run does not run
}

// door is one listener of the configuration.
type door struct {
	config         config.Listener
	socket         *socket
	front          *listen.Server
	proxies, allow []netip.Prefix // see listen.Door
	sessions       atomic.Int64
}

// openDoors opens the socket of each listener. It tries all of them, so that
// every trouble is reported at once.
func openDoors(s *Server, c *config.Config) (*doors, error) {
	d := &doors{server: s, failed: make(chan error, 1)}
	d.front, d.trust = d.newFront(c), c.Trust
	var errs []error
	for i, l := range c.Listeners {
		inner, err := openSocket(l)
		if err != nil {
			errs = append(errs, c.Problem(config.ListenerKey(i, "address"), listenError(l, err)))
			continue
		}
		d.open = append(d.open, d.newDoor(l, newSocket(inner)))
	}
	if len(errs) > 0 {
		d.close()
		return nil, errors.Join(errs...)
	}
	return d, nil
}

// newFront accepts within the limits of c, which hold for all doors together.
func (d *doors) newFront(c *config.Config) *listen.Server {
	return listen.New(listen.Options{
		MaxConnections: connectionLimit(c),
		MaxPerAddress:  c.Limits.ConnectionsPerAddress,
		Exempt:         c.Relay.Networks,
		Grace:          c.Limits.StopTime.Std(),
		Log:            d.server.log,
		Opened:         d.server.sessionOpened,
		Closed:         d.server.sessionClosed,
		Refused:        d.server.sessionRefused,
	})
}

// newDoor puts the front of now before a socket.
func (d *doors) newDoor(l config.Listener, sock *socket) *door {
	one := &door{config: l, socket: sock, front: d.front}
	if l.Proxy {
		one.proxies = named(d.trust.Proxy)
	}
	if l.Protocol == config.LMTP {
		one.allow = named(d.trust.LMTP)
	}
	return one
}

// named is a list for listen.Door, where nil would mean everybody.
func named(networks []netip.Prefix) []netip.Prefix { return append([]netip.Prefix{}, networks...) }

// refusal is what clients are told that a door is not for.
func refusal(p config.Protocol) string {
	if p == config.LMTP {
		return "554 5.7.1 This listener is for trusted hosts only\r\n"
	}
	return ""
}

// listenError says what to do when an address cannot be had.
func listenError(l config.Listener, err error) string {
	why := err.Error()
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		why = "another program uses the port (ss -ltnp shows which); stop it or choose another port"
	case errors.Is(err, os.ErrPermission):
		why = "ports below 1024 need root or the capability CAP_NET_BIND_SERVICE; or choose a higher port"
	}
	return fmt.Sprintf("cannot listen on %s: %s", l.Address, why)
}

// furnish puts engines behind the doors, at first and after a reload.
func (d *doors) furnish(c *config.Config) error {
	fresh, err := newEngines(d.server, c)
	if err != nil {
		return err
	}
	if old := d.engines.Swap(fresh); old != nil {
		old.retire()
	}
	return nil
}

// run serves until ctx ends and every session has.
func (d *doors) run(ctx context.Context) error {
	d.mu.Lock()
	d.start = func(one *door) { d.running.Go(func() { d.serve(ctx, one) }) }
	for _, one := range d.open {
		d.start(one)
	}
	d.mu.Unlock()

	var err error
	select {
	case <-ctx.Done():
	case err = <-d.failed:
	}
	d.mu.Lock()
	d.start = nil
	d.mu.Unlock()
	d.running.Wait()
	d.engines.Load().retire()
	return err
}

// serve serves one door until ctx ends.
func (d *doors) serve(ctx context.Context, one *door) {
	l := one.config
	err := one.front.Run(ctx, listen.Door{
		Listener: one.socket,
		Handler:  d.handler(one),
		Proxies:  one.proxies,
		Allow:    one.allow,
		Refusal:  refusal(l.Protocol),
		Busy:     busy(l.Protocol, d.server.opts.Config.Hostname),
		Info: listen.Info{
			Protocol:  string(l.Protocol),
			Name:      string(l.Protocol) + " " + one.socket.Addr().String(),
			TLSMode:   tlsMode(l.TLS),
			TLSConfig: func() *tls.Config { return d.server.tls[l.Protocol] },
		},
	})
	if err != nil {
		select {
		case d.failed <- err:
		default: // one reason to stop is enough
		}
	}
}

// handler gives each session the engine of now.
func (d *doors) handler(one *door) listen.Handler {
	l := one.config
	return func(ctx context.Context, c net.Conn, info listen.Info) {
		one.sessions.Add(1)
		defer one.sessions.Add(-1)
		e := d.engines.Load()
		for !e.enter() {
			e = d.engines.Load()
		}
		defer e.leave()
		info.PlaintextLogin = plaintextLogin(l.PlaintextLogin, info.Remote.Addr())
		e.handler(l.Protocol)(ctx, c, info)
	}
}

func plaintextLogin(p config.PlaintextLogin, remote netip.Addr) bool {
	return p == config.Always || p == config.Loopback && remote.IsLoopback()
}

func tlsMode(m config.TLSMode) listen.TLSMode {
	switch m {
	case config.StartTLS:
		return listen.StartTLS
	case config.Implicit:
		return listen.Implicit
	}
	return listen.None
}

// list is the doors as status shows them.
func (d *doors) list() []control.Listener {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := make([]control.Listener, 0, len(d.open))
	for _, one := range d.open {
		all = append(all, control.Listener{
			Protocol: string(one.config.Protocol), Address: one.socket.Addr().String(),
			TLS: string(one.config.TLS), Sessions: int(one.sessions.Load()),
		})
	}
	return all
}

// addresses is the doors for the log.
func (d *doors) addresses() []string {
	var all []string
	for _, l := range d.list() {
		all = append(all, l.Protocol+"="+l.Address)
	}
	return all
}

// smtpAddresses are those where we take mail from other servers.
func (d *doors) smtpAddresses() []netip.AddrPort {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []netip.AddrPort
	for _, one := range d.open {
		if addr, ok := one.socket.Addr().(*net.TCPAddr); ok && one.config.Protocol == config.SMTP {
			all = append(all, addr.AddrPort())
		}
	}
	return all
}

// close closes sockets that were never served.
func (d *doors) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, one := range d.open {
		_ = one.socket.Close() // nobody was let in yet
	}
}

func (s *Server) sessionOpened(i listen.Info) {
	s.metrics.Sessions.Open.WithLabelValues(i.Protocol).Inc()
	s.metrics.Sessions.Total.WithLabelValues(i.Protocol).Inc()
}

func (s *Server) sessionClosed(i listen.Info, _ time.Duration) {
	s.metrics.Sessions.Open.WithLabelValues(i.Protocol).Dec()
}

func (s *Server) sessionRefused(i listen.Info, _ listen.Reason) {
	s.metrics.Sessions.Refused.WithLabelValues(i.Protocol).Inc()
}
