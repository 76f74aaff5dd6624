package listen

import (
	"log/slog"
	"net"
	"net/netip"
	"time"

	"tram/internal/access/listen/proxyproto"
)

// keepsOut tells why an address may not connect to the door, "" if it may. A
// door behind a proxy is for the proxy alone.
func (d *Door) keepsOut(remote netip.Addr) Reason {
	switch {
	case !remote.IsValid(): // a Unix socket, guarded by its file mode
		return ""
	case d.Proxies != nil && !contains(d.Proxies, remote):
		return NotProxy
	case d.Proxies == nil && d.Allow != nil && !contains(d.Allow, remote):
		return NotAllowed
	}
	return ""
}

// counted is the address that a new connection counts for. That of a proxy
// stands for many clients, so it is not counted: the client is, later.
func (d *Door) counted(remote netip.Addr) netip.Addr {
	if d.Proxies != nil {
		return netip.Addr{}
	}
	return remote
}

// introduce reads the PROXY header and puts the client that it names in the
// place of the proxy. If the client may not come in, it returns why and what to
// say.
func (s *Server) introduce(d *Door, conn net.Conn, info *Info) (refused Reason, text string) {
	// A deadline instead of a context: that would cost a second goroutine. An
	// error means that the connection is gone, which the read notices.
	_ = conn.SetReadDeadline(time.Now().Add(proxyTimeout))
	h, err := proxyproto.Read(conn)
	if err != nil {
		s.opts.Log.Warn("a proxy sent no PROXY header", slog.String("listener", d.name()), slog.String("proxy", info.Remote.String()), slog.Any("error", err))
		return BadProxyHeader, ""
	}
	_ = conn.SetReadDeadline(time.Time{})
	if h.Source.IsValid() {
		info.Proxied = info.Remote
		info.Remote, info.Local = h.Source, h.Destination
	}
	if remote := info.Remote.Addr(); d.Allow != nil && remote.IsValid() && !contains(d.Allow, remote) {
		return NotAllowed, d.Refusal
	}
	if why := s.limit.recount(info.Remote.Addr()); why != "" {
		return why, d.Busy
	}
	return "", ""
}

func contains(networks []netip.Prefix, a netip.Addr) bool {
	for _, p := range networks {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
