package smtp_test

import (
	"context"
	"strings"
	"testing"

	"tram/internal/access/smtp"
)

const transaction = "MAIL FROM:<a@c.test>\r\nRCPT TO:<joe@x.test>\r\nDATA\r\n"

// smuggled is what an attacker would like to be taken for commands.
const smuggled = "MAIL FROM:<evil@c.test>\r\nRCPT TO:<joe@x.test>\r\nDATA\r\nevil\r\n.\r\n"

// TestSmuggling sends, in one session, every string over the dangerous
// characters inside a message, with commands behind it. One message in is one
// message out, whole, or one refusal; a command is never read out of it.
func TestSmuggling(t *testing.T) {
	depth := 6
	if testing.Short() {
		depth = 5
	}
	s := newServer(t, limits(smtp.Limits{Errors: 1 << 30, Commands: 1 << 30}), mx)
	c := dial(t, s.onTCP(t)).greeted()
	count, refused := 0, 0
	var walk func(danger string)
	walk = func(danger string) {
		if !strings.Contains("\r\n"+danger, "\r\n.\r\n") { // the end itself is no smuggling
			count++
			c.send(transaction)
			c.want("250", "250", "354")
			body := danger + smuggled
			if danger != "" {
				body = "first" + body
			}
			c.send(body)
			clean := !strings.ContainsAny(strings.ReplaceAll(danger, "\r\n", ""), "\r\n\x00")
			if clean {
				c.want("250 2.0.0 Queued")
			} else {
				refused++
				c.want("550 5.6.0")
			}
			c.do("NOOP", "250 2.0.0 OK") // nothing else was answered
			checkOne(t, danger, s.taken(), clean)
		}
		if len(danger) < depth && !t.Failed() {
			for _, ch := range "\r\n.\x00a" {
				walk(danger + string(ch))
			}
		}
	}
	walk("")
	t.Logf("%d messages, %d refused", count, refused)
}

func checkOne(t *testing.T, danger string, got []message, clean bool) {
	t.Helper()
	switch {
	case !clean && len(got) != 0:
		t.Fatalf("%q was accepted as %q", danger, got[0].body)
	case clean && (len(got) != 1 || got[0].envelope.From.Local != "a" || !strings.HasSuffix(got[0].body, "evil\r\n")):
		t.Fatalf("%q: %+v", danger, got)
	}
}

// TestSTARTTLSInjection: what comes with or right after STARTTLS in plain text
// is never run, in any spelling, and no second reply comes in plain text (NO
// STARTTLS, CVE-2011-0411).
func TestSTARTTLSInjection(t *testing.T) {
	s := newServer(t, smtp.Options{Mode: smtp.Submission}, sub)
	addr := s.onTCP(t)
	count := 0
	for _, verb := range []string{"STARTTLS", "starttls", "StartTLS", "STARTTLS ", "STARTTLS\t"} {
		for _, end := range []string{"\r\n", "\n"} {
			for _, injected := range []string{"RSET\r\n", "NOOP\r\n", "EHLO evil\r\n", "MAIL FROM:<evil@c.test>\r\n", transaction, "AUTH PLAIN AGFubgBzZWNyZXQ=\r\n", "QUIT\r\n", "x", "\r\n", "\n", "\x00", "\x16", "\x16\x03\x01\x00"} {
				count++
				c := dial(t, addr).greeted()
				c.send(verb + end + injected)
				first := c.reply()
				if first == nil {
					t.Fatal("no reply")
				}
				if end == "\n" {
					if !strings.HasPrefix(first.Error(), "500") {
						t.Errorf("%q: %v", verb+end, first)
					}
					continue
				}
				// The bytes came in one segment or in two: refused at once, or
				// 220 and a handshake that fails.
				switch first.Code {
				case 554:
				case 220:
				default:
					t.Errorf("%q%q: %v", verb, injected, first)
				}
				c.conn.(interface{ CloseWrite() error }).CloseWrite()
				if rest := c.rest(); strings.Contains(rest, "250") || strings.Contains(rest, "235") || strings.Contains(rest, "221") {
					t.Errorf("%q%q: %v, then %q", verb, injected, first, rest)
				}
			}
		}
	}
	if got := s.taken(); len(got) != 0 || s.logins != 0 {
		t.Errorf("%d messages, %d logins", len(got), s.logins)
	}
	t.Logf("%d forms", count)
}

// TestPlainTextAfterTLS: when TLS ends the session ends.
func TestPlainTextAfterTLS(t *testing.T) {
	s := newServer(t, smtp.Options{Mode: smtp.Submission}, sub)
	c := dial(t, s.onTCP(t)).greeted()
	raw := c.conn
	c.do("STARTTLS", "220")
	c.startTLS()
	c.do("EHLO c.test", "250")
	c.do("AUTH PLAIN AGFubgBzZWNyZXQ=", "235")
	c.conn.(interface{ CloseWrite() error }).CloseWrite() // close_notify
	raw.Write([]byte(transaction + "plain\r\n.\r\n"))
	c.rest()
	if got := s.taken(); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

// TestLoginDoesNotSurviveTLS: a login in plain text is forgotten too.
func TestLoginDoesNotSurviveTLS(t *testing.T) {
	info := sub
	info.PlaintextLogin = true
	s := newServer(t, smtp.Options{Mode: smtp.Submission}, info)
	c, end := s.open(t, context.Background())
	defer end()
	c.greeted()
	c.do("AUTH PLAIN AGFubgBzZWNyZXQ=", "235")
	c.do("STARTTLS", "220")
	c.startTLS()
	c.do("EHLO c.test", "250")
	c.do("MAIL FROM:<ann@x.test>", "530 5.7.0")
}
