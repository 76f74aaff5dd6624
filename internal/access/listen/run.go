package listen

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Waits of the accept loop after an error, doubled from the first to the last.
const (
	firstAcceptWait = 5 * time.Millisecond
	lastAcceptWait  = time.Second
)

// registry is the open connections of a Run, so that they can be waited for and
// closed.
type registry struct {
	mu   sync.Mutex
	open map[net.Conn]struct{}
	wg   sync.WaitGroup
}

func (r *registry) add(c net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open == nil {
		r.open = map[net.Conn]struct{}{}
	}
	r.open[c] = struct{}{}
	r.wg.Add(1)
}

func (r *registry) remove(c net.Conn) {
	r.mu.Lock()
	delete(r.open, c)
	r.mu.Unlock()
	r.wg.Done()
}

func (r *registry) closeAll() (closed int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for c := range r.open {
		c.Close()
	}
	return len(r.open)
}

// Run serves the doors until ctx ends, as the package comment describes, and
// closes their listeners. It returns nil after a stop that ctx asked for, or
// the error of a listener that broke, which stops the others too. Several Runs
// of one Server may go on at the same time.
func (s *Server) Run(ctx context.Context, doors ...Door) error {
	sessions, stop := context.WithCancel(ctx)
	defer stop()
	var conns registry
	var accepting sync.WaitGroup
	errs := make([]error, len(doors))
	for i := range doors {
		accepting.Go(func() {
			if errs[i] = s.accept(sessions, &doors[i], &conns); errs[i] != nil {
				stop()
			}
		})
	}
	<-sessions.Done()
	for i := range doors {
		doors[i].Listener.Close()
	}
	accepting.Wait()
	s.drain(&conns)
	return errors.Join(errs...)
}

// drain waits for the handlers, and closes their connections after the grace.
func (s *Server) drain(conns *registry) {
	gone := make(chan struct{})
	go func() {
		conns.wg.Wait()
		close(gone)
	}()
	timer := time.NewTimer(s.opts.Grace)
	defer timer.Stop()
	select {
	case <-gone:
		return
	case <-timer.C:
	}
	if n := conns.closeAll(); n > 0 {
		s.opts.Log.Warn("connections closed that did not end in time", slog.Int("connections", n))
	}
	<-gone
}

// accept serves one door until its listener is closed.
func (s *Server) accept(ctx context.Context, d *Door, conns *registry) error {
	atDoor := new(atomic.Int64)
	wait := time.Duration(0)
	for {
		conn, err := d.Listener.Accept()
		switch {
		case err == nil:
			wait = 0
			s.admit(ctx, d, conns, atDoor, conn)
		case ctx.Err() != nil:
			return nil //nolint:nilerr // the stop was asked for, and closed the listener
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("listen on %s: %w", d.Listener.Addr(), err)
		default:
			// Out of file descriptors or memory, or a connection that went away
			// early: the listener is whole, and spinning would help nobody.
			if wait == 0 {
				s.opts.Log.Error("accepting a connection failed, trying again", slog.String("listener", d.name()), slog.Any("error", err))
			}
			wait = min(max(2*wait, firstAcceptWait), lastAcceptWait)
			pause(ctx, wait)
		}
	}
}

// admit hands a connection to its goroutine, or refuses it.
func (s *Server) admit(ctx context.Context, d *Door, conns *registry, atDoor *atomic.Int64, conn net.Conn) {
	info := d.Info
	info.Remote, info.Local = addrPort(conn.RemoteAddr()), addrPort(conn.LocalAddr())
	if _, ok := conn.(*net.UnixConn); ok {
		info.Socket = conn.LocalAddr().String()
	}
	if why := d.keepsOut(info.Remote.Addr()); why != "" {
		s.refuse(d, conn, info, why, d.Refusal)
		return
	}
	refused := s.limit.enter(d.counted(info.Remote.Addr()))
	if refused == "" && d.Limit > 0 && atDoor.Load() >= int64(d.Limit) {
		s.limit.leave(d.counted(info.Remote.Addr()))
		refused = TooManyForDoor
	}
	if refused != "" {
		s.refuse(d, conn, info, refused, d.Busy)
		return
	}
	atDoor.Add(1)
	conns.add(conn)
	v := &visit{Server: s, door: d, atDoor: atDoor, conns: conns, conn: conn, info: info, counted: d.counted(info.Remote.Addr()), began: time.Now()}
	go v.enter(ctx)
}

// refuse says why and closes. The line fits into the empty buffer of a new
// socket, so this does not hold up the accept loop; under implicit TLS there
// is no way to say it.
func (s *Server) refuse(d *Door, conn net.Conn, info Info, why Reason, text string) {
	if text != "" && info.TLSMode != Implicit {
		conn.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
		_, _ = conn.Write([]byte(text)) // a courtesy; the connection ends in any case
	}
	conn.Close()
	s.opts.Log.Debug("connection refused", slog.String("listener", d.name()), slog.String("remote", info.Remote.String()), slog.String("reason", string(why)))
	if s.opts.Refused != nil {
		s.opts.Refused(info, why)
	}
}

func (d *Door) name() string {
	if d.Info.Name != "" {
		return d.Info.Name
	}
	return d.Listener.Addr().String()
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// addrPort is the address of a TCP connection, IPv4 as IPv4; zero for others.
func addrPort(a net.Addr) netip.AddrPort {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	ap := tcp.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}
