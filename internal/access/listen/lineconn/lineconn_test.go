package lineconn

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// transports are the kinds of connection that behave differently inside: the
// socket read directly, and everything else.
var transports = []struct {
	name string
	pair func(t *testing.T) (client, server net.Conn)
}{
	{"tcp", tcpPair},
	{"tls", tlsPair},
	{"pipe", func(t *testing.T) (net.Conn, net.Conn) { c, s := net.Pipe(); closeBoth(t, c, s); return c, s }},
}

func closeBoth(t *testing.T, a, b net.Conn) {
	t.Cleanup(func() { a.Close(); b.Close() })
}

func tcpPair(t *testing.T) (client, server net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if client, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	closeBoth(t, client, server)
	return client, server
}

func tlsPair(t *testing.T) (client, server net.Conn) {
	t.Helper()
	c, s := tcpPair(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secure := tls.Server(s, &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
	client = tls.Client(c, &tls.Config{InsecureSkipVerify: true})
	done := make(chan error)
	go func() { done <- secure.Handshake() }()
	if err := client.(*tls.Conn).Handshake(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return client, secure
}

func forEach(t *testing.T, f func(t *testing.T, client net.Conn, c *Conn)) {
	for _, tr := range transports {
		t.Run(tr.name, func(t *testing.T) {
			client, server := tr.pair(t)
			c := New(server)
			defer c.Release()
			f(t, client, c)
		})
	}
}

// send writes the pieces from another goroutine, each in a write of its own.
func send(t *testing.T, conn net.Conn, pieces ...string) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, p := range pieces {
			if _, err := io.WriteString(conn, p); err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() { conn.Close(); <-done })
}

func TestReadLine(t *testing.T) {
	long := strings.Repeat("x", 3000) + "\r\n"
	forEach(t, func(t *testing.T, client net.Conn, c *Conn) {
		send(t, client, "A\r\nB\n", "", "C", "DE", "\r", "\n", strings.Repeat("y", smallSize-1), "\n", long+long, "Z\n")
		for _, want := range []string{"A\r\n", "B\n", "CDE\r\n", strings.Repeat("y", smallSize-1) + "\n", long, long, "Z\n"} {
			if line, err := c.ReadLine(4000); err != nil || string(line) != want {
				t.Fatalf("%.50q, %v, want %.50q", line, err, want)
			}
		}
		if c.Received() != int64(5+5+smallSize+2*len(long)+2) {
			t.Errorf("counted %d", c.Received())
		}
	})
}

func TestReadLineEnds(t *testing.T) {
	forEach(t, func(t *testing.T, client net.Conn, c *Conn) {
		go func() {
			io.WriteString(client, "whole\r\npart")
			client.Close()
		}()
		if line, err := c.ReadLine(100); err != nil || string(line) != "whole\r\n" {
			t.Fatal(line, err)
		}
		if _, err := c.ReadLine(100); err != io.ErrUnexpectedEOF {
			t.Errorf("inside a line: %v", err)
		}
	})
	forEach(t, func(t *testing.T, client net.Conn, c *Conn) {
		client.Close()
		if _, err := c.ReadLine(100); err != io.EOF {
			t.Errorf("between lines: %v", err)
		}
	})
}

// TestReadLineAfterFailedWrite: nobody hears the answers any more, so the
// lines that are there already are not handed out.
func TestReadLineAfterFailedWrite(t *testing.T) {
	forEach(t, func(t *testing.T, client net.Conn, c *Conn) {
		c.SetTimeout(50 * time.Millisecond)
		send(t, client, "A\r\nB\r\n")
		if line, err := c.ReadLine(100); err != nil || string(line) != "A\r\n" {
			t.Fatal(line, err)
		}
		var failed error
		for big := make([]byte, 1<<20); failed == nil; { // nobody reads them
			_, failed = c.Write(big)
		}
		if line, err := c.ReadLine(100); err != failed {
			t.Errorf("%q, %v, want %v", line, err, failed)
		}
		if err := c.Flush(); err != failed {
			t.Errorf("Flush: %v, want %v", err, failed)
		}
	})
}

func TestReadLineTooLong(t *testing.T) {
	forEach(t, func(t *testing.T, client net.Conn, c *Conn) {
		send(t, client, strings.Repeat("x", 100_000)+"\r\nNEXT\r\n"+strings.Repeat("y", 99)+"\r\n")
		if _, err := c.ReadLine(100); err != ErrLineTooLong {
			t.Fatal(err)
		}
		if line, err := c.ReadLine(100); err != nil || string(line) != "NEXT\r\n" {
			t.Fatal(line, err)
		}
		if _, err := c.ReadLine(100); err != ErrLineTooLong {
			t.Fatal("101 octets:", err)
		}
	})
}

func TestReadLineEndless(t *testing.T) {
	client, server := tcpPair(t)
	c := New(server)
	send(t, client, strings.Repeat("x", maxSkip+100_000))
	if _, err := c.ReadLine(100); err != ErrEndlessLine {
		t.Error(err)
	}
}

// TestWindow reads a body as smtpwire does.
func TestWindow(t *testing.T) {
	body := bytes.Repeat([]byte("0123456789abcdef"), 20_000)
	forEach(t, func(t *testing.T, client net.Conn, c *Conn) {
		send(t, client, "DATA\r\n"+string(body), "END\r\n")
		if _, err := c.ReadLine(100); err != nil {
			t.Fatal(err)
		}
		var got []byte
		for len(got) < len(body) {
			if len(c.Buffered()) == 0 {
				if err := c.Fill(); err != nil {
					t.Fatal(err)
				}
			}
			n := min(len(c.Buffered()), len(body)-len(got), 5000)
			got = append(got, c.Buffered()[:n]...)
			c.Discard(n)
		}
		if !bytes.Equal(got, body) {
			t.Error("body differs")
		}
		if line, err := c.ReadLine(100); err != nil || string(line) != "END\r\n" {
			t.Error(line, err)
		}
	})
}

func TestRead(t *testing.T) {
	forEach(t, func(t *testing.T, client net.Conn, c *Conn) {
		send(t, client, "12345", "67890")
		b := make([]byte, 10)
		if _, err := io.ReadFull(c, b); err != nil || string(b) != "1234567890" {
			t.Error(string(b), err)
		}
	})
}

// TestWaitingHoldsNoBuffer: the promise about memory.
func TestWaitingHoldsNoBuffer(t *testing.T) {
	for _, tr := range transports {
		t.Run(tr.name, func(t *testing.T) {
			client, server := tr.pair(t)
			c := New(server)
			send(t, client, strings.Repeat("z", 1000)+"\r\n", "part")
			if _, err := c.ReadLine(2000); err != nil {
				t.Fatal(err)
			}
			c.SetTimeout(20 * time.Millisecond)
			if _, err := c.ReadLine(2000); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatal(err)
			}
			if c.big != nil || c.outBuffer != nil || string(c.Buffered()) != "part" {
				t.Errorf("holds %v, %v, %q", c.big != nil, c.outBuffer != nil, c.Buffered())
			}
		})
	}
}

// writes counts the writes to a connection.
type writes struct {
	net.Conn
	n int
}

func (w *writes) Write(p []byte) (int, error) {
	w.n++
	return w.Conn.Write(p)
}

func TestRepliesLeaveTogether(t *testing.T) {
	client, server := tcpPair(t)
	w := &writes{Conn: server}
	c := New(w)
	send(t, client, "1\n2\n3\n")
	for i := range 3 {
		if _, err := c.ReadLine(10); err != nil {
			t.Fatal(err)
		}
		switch i {
		case 0:
			c.WriteString("one ")
		case 1:
			c.Write([]byte("two "))
		case 2:
			c.Write(append(c.AvailableBuffer(), "three"...))
		}
	}
	c.SetTimeout(10 * time.Millisecond)
	c.ReadLine(10)
	b := make([]byte, 100)
	n, _ := client.Read(b)
	if string(b[:n]) != "one two three" || w.n != 1 || c.Sent() != 13 {
		t.Errorf("%q in %d writes, %d", b[:n], w.n, c.Sent())
	}
}

func TestLargeWrites(t *testing.T) {
	client, server := tcpPair(t)
	c := New(server)
	want := strings.Repeat("a", outSize-1) + "bb" + strings.Repeat("c", 3*outSize) + "d"
	go func() {
		c.WriteString(strings.Repeat("a", outSize-1))
		c.WriteString("bb")
		c.WriteString(strings.Repeat("c", 3*outSize))
		c.WriteString("d")
		c.Flush()
		server.Close()
	}()
	if got, err := io.ReadAll(client); err != nil || string(got) != want {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

func TestWriteErrorIsFinal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		defer client.Close()
		c := New(server)
		c.SetTimeout(time.Minute)
		c.WriteString("nobody reads this")
		if err := c.Flush(); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal(err)
		}
		c.WriteString("more")
		if _, err := c.ReadLine(10); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error("the next read must notice:", err)
		}
	})
}

