package imap

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strings"
	"testing"

	"tram/internal/access/listen"
)

// deflated is the client's end of a compressed connection.
type deflated struct {
	net.Conn
	in  io.Reader
	out *flate.Writer
}

func (c *deflated) Read(p []byte) (int, error) { return c.in.Read(p) }

func (c *deflated) Write(p []byte) (int, error) {
	n, err := c.out.Write(p)
	if err == nil {
		err = c.out.Flush()
	}
	return n, err
}

// compress turns compression on.
func (c *client) compress() {
	c.t.Helper()
	c.ok("COMPRESS DEFLATE")
	c.useDeflate()
}

func (c *client) useDeflate() {
	c.t.Helper()
	out, err := flate.NewWriter(c.conn, flate.DefaultCompression)
	check(c.t, err)
	c.use(&deflated{Conn: c.conn, in: flate.NewReader(c.r), out: out})
}

// TestCompress does what clients do, compressed: large answers and literals, a
// push in IDLE, pipelining, what is refused, the end.
func TestCompress(t *testing.T) {
	s := newServer(t)
	c := s.login("alice")
	if caps := c.ok("CAPABILITY")[0]; !strings.Contains(caps, " COMPRESS=DEFLATE") {
		t.Error("not offered:", caps)
	}
	for args, want := range map[string]string{"": "BAD Missing argument", " LZ4": "BAD Unknown compression mechanism",
		" DEFLATE x": "BAD Junk"} {
		if _, status := c.cmd("COMPRESS" + args); !strings.HasPrefix(status, want) {
			t.Errorf("COMPRESS%s: %s", args, status)
		}
	}
	c.compress()
	if caps := c.ok("CAPABILITY")[0]; strings.Contains(caps, "COMPRESS") {
		t.Error("offered once more:", caps)
	}
	if _, status := c.cmd("COMPRESS DEFLATE"); !strings.HasPrefix(status, "BAD [COMPRESSIONACTIVE] ") {
		t.Error("twice:", status)
	}
	body := "Subject: large\r\n\r\n" + strings.Repeat("0123456789abcdef\r\n", 20_000)
	c.add("INBOX", body, testMessage(2))
	c.ok("SELECT INBOX")
	if got := c.ok("FETCH 1 BODY.PEEK[]"); !strings.Contains(got[0], body) {
		t.Error("the large message is not what was stored")
	}
	c.send("x NOOP\r\ny NOOP\r\nz NOOP\r\n")
	for _, tag := range []string{"x", "y", "z"} {
		if got := c.line(); got != tag+" OK NOOP completed" {
			t.Error(got)
		}
	}
	c.send("i IDLE\r\n")
	if got := c.line(); !strings.HasPrefix(got, "+ ") {
		t.Error(got)
	}
	s.login("alice").add("INBOX", testMessage(3))
	if got := c.line(); got != "* 3 EXISTS" {
		t.Error("push:", got)
	}
	c.line() // RECENT
	c.send("DONE\r\n")
	if got := c.line(); got != "i OK Idle completed" {
		t.Error(got)
	}
	c.send("x LOGOUT\r\n")
	if got := c.line() + "|" + c.line(); got != "* BYE Logging out|x OK LOGOUT completed" {
		t.Error(got)
	}
}

// TestCompressAfterTLS compresses inside of TLS.
func TestCompressAfterTLS(t *testing.T) {
	s := newServer(t, func(o *serverOptions) { o.info.TLSMode = listen.Implicit })
	c := s.dialTLS()
	c.ok("LOGIN alice secret")
	c.compress()
	c.ok("SELECT INBOX")
}

// TestCompressionStops has the server stop while the client waits in IDLE: BYE
// arrives whole.
func TestCompressionStops(t *testing.T) {
	s := newServer(t)
	c := s.login("alice")
	c.compress()
	c.send("i IDLE\r\n")
	c.line()
	s.stop()
	if got := c.line(); !strings.HasPrefix(got, "* BYE ") {
		t.Error(got)
	}
}

// TestCompressedGarbage ends the session of a client that does not compress.
func TestCompressedGarbage(t *testing.T) {
	s := newServer(t)
	c := s.login("alice")
	plain := c.conn
	c.compress()
	_, err := plain.Write([]byte("\xff\xff\xff\xffNOOP\r\n"))
	check(t, err)
	if got := c.line(); got != "* BYE What you send is not compressed with DEFLATE" {
		t.Error(got)
	}
}

