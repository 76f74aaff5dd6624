package hostile

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestHalfOpen: connections that begin TLS and do not go on are ended when the
// time for a handshake is over, on every door, and honest clients are served
// until then. All wait at the same time.
func TestHalfOpen(t *testing.T) {
	t.Parallel()                       // it waits for half a minute
	const handshake = 40 * time.Second // the longest of the doors, with room for a busy machine
	s := start(t, "127.0.80.41", "")
	var waiting sync.WaitGroup
	for _, begin := range []struct{ name, text string }{
		{"silence", ""}, {"one octet", "\x16"}, {"half a ClientHello", hello + "xxx"}, {"garbage", strings.Repeat("GET / HTTP/1.1\r\n", 100)},
		{"NULs", strings.Repeat("\x00", 1000)}, {"plain text", "EHLO x\r\na LOGIN joe x\r\n"}, {"alerts", strings.Repeat("\x15\x03\x01\x00\x02\x01\x00", 1000)},
	} {
		for _, r := range roads {
			if r.tls == "" {
				continue
			}
			waiting.Go(func() {
				if err := s.halfOpen(r, begin.text, handshake); err != nil {
					t.Errorf("%s, %s: %v", r.name, begin.name, err)
				}
			})
		}
	}
	s.well(t)
	waiting.Wait()
	s.sessions(t, 0)
	s.well(t)
}

func (s *server) halfOpen(r road, text string, wait time.Duration) error {
	c, err := s.dial(hostileIP, r.port)
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(wait))
	if r.tls != "implicit" {
		if err := c.expect("2", "* OK", "+OK"); err != nil {
			return err
		}
		if r.protocol == "smtp" {
			if err := c.say("EHLO x", "250 "); err != nil {
				return err
			}
		}
		if err := c.say(r.tls, "220", "s OK", "+OK"); err != nil {
			return err
		}
	}
	c.put(text)
	rest, err := io.ReadAll(c.r)
	for _, answer := range []string{"250", "OK", "500", "BAD", "ERR"} {
		if strings.Contains(string(rest), answer) {
			return fmt.Errorf("plain text was answered: %q", rest)
		}
	}
	if err != nil && strings.Contains(err.Error(), "timeout") {
		return fmt.Errorf("the connection stays open")
	}
	return nil
}

// TestDrip sends an octet every 100 ms. However it goes on, login has an end:
// the time for it counts from the beginning.
func TestDrip(t *testing.T) {
	t.Parallel()
	const limit = 5 * time.Second
	s := start(t, "127.0.80.42", fmt.Sprintf("login_time = %q", limit))
	var waiting sync.WaitGroup
	for _, r := range roads {
		if r.protocol == "smtp" {
			continue // five minutes for each line are required (RFC 5321 4.5.3.2)
		}
		for name, text := range map[string]string{"letters": "a", "empty lines": "\r\n", "commands": "a NOOP\r\n"} {
			waiting.Go(func() {
				c, err := s.open(hostileIP, r)
				if err != nil {
					t.Error(err)
					return
				}
				defer c.Close()
				began := time.Now()
				go c.drip(text, 4*limit)
				if err := c.over(); err != nil {
					t.Errorf("%s, %s: %v", r.name, name, err)
				}
				if took := time.Since(began); took > 2*limit {
					t.Errorf("%s, %s: ended after %v", r.name, name, took)
				}
			})
		}
	}
	s.well(t)
	waiting.Wait()
	s.well(t)
}

// drip ends with the connection.
func (c *client) drip(text string, most time.Duration) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for i := 0; time.Duration(i)*100*time.Millisecond < most; i++ {
		<-tick.C
		if _, err := io.WriteString(c, text[i%len(text):i%len(text)+1]); err != nil {
			return
		}
	}
}

// TestDeaf: clients that are logged in ask for hundreds of megabytes and read
// nothing. What waits for them is bounded, others are served, and the server
// stops in time although they are there.
func TestDeaf(t *testing.T) {
	const clients = 20
	s := start(t, "127.0.80.43", "")
	in := s.must(t, hostileIP, smtpRoad)
	if err := s.send(in, "evil", repeat(strings.Repeat("x", 76)+"\r\n", 300_000)); err != nil {
		t.Fatal(err)
	}
	s.delivered(t)
	before := s.settled(t)
	imap := []string{"l LOGIN evil@" + domain + " " + password + " → l OK", "m SELECT INBOX → m OK"}
	for i := range clients {
		if i == 0 {
			c := s.must(t, hostileIP, roads[9])
			if err := c.talk("USER evil@"+domain+" → +OK", "PASS "+password+" → +OK"); err != nil {
				t.Fatal(err)
			}
			c.put(strings.Repeat("RETR 1\r\n", 100))
			continue
		}
		r := imapRoad
		if i%2 == 0 {
			r = imapsRoad
		}
		c := s.must(t, hostileIP, r)
		if err := c.talk(imap...); err != nil {
			t.Fatal(err)
		}
		c.put(strings.Repeat("f FETCH 1 BODY.PEEK[]\r\n", 100))
	}
	grown := s.settled(t) - before
	t.Logf("%d deaf clients that asked for 2.3 GB each cost %d KiB each", clients, grown/clients>>10)
	if grown/clients > 1<<20 {
		t.Errorf("%d bytes grown", grown)
	}
	s.well(t)
	began := time.Now()
	s.stop(t)
	if took := time.Since(began); took > 2*stopTime+soon {
		t.Errorf("stopped after %v", took)
	} else {
		t.Logf("stopped in %v among them", took.Round(time.Millisecond))
	}
}
