package mta_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"math/big"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"tram/internal/access/listen"
	"tram/internal/access/smtp"
	"tram/internal/agent/mta"
	"tram/internal/directory"
	"tram/internal/mail/smtpwire"
)

// door opens port 25 of the lab, the real one, on an address, and returns
// where that is.
func (l *lab) door(addr string, networks ...netip.Prefix) netip.AddrPort {
	l.t.Helper()
	config := &tls.Config{Certificates: []tls.Certificate{selfSigned(l.t)}}
	server, err := smtp.New(smtp.Options{
		Hostname: l.options.Hostname, Extensions: smtpwire.DSN, Log: slog.New(slog.DiscardHandler),
		Receiver: mta.NewReceiver(mta.ReceiverOptions{Intake: l.intake, Directory: l.dir, Usage: l.mail, Networks: networks, Log: l.options.Log}),
	})
	l.must(err)
	listener, err := net.Listen("tcp", netip.AddrPortFrom(netip.MustParseAddr(addr), l.port).String())
	l.must(err)
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		err := listen.New(listen.Options{Grace: time.Second, Log: slog.New(slog.DiscardHandler)}).Run(ctx, listen.Door{
			Listener: listener, Handler: server.Handle,
			Info: listen.Info{Protocol: "smtp", TLSMode: listen.StartTLS, TLSConfig: func() *tls.Config { return config }},
		})
		if err != nil {
			l.t.Errorf("door: %v", err)
		}
	})
	l.t.Cleanup(func() {
		stop()
		running.Wait()
	})
	at := listener.Addr().(*net.TCPAddr).AddrPort()
	l.port = at.Port()
	l.options.Self = append(l.options.Self, at)
	return at
}

func selfSigned(t testing.TB) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

const twoHouses = `
	here.example.      MX  10 mx.here.example.
	mx.here.example.   A   127.0.0.2
	there.example.     MX  10 mx.there.example.
	mx.there.example.  A   127.0.0.3
`

// TestTwoHouses: mail goes from one Tram to another, found through MX, under
// TLS, with the two ends of the queue in between; and what fails there comes
// back from here.
func TestTwoHouses(t *testing.T) {
	here, there := newLab(t, twoHouses), newLabOf(t, twoHouses, "there.example", "binh")
	here.door("127.0.0.2")
	there.port = here.port
	there.door("127.0.0.3")
	here.start()
	there.start()
	text := "Subject: =?utf-8?q?Th=C6=B0?=\r\nFrom: an@here.example\r\n\r\n.dot\r\n..dots\r\ncàng\r\n"
	id := here.sendAs(here.envelope("an@here.example", "binh@there.example"), text)
	line := here.wait(1, "delivered", "id="+id, "to=<binh@there.example>")[0]
	if !strings.Contains(line, "tls=TLS 1.3") || !strings.Contains(line, "host=mx.there.example[127.0.0.3]") {
		t.Error(line)
	}
	queued := there.wait(1, "queued", "from=<an@here.example>", "protocol=ESMTPS", "helo=mx.here.example")[0]
	there.wait(1, "delivered", "to=<binh@there.example>")
	if !strings.Contains(line, strings.Fields(queued)[1][len("id="):]) {
		t.Errorf("the reply %q does not name the entry of %q", line, queued)
	}
	id = here.send("an@here.example", "nobody@there.example")
	here.wait(1, "bounced", "id="+id, "550 5.1.1 No such user here")
	here.wait(1, "delivered", "from=<>", "to=<an@here.example>")
	if bounce := here.inbox()[0]; !strings.Contains(bounce, "Final-Recipient: rfc822; nobody@there.example") {
		t.Error(bounce)
	}
}

// TestRing: an alias here leads there, an alias there leads back. The message
// does not go round for ever, and the sender hears of it once.
func TestRing(t *testing.T) {
	here, there := newLab(t, twoHouses), newLabOf(t, twoHouses, "there.example", "binh")
	here.door("127.0.0.2")
	there.port = here.port
	there.door("127.0.0.3")
	here.must(here.dir.AddAlias(t.Context(), directory.Alias{Address: "ring@here.example", Targets: []string{"ring@there.example"}}))
	there.must(there.dir.AddAlias(t.Context(), directory.Alias{Address: "ring@there.example", Targets: []string{"ring@here.example"}}))
	here.start()
	there.start()
	here.send("an@here.example", "ring@here.example")
	here.wait(1, "bounced", "to=<ring@here.example>", "554 5.4.6")
	here.wait(1, "delivered", "from=<>", "to=<an@here.example>")
	here.drained()
	there.drained()
	if n := len(here.inbox()); n != 1 {
		t.Errorf("%d messages about it", n)
	}
}

// knock connects to a door and says EHLO.
func (l *lab) knock(at string) (net.Conn, *bufio.Reader) {
	l.t.Helper()
	conn, err := net.Dial("tcp", at)
	l.must(err)
	l.t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	r := bufio.NewReader(conn)
	l.say(conn, r, "")
	l.say(conn, r, "EHLO client.example\r\n")
	return conn, r
}

// say sends a line and returns the last line of the reply.
func (l *lab) say(conn net.Conn, r *bufio.Reader, line string) string {
	l.t.Helper()
	if _, err := conn.Write([]byte(line)); err != nil {
		l.t.Fatal(err)
	}
	for {
		reply, err := r.ReadString('\n')
		if err != nil {
			l.t.Fatalf("after %q: %v", line, err)
		}
		if len(reply) < 4 || reply[3] != '-' {
			return strings.TrimSpace(reply)
		}
	}
}
