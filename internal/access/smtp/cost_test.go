package smtp_test

import (
	"context"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"tram/internal/access/listen"
	"tram/internal/access/smtp"
	"tram/internal/mail/smtpwire"
)

// sink is a Receiver that drops mail, so that the cost is the engine's.
type sink struct{ octets atomic.Int64 }

func (*sink) Mail(context.Context, *smtpwire.Peer, *smtpwire.Envelope) error { return nil }
func (*sink) Rcpt(context.Context, *smtpwire.Peer, *smtpwire.Envelope, smtpwire.Rcpt) error {
	return nil
}
func (k *sink) Data(_ context.Context, _ *smtpwire.Peer, _ *smtpwire.Envelope, body io.Reader) (string, error) {
	n, err := io.Copy(io.Discard, body)
	k.octets.Add(n)
	return "aaaaaaaaaaaaa", err
}
func (*sink) Verify(context.Context, *smtpwire.Peer, string) (string, error)   { return "", nil }
func (*sink) Expand(context.Context, *smtpwire.Peer, string) ([]string, error) { return nil, nil }
func (*sink) Authenticate(context.Context, string, string, netip.Addr) (uint64, string, error) {
	return 0, "", nil
}

// countingConn counts the system calls that a session makes.
type countingConn struct {
	net.Conn
	reads, writes atomic.Int64
}

func (c *countingConn) Read(p []byte) (int, error)  { c.reads.Add(1); return c.Conn.Read(p) }
func (c *countingConn) Write(p []byte) (int, error) { c.writes.Add(1); return c.Conn.Write(p) }

const (
	group = "MAIL FROM:<ann.longname@client.example.org> SIZE=18000\r\nRCPT TO:<joe@x.test>\r\nDATA\r\n"
	reply = "250 2.1.0 Sender accepted\r\n250 2.1.5 Recipient accepted\r\n354 Send the message, end with a dot alone on a line\r\n"
)

// raw is a client that costs nothing itself.
type raw struct {
	conn net.Conn
	buf  [512]byte
}

func (r *raw) expect(t testing.TB, n int) {
	if _, err := io.ReadFull(r.conn, r.buf[:n]); err != nil {
		t.Fatal(err)
	}
}

func (r *raw) message(t testing.TB, group, body []byte) {
	r.conn.Write(group)
	r.expect(t, len(reply))
	r.conn.Write(body)
	r.expect(t, len("250 2.0.0 Queued as aaaaaaaaaaaaa\r\n"))
}

// steady opens a session that has said EHLO.
func steady(t testing.TB, wrap func(net.Conn) net.Conn) (r *raw, k *sink) {
	t.Helper()
	k = &sink{}
	engine, err := smtp.New(smtp.Options{Hostname: "mx.test", Receiver: k})
	if err != nil {
		t.Fatal(err)
	}
	s := &server{log: &syncBuffer{}}
	addr := s.listen(t, func(ctx context.Context, conn net.Conn, info listen.Info) {
		if wrap != nil {
			conn = wrap(conn)
		}
		engine.Handle(ctx, conn, info)
	})
	c := dial(t, addr)
	c.want("220")
	c.do("HELO client.test", "250")
	return &raw{conn: c.conn}, k
}

// TestCostOfAMessage: what a message may allocate. These are the envelope
// strings, the list of recipients, the reply with the queue id, and a timer or
// two; nothing in it grows with the message.
func TestCostOfAMessage(t *testing.T) {
	r, k := steady(t, nil)
	body := []byte(strings.Repeat(strings.Repeat("x", 76)+"\r\n", 1000) + ".\r\n")
	g := []byte(group)
	r.message(t, g, body)
	got := testing.AllocsPerRun(200, func() { r.message(t, g, body) })
	if got > 8 {
		t.Errorf("%v allocations a message", got)
	}
	if k.octets.Load() != 202*78_000 {
		t.Errorf("%d octets", k.octets.Load())
	}
}

// TestCostOfChunks: a chunk more costs nothing, and a message in chunks hardly
// more than one in DATA.
func TestCostOfChunks(t *testing.T) {
	r, k := steady(t, nil)
	part := strings.Repeat(strings.Repeat("x", 76)+"\r\n", 100)
	g := []byte("MAIL FROM:<ann.longname@client.example.org> SIZE=18000\r\nRCPT TO:<joe@x.test>\r\n")
	chunk, last := []byte("BDAT 7800\r\n"+part), []byte("BDAT 7800 LAST\r\n"+part)
	message := func(chunks int) func() {
		return func() {
			r.conn.Write(g)
			r.expect(t, len("250 2.1.0 Sender accepted\r\n250 2.1.5 Recipient accepted\r\n"))
			for range chunks {
				r.conn.Write(chunk)
				r.expect(t, len("250 2.0.0 Chunk received\r\n"))
			}
			r.conn.Write(last)
			r.expect(t, len("250 2.0.0 Queued as aaaaaaaaaaaaa\r\n"))
		}
	}
	message(1)()
	few, many := testing.AllocsPerRun(100, message(1)), testing.AllocsPerRun(100, message(20))
	if few > 12 || many > few+2 {
		t.Errorf("%v allocations for 2 chunks, %v for 21", few, many)
	}
	if k.octets.Load() != 7800*(2+101*2+101*21) {
		t.Errorf("%d octets", k.octets.Load())
	}
}

// TestOneWriteABatch: the replies to pipelined commands leave in one write.
func TestOneWriteABatch(t *testing.T) {
	var counted *countingConn
	r, _ := steady(t, func(c net.Conn) net.Conn { counted = &countingConn{Conn: c}; return counted })
	before := counted.writes.Load()
	r.message(t, []byte(group), []byte("text\r\n.\r\n"))
	if n := counted.writes.Load() - before; n != 2 {
		t.Errorf("%d writes for a message, want 2", n)
	}
}

func BenchmarkMessage(b *testing.B) {
	for name, size := range map[string]int{"1KiB": 1 << 10, "18KiB": 18 << 10, "1MiB": 1 << 20} {
		b.Run(name, func(b *testing.B) {
			r, _ := steady(b, nil)
			body := []byte(strings.Repeat(strings.Repeat("x", 76)+"\r\n", size/78) + ".\r\n")
			g := []byte(group)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			r.conn.SetDeadline(noDeadline)
			for b.Loop() {
				r.message(b, g, body)
			}
		})
	}
}
