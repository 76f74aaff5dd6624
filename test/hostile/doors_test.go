package hostile

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// trustedIP is a host that may say XCLIENT.
const trustedIP = "127.0.80.9"

// TestProxyGarbage connects to a door that stands behind a proxy: strangers,
// and the proxy itself with everything but a header. All are let go without a
// word, and a right header works beside them.
func TestProxyGarbage(t *testing.T) {
	s := start(t, "127.0.80.71", "")
	const right = "PROXY TCP4 192.0.2.7 192.0.2.25 4711 25\r\n"
	garbage := []string{
		"EHLO client.test\r\n", "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n", "PROXY TCP4 192.0.2.7\r\n", "PROXY " + strings.Repeat("x", 100_000),
		"\r\n\r\n\x00\r\nQUIT\n\x21\x11\xff\xff" + strings.Repeat("\x00", 1<<16), "\x16\x03\x01\x02\x00" + strings.Repeat("x", 600), right[:20] + "\n" + right,
	}
	for range 200 {
		b := make([]byte, 1+rand.IntN(300))
		for i := range b {
			b[i] = byte(rand.Uint32())
		}
		garbage = append(garbage, string(b)+strings.Repeat("\x00", 120))
	}
	for _, text := range garbage {
		s.silent(t, hostileIP, text)
	}
	for _, text := range []string{"", right, right + "EHLO client.test\r\n", garbage[4]} {
		s.silent(t, honestIP, text)
	}
	c, err := s.dial(hostileIP, proxiedPort)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.say(right+"", "220"); err == nil {
		t.Error("the line end behind the header was not taken for a command")
	}
	s.sessions(t, 1)
	s.well(t)
}

// silent connects to the door behind the proxy and is let go without a word.
func (s *server) silent(t *testing.T, from, text string) {
	t.Helper()
	c, err := s.dial(from, proxiedPort)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.put(text)
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	}
	if line, err := c.line(); err == nil {
		t.Errorf("%.60q from %s is answered: %q", text, from, line)
	}
}

// TestChunks announces what never comes and sends what nobody wants. Each ends
// the connection, soon or at a limit, and nothing of it is in a mailbox.
func TestChunks(t *testing.T) {
	s := start(t, "127.0.80.72", "")
	for _, tt := range []struct {
		name, send string
		times      int
		want       []string
	}{
		{"far too large", "BDAT 999999999999999999 LAST\r\n", 1, []string{"552 5.3.4"}},
		{"larger than can be read away", "BDAT 900000000\r\n" + strings.Repeat("x", 1000), 1, []string{"552 5.3.4"}},
		{"no number", "BDAT x LAST\r\nNOOP\r\n", 1, []string{"501 5.5.4"}},
		{"many tiny ones", "BDAT 1\r\nx", 5000, []string{"250 2.0.0", "421 4.7.0"}},
		{"many empty ones", "BDAT 0\r\n", 5000, []string{"250 2.0.0", "421 4.7.0"}},
		{"many refused ones", "BDAT 2\r\n\n\n", 5000, []string{"550 5.6.0", "503 5.5.1", "421 4.7.0"}},
		{"bare LF behind it", "BDAT 5\nQUIT\r\n", 1, []string{"500 5.5.2"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := s.must(t, hostileIP, smtpRoad)
			if err := c.talk(toJoe[0], toJoe[1]); err != nil {
				t.Fatal(err)
			}
			go c.pour(tt.send, tt.times)
			seen := 0
			for line, err := c.line(); err == nil; line, err = c.line() {
				if seen == len(tt.want) || !strings.HasPrefix(line, tt.want[seen]) {
					seen++
				}
				if seen > len(tt.want) || seen > 0 && !strings.HasPrefix(line, tt.want[min(seen, len(tt.want)-1)]) {
					t.Fatalf("%q", line)
				}
			}
			if seen != len(tt.want)-1 {
				t.Errorf("the connection ended at %d of %q", seen, tt.want)
			}
		})
	}
	s.sessions(t, 0)
	if n, err := s.count("joe"); n != 0 || err != nil {
		t.Errorf("%d messages arrived (%v)", n, err)
	}
	s.well(t)
}

// TestLoginLoops: whoever tries to log in again and again is sent away.
func TestLoginLoops(t *testing.T) {
	s := start(t, "127.0.80.73", "")
	for name, tt := range map[string]struct {
		lines []string
		most  int // rounds
	}{
		"wrong password":  {[]string{"AUTH PLAIN " + plainAuth("nobody")}, 3},
		"cancelled":       {[]string{"AUTH PLAIN", "*"}, 30},
		"no base64":       {[]string{"AUTH LOGIN", "???"}, 30},
		"no mechanism":    {[]string{"AUTH ANONYMOUS"}, 30},
		"SCRAM nonsense":  {[]string{"AUTH SCRAM-SHA-256 bnVsbA=="}, 30},
		"SCRAM cancelled": {[]string{"AUTH SCRAM-SHA-256 biwsbj1qb2Uscj1hYmM=", "*"}, 30},
		"too long":        {[]string{"AUTH PLAIN", strings.Repeat("A", 13_000)}, 30},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := s.must(t, hostileIP, submissionRoad)
			rounds := 0
			for ; rounds <= tt.most; rounds++ {
				last := ""
				for _, line := range tt.lines {
					c.put(line + "\r\n")
					last, _ = c.line()
				}
				if strings.HasPrefix(last, "235") {
					t.Fatal("logged in")
				}
				if last == "" || strings.HasPrefix(last, "421") {
					break
				}
			}
			if rounds > tt.most {
				t.Errorf("still welcome after %d rounds", rounds)
			}
		})
	}
}

