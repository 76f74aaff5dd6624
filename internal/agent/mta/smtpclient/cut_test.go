package smtpclient_test

import (
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"tram/internal/agent/mta/smtpclient"
	"tram/internal/agent/mta/smtptest"
)

// TestCut: the host closes after every possible byte, of those it receives and
// of those it sends. Whatever the client then says must agree with what the
// host has: delivered only if taken, and if taken and not delivered, then as a
// lost reply.
func TestCut(t *testing.T) {
	for _, extensions := range [][]string{{"PIPELINING"}, {}} {
		outcomes := map[string]int{}
		for _, direction := range []string{"in", "out"} {
			for at := 0; ; at++ {
				got := cutAt(t, extensions, direction, at)
				outcomes[got]++
				if got == "delivered" {
					break
				}
			}
		}
		if outcomes["undecided"] < 100 || outcomes["lost"] < 10 {
			t.Errorf("%v: the cuts were not where they should be: %v", extensions, outcomes)
		}
	}
}

func cutAt(t *testing.T, extensions []string, direction string, at int) string {
	t.Helper()
	host, err := smtptest.New(smtptest.Options{Extensions: extensions, Cut: func(int) (in, out int) {
		if direction == "in" {
			return at, -1
		}
		return -1, at
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer host.Close()
	c, err := smtpclient.Dial(t.Context(), smtpclient.Host{Addr: host.Addr()}, options())
	if err != nil {
		return "undecided"
	}
	defer c.Close()
	r := c.Send(t.Context(), letter(t, text, "x@sink.example", "y@sink.example"))
	host.Close() // now its journal is complete
	taken := len(host.Messages()) > 0
	switch {
	case codes(r) == "250 250" && taken:
		return "delivered"
	case r.Lost && r.Replies[0] == nil:
		return "lost"
	case r.Replies[0] == nil && r.Failure != nil && !taken:
		return "undecided"
	}
	t.Errorf("cut %s at %d: %s %v, taken: %v", direction, at, codes(r), r.Failure, taken)
	return "wrong"
}

// FuzzHost: a host may send anything at any time. The client ends, says
// something about every recipient, and never reports a delivery that no 250
// behind a 354 stands for.
func FuzzHost(f *testing.F) {
	f.Add("220 a\r\n~250-a\r\n250 PIPELINING\r\n~250 a\r\n250 b\r\n250 c\r\n354 c\r\n~250 d\r\n")
	f.Add("220 a\r\n~250 a\r\n~250 a\r\n~550 b\r\n~250 c\r\n~354 d\r\n~451-e\r\n451 e\r\n")
	f.Add("220 a\r\n~250-a\r\n250 STARTTLS\r\n~220 go\r\n~\x16\x03\x01\x00\x02\x01\x00")
	f.Add("220-a\r\n220 \xff\r\n~500 what\r\n~250 a\r\n~421 bye\r\n")
	f.Fuzz(func(t *testing.T, replies string) {
		addr, closeHost := babbler(t, replies)
		defer closeHost()
		o := options()
		c, err := smtpclient.Dial(t.Context(), smtpclient.Host{Addr: addr}, o)
		if err != nil {
			return
		}
		defer c.Close()
		r := c.Send(t.Context(), letter(t, text, "x@sink.example", "y@sink.example"))
		for i, reply := range r.Replies {
			if reply == nil && r.Failure == nil {
				t.Fatalf("recipient %d is undecided without a reason", i)
			}
			if reply != nil && reply.Positive() && !strings.Contains(replies, "354") {
				t.Fatalf("delivered without a 354: %q", replies)
			}
			if reply != nil && strings.ContainsAny(reply.Error(), "\r\n\x00") {
				t.Fatalf("unprintable reply %q", reply.Error())
			}
		}
	})
}

// babbler is a host that has its answers ready before it hears the question:
// what stands between two "~" is sent whenever the client has said something.
func babbler(t *testing.T, script string) (addr netip.AddrPort, stop func()) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var served sync.WaitGroup
	served.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			served.Go(func() { babble(conn, script) })
		}
	})
	return listener.Addr().(*net.TCPAddr).AddrPort(), func() {
		listener.Close()
		served.Wait()
	}
}

func babble(conn net.Conn, script string) {
	defer conn.Close()
	heard := make([]byte, 4096)
	for part := range strings.SplitSeq(script, "~") {
		conn.Write([]byte(part))
		if _, err := conn.Read(heard); err != nil {
			return
		}
	}
}