// TestTimeouts: a line has one timeout however slowly it drips; a body has one
// for each piece, within the limit.
func TestTimeouts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		defer client.Close()
		c := New(server)
		c.SetTimeout(time.Minute)
		var dripping sync.WaitGroup
		dripping.Go(func() {
			for {
				time.Sleep(25 * time.Second)
				if _, err := client.Write([]byte("x")); err != nil {
					return
				}
			}
		})
		start := time.Now()
		if _, err := c.ReadLine(100); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal(err)
		}
		if d := time.Since(start); d != time.Minute {
			t.Errorf("the line was given up after %v", d)
		}
		c.Discard(len(c.Buffered()))
		c.SetLimit(time.Now().Add(10 * time.Minute))
		start = time.Now()
		for {
			if err := c.Fill(); errors.Is(err, os.ErrDeadlineExceeded) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			c.Discard(len(c.Buffered()))
		}
		if d := time.Since(start); d < 9*time.Minute || d > 10*time.Minute {
			t.Errorf("the body was given up after %v", d)
		}
		server.Close()
		dripping.Wait()
	})
}

func TestWake(t *testing.T) {
	forEach(t, func(t *testing.T, client net.Conn, c *Conn) {
		c.Wake()
		if _, err := c.ReadLine(10); err != ErrWoken {
			t.Fatal("woken before:", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		stop := c.WakeOn(ctx)
		defer stop()
		time.AfterFunc(5*time.Millisecond, cancel)
		if _, err := c.ReadLine(10); err != ErrWoken {
			t.Fatal("woken while waiting:", err)
		}
		send(t, client, "after\r\n")
		if line, err := c.ReadLine(10); err != nil || string(line) != "after\r\n" {
			t.Fatal("the connection is as before:", line, err)
		}
	})
}

// TestWakeWaits: inside a line or a body a wake waits for its turn.
func TestWakeWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		defer client.Close()
		c := New(server)
		go func() {
			io.WriteString(client, "ab")
			time.Sleep(time.Second)
			c.Wake()
			time.Sleep(time.Second)
			io.WriteString(client, "cd")
			time.Sleep(time.Second)
			io.WriteString(client, "\nbody")
			time.Sleep(time.Second)
			io.WriteString(client, "more")
		}()
		if line, err := c.ReadLine(10); err != nil || string(line) != "abcd\n" {
			t.Fatal(line, err)
		}
		c.Discard(len(c.Buffered()))
		if err := c.Fill(); err != nil || string(c.Buffered()) != "more" {
			t.Fatal(err)
		}
		c.Discard(4)
		if _, err := c.ReadLine(10); err != ErrWoken {
			t.Error(err)
		}
	})
}