// TestSpeakingForOthers: XCLIENT from strangers, also with a PROXY header or a
// login, and from a trusted host with nonsense in it.
func TestSpeakingForOthers(t *testing.T) {
	s := start(t, "127.0.80.74", "")
	stranger := s.must(t, hostileIP, smtpRoad)
	for range 29 {
		if err := stranger.say("XCLIENT ADDR=192.0.2.1 LOGIN=joe@"+domain, "550 5.7.1"); err != nil {
			t.Fatal(err)
		}
	}
	if err := stranger.say("XCLIENT", "550 5.7.1"); err != nil {
		t.Fatal(err)
	}
	if err := stranger.expect("421"); err != nil {
		t.Error(err)
	}
	user := s.must(t, hostileIP, submissionRoad)
	if err := user.talk("AUTH PLAIN "+plainAuth("joe")+" → 235", "XCLIENT LOGIN=evil@"+domain+" → 550 5.7.1", "MAIL FROM:<evil@"+domain+"> → 553 5.7.1"); err != nil {
		t.Error(err)
	}
	trusted := s.must(t, trustedIP, smtpRoad)
	for _, bad := range []string{"ADDR=x", "HELO=a+0D+0ANOOP", "NAME=" + strings.Repeat("x", 1000), "ADDR=1.2.3.4 ADDR=1.2.3.4", "PORT=99999", "=", "A=B"} {
		if err := trusted.say("XCLIENT "+bad, "501 5.5.4"); err != nil {
			t.Error(err)
		}
	}
	if err := trusted.talk("XCLIENT ADDR=192.0.2.1 NAME=client.test → 220", "EHLO client.test → 250 ", "MAIL FROM:<a@client.test> → 250", "RCPT TO:<x@elsewhere.test> → 550"); err != nil {
		t.Error(err)
	}
	s.well(t)
}

// TestFloods sends far more than a session may have, all at once.
func TestFloods(t *testing.T) {
	s := start(t, "127.0.80.75", "")
	recipient := "RCPT TO:<joe+%d@" + domain + ">\r\n"
	var crowd strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&crowd, recipient, i)
	}
	for _, tt := range []struct{ name, send, last string }{
		{"commands", strings.Repeat("RSET\r\n", 200_000), "421 4.7.0"},
		{"transactions", strings.Repeat("MAIL FROM:<a@client.test>\r\nRSET\r\n", 50_000), "421 4.7.0"},
		{"nonsense", strings.Repeat("X\r\n", 200_000), "421 4.7.0"},
		{"recipients", "MAIL FROM:<a@client.test>\r\n" + crowd.String() + "QUIT\r\n", "421 4.7.0"}, // those too many are commands
		{"ETRN", strings.Repeat("ETRN client.test\r\n", 10_000), "421 4.7.0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := s.must(t, hostileIP, smtpRoad)
			go c.pour(tt.send, 1)
			last, taken := "", 0
			for line, err := c.line(); err == nil; line, err = c.line() {
				if last = line; strings.HasPrefix(line, "250 2.1.5") {
					taken++
				}
			}
			if !strings.HasPrefix(last, tt.last) || taken > 1000 {
				t.Errorf("ends with %q, %d recipients taken", last, taken)
			}
		})
	}
	s.sessions(t, 0)
	s.well(t)
}

// TestLMTPDoor: who is not trusted is told so, and a trusted client that sends
// nonsense is treated as any other.
func TestLMTPDoor(t *testing.T) {
	s := start(t, "127.0.80.76", "")
	stranger, err := s.dial(honestIP, lmtpPort)
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	if err := stranger.expect("554 5.7.1"); err != nil {
		t.Error(err)
	}
	c, err := s.dial(hostileIP, lmtpPort)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	crowd := strings.Repeat("RCPT TO:<joe@"+domain+"> → 250\n", 500)
	script := append([]string{"EHLO x → 500", "LHLO x → 250 ", "MAIL FROM:<a@client.test> → 250"}, strings.Split(strings.TrimSpace(crowd), "\n")...)
	if err := c.expect("220"); err != nil {
		t.Fatal(err)
	}
	if err := c.talk(append(script, "DATA → 354")...); err != nil {
		t.Fatal(err)
	}
	c.put("bare\nLF\r\n.\r\n")
	for i := range 500 {
		if err := c.expect("550 5.6.0"); err != nil {
			t.Fatalf("reply %d: %v", i, err)
		}
	}
	if err := c.talk("NOOP → 250"); err != nil {
		t.Error(err)
	}
	c.SetDeadline(time.Now().Add(time.Second))
	s.well(t)
}
