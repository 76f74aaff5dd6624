package listen

import (
	"net/netip"
	"testing"
)

func TestLimiter(t *testing.T) {
	l := newLimiter(Options{MaxConnections: 6, MaxPerAddress: 2, Exempt: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	steps := []struct {
		remote string
		leave  bool
		want   Reason
	}{
		{"192.0.2.1", false, ""}, {"192.0.2.1", false, ""}, {"192.0.2.1", false, TooManyForAddress}, {"192.0.2.2", false, ""},
		{"192.0.2.1", true, ""}, {"192.0.2.1", false, ""}, // one left, one may come
		{"2001:db8::1", false, ""}, {"2001:db8::ffff:2", false, ""}, {"2001:db8::3", false, TooManyForAddress}, // one /64
		{"2001:db8:0:1::1", false, ""}, // another /64; all six are in use
		{"192.0.2.9", false, TooMany}, {"127.0.0.1", false, TooMany},
		{"2001:db8::1", true, ""}, {"127.0.0.1", false, ""},
		{"192.0.2.2", true, ""}, {"127.0.0.1", false, ""}, // exempt: two of one address, and
		{"192.0.2.1", true, ""}, {"127.0.0.1", false, ""}, // a third
	}
	for i, s := range steps {
		addr := netip.MustParseAddr(s.remote)
		if s.leave {
			l.leave(addr)
		} else if got := l.enter(addr); got != s.want {
			t.Fatalf("step %d, %s: %q, want %q", i, s.remote, got, s.want)
		}
	}
	if l.count() != 6 {
		t.Errorf("%d counted", l.count())
	}
}

func TestLimiterForgets(t *testing.T) {
	l := newLimiter(Options{MaxConnections: 1000, MaxPerAddress: 1})
	addr := netip.MustParseAddr("192.0.2.0")
	for range 500 {
		l.enter(addr)
		l.leave(addr)
		addr = addr.Next()
	}
	if len(l.by) != 0 || l.count() != 0 {
		t.Errorf("%d addresses remembered, %d connections", len(l.by), l.count())
	}
}

func TestConnectionsForFiles(t *testing.T) {
	for _, tt := range []struct {
		files uint64
		want  int
	}{{0, 16}, {64, 16}, {144, 16}, {256, 128}, {1024, 896}, {20_128, 20_000}, {1 << 20, 20_000}, {1 << 63, 20_000}} {
		if got := connectionsForFiles(tt.files); got != tt.want {
			t.Errorf("%d files: %d connections, want %d", tt.files, got, tt.want)
		}
	}
	if openFiles() == 0 {
		t.Error("no limit on open files found")
	}
}
