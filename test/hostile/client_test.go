package hostile

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// patience is how long a client waits for the server: nothing here may take
// that long, however busy the machine is.
const patience = 20 * time.Second

// road is a way into the server.
type road struct {
	name     string
	protocol string // "smtp", "imap" or "pop3"
	port     int
	tls      string // "", "implicit", or the command that begins it
}

// roads are all ways in.
var roads = []road{
	{"smtp", "smtp", smtpPort, ""}, {"smtp+starttls", "smtp", smtpPort, "STARTTLS"},
	{"submission", "smtp", submissionPort, ""}, {"submission+starttls", "smtp", submissionPort, "STARTTLS"}, {"submissions", "smtp", submissionsPort, "implicit"},
	{"imap", "imap", imapPort, ""}, {"imap+starttls", "imap", imapPort, "s STARTTLS"}, {"imaps", "imap", imapsPort, "implicit"},
	{"pop3", "pop3", pop3Port, ""}, {"pop3+stls", "pop3", pop3Port, "STLS"}, {"pop3s", "pop3", pop3sPort, "implicit"},
}

var (
	smtpRoad       = roads[0]
	submissionRoad = roads[3]
	imapRoad       = roads[5]
	imapsRoad      = roads[7]
	popRoad        = roads[8]
)

// client is one connection. Its methods return errors instead of ending the
// test, since clients run in goroutines too.
type client struct {
	net.Conn
	r *bufio.Reader
}

// dial connects from an address of the test's network and says nothing.
func (s *server) dial(from string, port int) (*client, error) {
	d := net.Dialer{Timeout: patience, LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	conn, err := d.Dial("tcp", s.address(port))
	if err != nil {
		return nil, err
	}
	conn.SetDeadline(time.Now().Add(patience))
	return &client{conn, bufio.NewReader(conn)}, nil
}

// open goes a road to its end: connected, TLS begun, greeted; under SMTP EHLO
// was said.
func (s *server) open(from string, r road) (c *client, err error) {
	if c, err = s.dial(from, r.port); err != nil {
		return nil, err
	}
	if r.tls == "implicit" {
		err = c.startTLS()
	}
	if err == nil {
		err = c.expect("2", "* OK", "+OK")
	}
	if err == nil && r.tls != "" && r.tls != "implicit" {
		if err = c.say(r.tls, "220", "s OK", "+OK"); err == nil {
			err = c.startTLS()
		}
	}
	if err == nil && r.protocol == "smtp" {
		err = c.say("EHLO client.test", "250 ")
	}
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("%s: %w", r.name, err)
	}
	return c, nil
}

func (c *client) startTLS() error {
	secure := tls.Client(c.Conn, &tls.Config{InsecureSkipVerify: true})
	c.Conn, c.r = secure, bufio.NewReader(secure)
	return secure.Handshake()
}

// must opens a road or ends the test; the connection is closed with it.
func (s *server) must(t *testing.T, from string, r road) *client {
	t.Helper()
	c, err := s.open(from, r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// line reads one line, without its end.
func (c *client) line() (string, error) {
	line, err := c.r.ReadString('\n')
	return strings.TrimRight(line, "\r\n"), err
}

// expect reads lines up to the one that ends a reply, which must begin with
// one of the prefixes: in SMTP one without a dash behind the code, in IMAP one
// that is tagged, a greeting, a goodbye or a continuation.
func (c *client) expect(prefixes ...string) error {
	for {
		line, err := c.line()
		if err != nil {
			return fmt.Errorf("instead of %q: %w", prefixes, err)
		}
		for _, p := range prefixes {
			if strings.HasPrefix(line, p) {
				if p == "2" && len(line) > 3 && line[3] == '-' {
					break
				}
				return nil
			}
		}
		untagged := strings.HasPrefix(line, "* ") && !strings.HasPrefix(line, "* BYE") && !strings.HasPrefix(line, "* BAD")
		if !untagged && (len(line) < 4 || line[3] != '-') {
			return fmt.Errorf("%.200q instead of %q", line, prefixes)
		}
	}
}

// say sends a line and expects a reply.
func (c *client) say(line string, prefixes ...string) error {
	if _, err := io.WriteString(c, line+"\r\n"); err != nil {
		return fmt.Errorf("%.80q: %w", line, err)
	}
	if err := c.expect(prefixes...); err != nil {
		return fmt.Errorf("%.80q: %w", line, err)
	}
	return nil
}

// talk says lines in turn; each is "line → prefix".
func (c *client) talk(script ...string) error {
	for _, step := range script {
		line, want, _ := strings.Cut(step, " → ")
		if err := c.say(line, want); err != nil {
			return err
		}
	}
	return nil
}

// put writes. An error shows at the next read.
func (c *client) put(text string) { io.WriteString(c, text) }

// pour writes what the server may refuse to read on: it ends when the
// connection does.
func (c *client) pour(text string, times int) {
	chunk := strings.Repeat(text, max(1, min(times, (64<<10)/len(text))))
	for left := times * len(text); left > 0; left -= len(chunk) {
		if _, err := io.WriteString(c, chunk[:min(left, len(chunk))]); err != nil {
			return
		}
	}
}

// over reports whether the server ends the connection.
func (c *client) over() error {
	n, err := io.Copy(io.Discard, c.r)
	if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
		return fmt.Errorf("the connection stays open (%d octets came)", n)
	}
	return nil
}

func plainAuth(user string) string {
	return base64.StdEncoding.EncodeToString([]byte("\x00" + user + "@" + domain + "\x00" + password))
}

// send delivers a message through port 25.
func (s *server) send(c *client, to string, text func(io.Writer) error) error {
	if err := c.talk("MAIL FROM:<stranger@client.test> → 250", "RCPT TO:<"+to+"@"+domain+"> → 250", "DATA → 354"); err != nil {
		return err
	}
	w := bufio.NewWriterSize(c, 64<<10)
	if err := text(w); err != nil {
		return err
	}
	if _, err := w.WriteString("\r\n.\r\n"); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return c.expect("250 2.0.0 Queued")
}