// TestWakeDoesNotHoldOffTimeout: a wake that nobody takes leaves the timeout of
// a body as it is.
func TestWakeDoesNotHoldOffTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		defer client.Close()
		c := New(server)
		c.SetTimeout(time.Minute)
		start := time.Now()
		time.AfterFunc(time.Second, c.Wake)
		if err := c.Fill(); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != time.Minute {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

func TestReplaceForgets(t *testing.T) {
	client, server := tcpPair(t)
	c := New(server)
	send(t, client, "STARTTLS\r\nINJECTED\r\n")
	if _, err := c.ReadLine(100); err != nil {
		t.Fatal(err)
	}
	if string(c.Buffered()) != "INJECTED\r\n" {
		t.Fatal("nothing to forget")
	}
	c.Replace(server)
	if len(c.Buffered()) != 0 {
		t.Errorf("still there: %q", c.Buffered())
	}
}

func TestPending(t *testing.T) {
	for _, tr := range transports[:2] {
		client, server := tr.pair(t)
		c := New(server)
		if c.Pending() {
			t.Error(tr.name, "nothing was sent")
		}
		io.WriteString(client, "x")
		for i := 0; !c.Pending(); i++ {
			if i > 1000 {
				t.Fatal(tr.name, "not seen")
			}
			time.Sleep(time.Millisecond)
		}
	}
	_, server := net.Pipe()
	if New(server).Pending() {
		t.Error("a pipe cannot tell")
	}
}

// TestLinger: the last reply arrives although input was never read.
func TestLinger(t *testing.T) {
	for _, tr := range transports[:2] {
		client, server := tr.pair(t)
		c := New(server)
		go func() {
			io.WriteString(client, strings.Repeat("noise\r\n", 10_000))
			io.WriteString(client, "end")
		}()
		if _, err := c.ReadLine(100); err != nil {
			t.Fatal(err)
		}
		c.WriteString("goodbye")
		c.Flush()
		go func() {
			c.Linger()
			server.Close()
		}()
		b := make([]byte, 7)
		if _, err := io.ReadFull(client, b); err != nil || string(b) != "goodbye" {
			t.Errorf("%s: %q, %v", tr.name, b, err)
		}
		client.Close()
	}
}

func BenchmarkReadLine(b *testing.B) {
	l, _ := net.Listen("tcp", "127.0.0.1:0")
	defer l.Close()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	accepted, _ := l.Accept()
	defer accepted.Close()
	c := New(accepted)
	b.ReportAllocs()
	for b.Loop() {
		conn.Write([]byte("MAIL FROM:<joe@example.org>\r\nRCPT TO:<jim@example.org>\r\nDATA\r\n"))
		for range 3 {
			if _, err := c.ReadLine(512); err != nil {
				b.Fatal(err)
			}
		}
	}
}
