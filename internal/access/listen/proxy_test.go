package listen_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tram/internal/access/listen"
)

var (
	loopback  = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	elsewhere = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
)

// introduced tells the client how it was introduced, and then what it says.
func introduced(_ context.Context, c net.Conn, info listen.Info) {
	fmt.Fprintf(c, "%v %v %v\n", info.Remote, info.Proxied.Addr(), info.Local)
	b := make([]byte, 4)
	io.ReadFull(c, b)
	c.Write(b)
}

func ask(t *testing.T, addr, text string) string {
	t.Helper()
	c := dial(t, addr)
	io.WriteString(c, text)
	answer, _ := io.ReadAll(c)
	return string(answer)
}

func TestProxy(t *testing.T) {
	r := start(t, listen.Options{}, listen.Door{Handler: introduced, Proxies: loopback})
	for text, want := range map[string]string{
		"PROXY TCP4 192.0.2.7 192.0.2.25 4711 25\r\nEHLO":                                            "192.0.2.7:4711 127.0.0.1 192.0.2.25:25\nEHLO",
		"PROXY TCP6 2001:db8::7 2001:db8::1 4711 25\r\nXX":                                           "[2001:db8::7]:4711 127.0.0.1 [2001:db8::1]:25\n",
		"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x07\xc0\x00\x02\x19\x12\x67\x00\x19NOOP": "192.0.2.7:4711 127.0.0.1 192.0.2.25:25\nNOOP",
		"EHLO client.test\r\n":                     "",
		"PROXY TCP4 192.0.2.7 192.0.2.25 4711\r\n": "",
	} {
		conn := dial(t, r.addr)
		io.WriteString(conn, text)
		conn.(*net.TCPConn).CloseWrite()
		answer, _ := io.ReadAll(conn)
		if !strings.HasPrefix(string(answer), want) || want == "" && len(answer) > 0 {
			t.Errorf("%q: %q", text, answer)
		}
	}
	// LOCAL: the proxy speaks for itself.
	if got := ask(t, r.addr, "PROXY UNKNOWN\r\nping"); !strings.HasPrefix(got, "127.0.0.1:") || !strings.Contains(got, " invalid IP ") {
		t.Errorf("%q", got)
	}
}

// TestProxyStranger: a header from anyone else is worth nothing, on any door.
func TestProxyStranger(t *testing.T) {
	header := "PROXY TCP4 192.0.2.7 192.0.2.25 4711 25\r\nEHLO"
	r := start(t, listen.Options{}, listen.Door{Handler: introduced, Proxies: elsewhere})
	if got := ask(t, r.addr, header); got != "" {
		t.Errorf("a stranger was introduced: %q", got)
	}
	if err := r.stop(); err != nil { // then nobody writes to the log any more
		t.Error(err)
	}
	if !strings.Contains(r.log.String(), string(listen.NotProxy)) {
		t.Errorf("log: %s", r.log)
	}
	r = start(t, listen.Options{}, listen.Door{Handler: introduced})
	if got := ask(t, r.addr, header); !strings.HasPrefix(got, "127.0.0.1:") || !strings.HasSuffix(got, "PROX") {
		t.Errorf("on an ordinary door: %q", got)
	}
}

// TestProxyLimits: clients count, the proxy does not; a silent one is let go.
func TestProxyLimits(t *testing.T) {
	r := start(t, listen.Options{MaxPerAddress: 2}, listen.Door{Handler: introduced, Proxies: loopback})
	for i := range 3 {
		for range 2 {
			c := dial(t, r.addr)
			fmt.Fprintf(c, "PROXY TCP4 192.0.2.%d 192.0.2.25 4711 25\r\n", i+1)
			line := make([]byte, 9)
			if _, err := io.ReadFull(c, line); err != nil || string(line) != fmt.Sprintf("192.0.2.%d", i+1) {
				t.Fatalf("%q, %v", line, err)
			}
		}
	}
	if got := ask(t, r.addr, "PROXY TCP4 192.0.2.1 192.0.2.25 4711 25\r\n"); got != busy {
		t.Errorf("%q", got)
	}
	began := time.Now()
	if got := ask(t, r.addr, "PROXY TCP4 "); got != "" || time.Since(began) < 4*time.Second || time.Since(began) > 8*time.Second {
		t.Errorf("%q after %v", got, time.Since(began))
	}
}

// TestAllow: the door is for some clients only, through a proxy or not.
func TestAllow(t *testing.T) {
	r := start(t, listen.Options{}, listen.Door{Handler: introduced, Allow: elsewhere, Refusal: "554 not for you\r\n"})
	if got := ask(t, r.addr, ""); got != "554 not for you\r\n" {
		t.Errorf("%q", got)
	}
	r = start(t, listen.Options{}, listen.Door{Handler: introduced, Proxies: loopback, Allow: elsewhere, Refusal: "554 not for you\r\n"})
	if got := ask(t, r.addr, "PROXY TCP4 192.0.2.7 192.0.2.25 4711 25\r\nEHLO"); !strings.HasSuffix(got, "EHLO") {
		t.Errorf("%q", got)
	}
	if got := ask(t, r.addr, "PROXY TCP4 198.51.100.7 192.0.2.25 4711 25\r\n"); got != "554 not for you\r\n" {
		t.Errorf("%q", got)
	}
}

func TestUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lmtp")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	handler := func(_ context.Context, c net.Conn, info listen.Info) {
		fmt.Fprint(c, info.Socket, info.Remote.IsValid())
	}
	go func() {
		ended <- listen.New(listen.Options{}).Run(ctx, listen.Door{Listener: l, Handler: handler, Allow: elsewhere})
	}()
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got, _ := io.ReadAll(c); string(got) != path+"false" {
		t.Errorf("%q", got)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
