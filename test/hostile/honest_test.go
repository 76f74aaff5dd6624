package hostile

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// soon is when an honest client has its answer even while the server is under
// attack and the machine does other work.
const soon = 10 * time.Second

var letters atomic.Int64

// honest sends a message to oneself through submission and reads it again over
// IMAP, each on a new connection under TLS. It returns how long that took.
func (s *server) honest(from, user string) (time.Duration, error) {
	began := time.Now()
	token := fmt.Sprintf("letter%d", letters.Add(1))
	if err := s.submit(from, user, token); err != nil {
		return 0, fmt.Errorf("honest client, SMTP: %w", err)
	}
	if err := s.fetch(from, user, token); err != nil {
		return 0, fmt.Errorf("honest client, IMAP: %w", err)
	}
	return time.Since(began), nil
}

func (s *server) submit(from, user, token string) error {
	c, err := s.open(from, submissionRoad)
	if err != nil {
		return err
	}
	defer c.Close()
	me := user + "@" + domain
	return c.talk("AUTH PLAIN "+plainAuth(user)+" → 235", "MAIL FROM:<"+me+"> → 250", "RCPT TO:<"+me+"> → 250", "DATA → 354",
		"From: <"+me+">\r\nTo: <"+me+">\r\nSubject: "+token+"\r\n\r\nhello\r\n. → 250", "QUIT → 221")
}

func (s *server) fetch(from, user, token string) error {
	c, err := s.open(from, imapsRoad)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.talk("a LOGIN "+user+"@"+domain+" "+password+" → a OK", "b SELECT INBOX → b OK"); err != nil {
		return err
	}
	for deadline := time.Now().Add(soon); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		found, err := c.ask("c", "UID FETCH * (BODY.PEEK[])")
		if err != nil {
			return err
		}
		if strings.Contains(found, "Subject: "+token+"\r\n") && strings.Contains(found, "hello\r\n") {
			return c.talk("d LOGOUT → * BYE")
		}
	}
	return fmt.Errorf("%s did not arrive", token)
}

// ask sends an IMAP command and returns all that is said until it is done.
func (c *client) ask(tag, command string) (string, error) {
	if _, err := c.Write([]byte(tag + " " + command + "\r\n")); err != nil {
		return "", err
	}
	var b strings.Builder
	for {
		line, err := c.r.ReadString('\n')
		if err != nil {
			return "", fmt.Errorf("%s: %w", command, err)
		}
		if status, ok := strings.CutPrefix(line, tag+" "); ok {
			if !strings.HasPrefix(status, "OK") {
				return "", fmt.Errorf("%.80s: %s", command, line)
			}
			return b.String(), nil
		}
		b.WriteString(line)
	}
}

// well checks that the server lives and serves an honest client soon.
func (s *server) well(t *testing.T) {
	t.Helper()
	if !s.lives() {
		t.Fatalf("the server died: %v\n%s", s.err, tail(s.log))
	}
	took, err := s.honest(honestIP, "u0")
	switch {
	case err != nil:
		t.Error(err)
	case took > soon:
		t.Errorf("an honest client was served after %v", took)
	default:
		t.Logf("an honest client was served in %v", took.Round(time.Millisecond))
	}
}

// Where clients come from.
const (
	honestIP  = "127.0.80.50"
	hostileIP = "127.0.80.66"
)
