package smtpclient

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"tram/internal/mail/address"
	"tram/internal/mail/smtpwire"
)

// FuzzHost: a host may send anything at any time. The client ends, says
// something about every recipient, and never reports a delivery that no 250
// behind a 354 stands for. What stands between two "~" of the script is sent
// when the client has said something.
func FuzzHost(f *testing.F) {
	f.Add("220 a\r\n~250-a\r\n250 PIPELINING\r\n~250 a\r\n250 b\r\n250 c\r\n354 c\r\n~250 d\r\n", false)
	f.Add("220 a\r\n~250 a\r\n~250 a\r\n~550 b\r\n~250 c\r\n~354 d\r\n~451-e\r\n451 e\r\n", false)
	f.Add("220 a\r\n~250-a\r\n250 STARTTLS\r\n~220 go\r\n~\x16\x03\x01\x00\x02\x01\x00", false)
	f.Add("220-a\r\n220 \xff\r\n~500 what\r\n~250 a\r\n~421 bye\r\n", false)
	f.Add("220 a\r\n~250-a\r\n250-LIMITS RCPTMAX=1\r\n250 CHUNKING\r\n~250 a\r\n250 b\r\n450 c\r\n250 d\r\n", false)
	f.Add("220 a\r\n~250-a\r\n250-PIPELINING\r\n250 CHUNKING\r\n~250 a\r\n250 b\r\n250 c\r\n250 d\r\n452 e\r\n", true)
	f.Add("220 a\r\n~250-a\r\n250-AUTH SCRAM-SHA-256\r\n250 SIZE 1\r\n~334 cj1h\r\n~501 x\r\n", true)
	f.Fuzz(func(t *testing.T, script string, lmtp bool) {
		ctx := context.Background()
		c := &Conn{o: &Options{Hostname: "client.example"}, t: Timeouts{}.withDefaults(), ctx: ctx}
		if c.host.LMTP = lmtp; strings.Contains(script, "AUTH") {
			c.host.TLS, c.host.User, c.host.Password = NoTLS, "user", "pencil"
		}
		if c.begin(ctx, &scripted{parts: strings.Split(script, "~")}) != nil {
			return
		}
		defer c.Close()
		to := address.Address{Local: "x", Domain: "sink.example"}
		const text = "Subject: hello\r\n\r\n.\r\n"
		r := c.Send(ctx, &Message{Rcpts: []Rcpt{{To: to}, {To: to}}, Text: strings.NewReader(text), Size: int64(len(text))})
		for i, reply := range r.Replies {
			if reply == nil && r.Failure == nil && r.Unfit == nil {
				t.Fatalf("recipient %d is undecided without a reason", i)
			}
			if reply != nil && reply.Positive() && !strings.Contains(script, "354") && !c.Offers(smtpwire.Chunking) {
				t.Fatalf("delivered without a 354")
			}
			if reply != nil && strings.ContainsAny(reply.Error(), "\r\n\x00") {
				t.Fatalf("unprintable reply %q", reply.Error())
			}
		}
	})
}

// scripted is a connection to a host whose answers are ready beforehand.
type scripted struct {
	parts []string
}

func (s *scripted) Read(p []byte) (int, error) {
	if len(s.parts) == 0 || s.parts[0] == "" {
		return 0, io.EOF
	}
	n := copy(p, s.parts[0])
	s.parts[0] = s.parts[0][n:]
	return n, nil
}

func (s *scripted) Write(p []byte) (int, error) {
	if len(s.parts) > 1 && s.parts[0] == "" {
		s.parts = s.parts[1:]
	}
	return len(p), nil
}

func (s *scripted) Close() error                     { return nil }
func (s *scripted) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (s *scripted) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (s *scripted) SetDeadline(time.Time) error      { return nil }
func (s *scripted) SetReadDeadline(time.Time) error  { return nil }
func (s *scripted) SetWriteDeadline(time.Time) error { return nil }
