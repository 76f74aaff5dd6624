package smtpclient_test

import (
	"bytes"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"tram/internal/agent/mta/smtpclient"
)

// taken is the backend of another implementation of SMTP.
type taken struct {
	mu    sync.Mutex
	mails []string
}

func (k *taken) NewSession(*smtp.Conn) (smtp.Session, error) { return &takenSession{taken: k}, nil }

type takenSession struct {
	*taken
	envelope string
}

func (s *takenSession) Mail(from string, o *smtp.MailOptions) error {
	s.envelope = from
	if o.UTF8 {
		s.envelope += " UTF8"
	}
	if o.Body != "" {
		s.envelope += " " + string(o.Body)
	}
	return nil
}

func (s *takenSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if strings.HasPrefix(to, "nobody@") {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "nobody"}
	}
	s.envelope += " " + to
	return nil
}

func (s *takenSession) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails = append(s.mails, s.envelope+"\n"+string(text))
	return err
}

func (s *takenSession) Reset()        {}
func (s *takenSession) Logout() error { return nil }

// quiet is a log that nobody reads.
type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

// TestGoSMTP sends to another implementation, over TLS, in two transactions.
func TestGoSMTP(t *testing.T) {
	config, _ := certificate(t, "sink.example")
	backend := new(taken)
	server := smtp.NewServer(backend)
	server.Domain, server.TLSConfig, server.EnableSMTPUTF8 = "sink.example", config, true
	server.ErrorLog = quiet{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() { server.Serve(listener) })
	defer func() {
		server.Close()
		serving.Wait()
	}()
	c, err := smtpclient.Dial(t.Context(), smtpclient.Host{Name: "sink.example", Addr: listener.Addr().(*net.TCPAddr).AddrPort()}, options())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	m := letter(t, text, "x@sink.example", "nobody@sink.example")
	m.EightBit = true
	if r := c.Send(t.Context(), m); codes(r) != "250 550" {
		t.Fatalf("%s %v", codes(r), r.Failure)
	}
	if r := c.Send(t.Context(), letter(t, "Subject: thư\n\nbare\rends\n.", "thư@sink.example")); codes(r) != "250" || c.TLS() == "" {
		t.Fatalf("%s %v, TLS %q", codes(r), r.Failure, c.TLS())
	}
	want := []string{
		"a@client.example 8BITMIME x@sink.example\n" + text,
		"a@client.example UTF8 thư@sink.example\nSubject: thư\r\n\r\nbare\r\nends\r\n.\r\n",
	}
	if strings.Join(backend.mails, "|") != strings.Join(want, "|") {
		t.Errorf("%q", backend.mails)
	}
}

// TestPostfixSink sends to Postfix's own test server, in the moods it has.
func TestPostfixSink(t *testing.T) {
	program, err := exec.LookPath("smtp-sink")
	if err != nil {
		program, err = exec.LookPath("/usr/sbin/smtp-sink")
	}
	if err != nil {
		t.Skip("smtp-sink is not installed (Debian package postfix)")
	}
	for _, test := range []struct{ flags, want string }{
		{"", "250 250"},
		{"-e", "250 250"},
		{"-p", "250 250"},
		{"-8", "250 250"},
		{"-f rcpt", "500 500"},
		{"-f .", "500 500"},
		{"-r data", "450 450"},
		{"-r mail", "- - at MAIL"},
		{"-q .", "- - lost at the final dot"},
		{"-q rcpt", "- - at RCPT"},
		{"-Q data", "- - at DATA"},
		{"-A 0", "550 550"}, // after DATA, without reading the text
	} {
		addr, stop := sink(t, program, strings.Fields(test.flags))
		c, err := smtpclient.Dial(t.Context(), smtpclient.Host{Addr: addr}, options())
		if err != nil {
			t.Errorf("%s: %v", test.flags, err)
			stop()
			continue
		}
		r := c.Send(t.Context(), letter(t, text, "x@sink.example", "y@sink.example"))
		if got := codes(r); got != test.want {
			t.Errorf("%s: %s %v, want %s", test.flags, got, r.Failure, test.want)
		}
		c.Close()
		stop()
	}
}

// sink runs smtp-sink on a free port.
func sink(t *testing.T, program string, flags []string) (addr netip.AddrPort, stop func()) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr = listener.Addr().(*net.TCPAddr).AddrPort()
	listener.Close()
	if os.Getuid() == 0 {
		flags = append(flags, "-u", "nobody")
	}
	var complaints bytes.Buffer
	cmd := exec.Command(program, append(flags, addr.String(), "10")...)
	cmd.Stderr = &complaints
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop = func() {
		cmd.Process.Kill()
		cmd.Wait()
	}
	for range 500 {
		if conn, err := net.Dial("tcp", addr.String()); err == nil {
			conn.Close()
			return addr, stop
		}
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	t.Fatalf("smtp-sink does not answer: %s", &complaints)
	return addr, nil
}