// TestCompressedBomb sends a line that is a thousand times as long as it looks:
// the limit on lines holds.
func TestCompressedBomb(t *testing.T) {
	s := newServer(t)
	c := s.login("alice")
	c.compress()
	c.send("a CREATE " + strings.Repeat("x", 4<<20) + "\r\n")
	if got := c.line(); got != "a BAD Command line too long" {
		t.Error(got)
	}
	c.ok("NOOP")
}

// TestUnauthenticate lets the next user have the connection: nothing of the
// last one is left, and what follows is plain text at once (RFC 8437).
func TestUnauthenticate(t *testing.T) {
	s := newServer(t)
	for _, compressed := range []bool{false, true} {
		c := s.login("alice")
		plain, reader := c.conn, c.r
		c.ok("ENABLE QRESYNC IMAP4rev2 UIDONLY")
		c.ok("SELECT INBOX")
		if compressed {
			c.compress()
		}
		// The next login may follow at once.
		next := "b LOGIN bob secret\r\nc FETCH 1 FLAGS\r\nd SELECT INBOX\r\ne FETCH 1:* FLAGS\r\n"
		if compressed {
			var z bytes.Buffer
			w, err := flate.NewWriter(&z, 9)
			check(t, err)
			io.WriteString(w, "a UNAUTHENTICATE\r\n")
			w.Flush()
			_, err = plain.Write(append(z.Bytes(), next...))
			check(t, err)
		} else {
			c.send("a UNAUTHENTICATE\r\n" + next)
		}
		if got := c.line(); got != "a OK UNAUTHENTICATE completed" {
			t.Fatal(got)
		}
		if compressed {
			c.conn, c.r = plain, reader
		}
		if _, status := c.finish("b"); !strings.HasPrefix(status, "OK ") {
			t.Error("login:", status)
		}
		if _, status := c.finish("c"); status != "BAD No mailbox selected, send SELECT first" {
			t.Error("selected:", status)
		}
		if untagged, status := c.finish("d"); !strings.HasPrefix(status, "OK ") || !strings.Contains(fmt.Sprint(untagged), "RECENT") {
			t.Error("select:", untagged, status)
		}
		if _, status := c.finish("e"); strings.Contains(status, "UIDREQUIRED") {
			t.Error("enabled:", status)
		}
	}
}

// partialFlush is a client that flushes the way some do: only as far as whole
// bytes go (zlib's Z_PARTIAL_FLUSH), so that a block's end stays with it until
// it has more to say.
const partialFlush = `
import socket, sys, zlib
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.settimeout(60)
f = s.makefile("rb")
f.readline()
s.sendall(b"a LOGIN alice secret\r\n")
while not f.readline().startswith(b"a OK"): pass
s.sendall(b"b COMPRESS DEFLATE\r\n")
assert f.readline().startswith(b"b OK")
mode = getattr(zlib, sys.argv[2])
z, d, have = zlib.compressobj(9, zlib.DEFLATED, -15), zlib.decompressobj(-15), b""
def send(data): s.sendall(z.compress(data) + z.flush(mode))
def line():
    global have
    while b"\r\n" not in have:
        got = s.recv(4096)
        assert got, "closed"
        have += d.decompress(got)
    one, have = have.split(b"\r\n", 1)
    return one
def until(tag):
    while True:
        got = line()
        if got.startswith(tag): return got
for i in range(5):
    send(b"n%d NOOP\r\n" % i)
    assert b" OK" in until(b"n%d" % i)
message = b"Subject: x\r\n\r\n" + b"text\r\n" * 5000
send(b"p APPEND INBOX {%d}\r\n" % len(message))
until(b"+ ")
send(message + b"\r\n")
assert b" OK" in until(b"p ")
send(b"q IDLE\r\n")
until(b"+ ")
send(b"DONE\r\n")
assert b" OK" in until(b"q ")
send(b"r LOGOUT\r\n")
assert b" OK" in until(b"r ")
print("done")
`

// TestPythonFlushes talks to zlib's own compressor in all its ways to flush.
func TestPythonFlushes(t *testing.T) {
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("python3 is not installed")
	}
	s := newServer(t)
	port := s.listener.Addr().(*net.TCPAddr).Port
	for _, mode := range []string{"Z_PARTIAL_FLUSH", "Z_SYNC_FLUSH", "Z_FULL_FLUSH"} {
		out, err := exec.Command("python3", "-c", partialFlush, fmt.Sprint(port), mode).CombinedOutput()
		if err != nil || string(out) != "done\n" {
			t.Errorf("%s: %v\n%s", mode, err, out)
		}
	}
}
