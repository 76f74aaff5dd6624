package hostile

import (
	"strings"
	"testing"
)

const huge = 10_000_000 // octets of a line

// TestHugeLines sends lines of 10^7 octets at every place where a line can be,
// on every road. The reply says what is wrong; where the protocol allows it,
// the next command is answered as ever.
func TestHugeLines(t *testing.T) {
	s := start(t, "127.0.80.1", "")
	for _, tt := range []struct {
		name     string
		protocol string
		before   []string // "line → reply"
		begin    string   // of the huge line
		fill     string
		end      string
		want     string
		next     string // "" when the connection ends
	}{
		{"command", "smtp", nil, "", "a", "\r\n", "500 5.5.2 The line is too long", "NOOP → 250"},
		{"NULs", "smtp", nil, "", "\x00", "\r\n", "500 5.5.2 The line is too long", "NOOP → 250"},
		{"bare CRs", "smtp", nil, "", "\r", "\n", "500 5.5.2 The line is too long", "NOOP → 250"},
		{"path", "smtp", nil, "MAIL FROM:<", "a", "@client.test>\r\n", "500 5.5.2 The line is too long", "NOOP → 250"},
		{"tag", "imap", nil, "", "a", "\r\n", "* BAD ", "n NOOP → n OK"},
		{"name", "imap", nil, "a ", "b", "\r\n", "a BAD ", "n NOOP → n OK"},
		{"atom", "imap", nil, "a LOGIN ", "c", " x\r\n", "a BAD Command line too long", "n NOOP → n OK"},
		{"quoted", "imap", nil, "a LOGIN \"", "c", "\" x\r\n", "a BAD ", "n NOOP → n OK"},
		{"response", "imap", []string{"a AUTHENTICATE PLAIN → + "}, "", "A", "\r\n", "a BAD ", "n NOOP → n OK"},
		{"NULs", "imap", nil, "a ", "\x00", "\r\n", "a BAD ", "n NOOP → n OK"},
		{"command", "pop3", nil, "", "a", "\r\n", "-ERR command line too long, closing", ""},
		{"argument", "pop3", nil, "USER ", "a", "\r\n", "-ERR command line too long, closing", ""},
		{"response", "pop3", []string{"AUTH PLAIN → + "}, "", "A", "\r\n", "-ERR ", ""},
		{"NULs", "pop3", nil, "", "\x00", "\r\n", "-ERR ", ""},
	} {
		for _, r := range roads {
			if r.protocol != tt.protocol || r.tls != "" && tt.name != "command" && tt.name != "atom" {
				continue
			}
			t.Run(r.name+"/"+tt.name, func(t *testing.T) {
				c := s.must(t, hostileIP, r)
				if err := c.talk(tt.before...); err != nil {
					t.Fatal(err)
				}
				c.put(tt.begin)
				c.pour(tt.fill, huge)
				c.put(tt.end)
				if err := c.expect(tt.want); err != nil {
					t.Fatal(err)
				}
				if tt.next == "" {
					if err := c.over(); err != nil {
						t.Error(err)
					}
				} else if err := c.talk(tt.next); err != nil {
					t.Error(err)
				}
			})
		}
	}
	s.well(t)
}

// TestEndlessLine: a line that goes on behind all patience ends the
// connection, with a reply.
func TestEndlessLine(t *testing.T) {
	s := start(t, "127.0.80.2", "")
	for _, tt := range []struct {
		road
		want string
	}{{smtpRoad, "500 5.5.2"}, {imapRoad, "* BYE Command too large"}, {popRoad, ""}} {
		t.Run(tt.name, func(t *testing.T) {
			c := s.must(t, hostileIP, tt.road)
			c.pour("a", 100_000_000)
			if tt.want != "" {
				if err := c.expect(tt.want); err != nil {
					t.Error(err)
				}
			}
			if err := c.over(); err != nil {
				t.Error(err)
			}
		})
	}
	s.well(t)
}

// TestText sends messages that no server should take, and one with the longest
// line that is taken, through port 25.
func TestText(t *testing.T) {
	s := start(t, "127.0.80.3", "")
	c := s.must(t, hostileIP, smtpRoad)
	for _, tt := range []struct{ name, begin, fill, end, want string }{
		{"huge line", "", "a", "\r\n", "550 5.6.0"},
		{"huge header", "Subject: ", "a", "\r\n\r\n", "550 5.6.0"},
		{"dots", "", ".", "\r\n", "550 5.6.0"},
		{"NULs", "", "\x00", "\r\n", "550 5.6.0"},
		{"bare CRs", "", "\r", "\r\n", "550 5.6.0"},
		{"bare LFs", "", "\n", "\r\n", "550 5.6.0"},
		{"LF dot LF", "", "\n.\n", "\r\n", "550 5.6.0"},
		{"CR dot CR", "", "\r.\r", "\r\n", "550 5.6.0"},
		{"a NUL", "", "\x00a\r\n", "\r\n", "550 5.6.0"},
		{"empty lines", "", "\r\n", "\r\n", "250 2.0.0"},
		{"dot lines", "", "..\r\n", "\r\n", "250 2.0.0"},
		{"header of folds", "Subject: a\r\n", " \r\n", "\r\n", "250 2.0.0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := c.talk("MAIL FROM:<stranger@client.test> → 250", "RCPT TO:<joe@"+domain+"> → 250", "DATA → 354"); err != nil {
				t.Fatal(err)
			}
			c.put(tt.begin)
			c.pour(tt.fill, huge/len(tt.fill))
			c.put(tt.end + ".\r\n")
			if err := c.expect(tt.want); err != nil {
				t.Fatal(err)
			}
			if err := c.talk("NOOP → 250"); err != nil {
				t.Error(err)
			}
		})
	}
	s.well(t)
}

// TestOddOctets puts NULs, bare CRs, bare LFs and other controls at every
// place of a few commands. No command is run that the line does not say, and
// no reply repeats the octets.
func TestOddOctets(t *testing.T) {
	s := start(t, "127.0.80.4", "")
	for _, tt := range []struct {
		road    road
		command string
		good    []string // what replies may begin with
	}{
		{smtpRoad, "MAIL FROM:<a@client.test>", []string{"250 2.1.0", "500 5.", "501 5.", "503 5.", "421 4.7.0"}},
		{imapRoad, "a NOOP", []string{"a ", "* BAD ", "* BYE "}},
		{popRoad, "USER joe", []string{"+OK now PASS", "-ERR "}},
	} {
		count := 0
		for i := range len(tt.command) + 1 {
			for _, octet := range []string{"\x00", "\r", "\x01", "\x7f", "\xff", "\x1b"} {
				c := s.must(t, hostileIP, tt.road)
				if err := c.say(tt.command[:i]+octet+tt.command[i:], tt.good...); err != nil {
					t.Errorf("%s: %v", tt.road.name, err)
				}
				c.Close()
				count++
			}
		}
		t.Logf("%s: %d lines", tt.road.name, count)
	}
	s.well(t)
}

// TestBareLF: a LF alone ends a line everywhere or nowhere; it never makes two
// commands of one.
func TestBareLF(t *testing.T) {
	s := start(t, "127.0.80.5", "")
	c := s.must(t, hostileIP, smtpRoad)
	if err := c.talk("NOOP\nNOOP → 500 5.5.2"); err != nil { // the second is refused in its turn
		t.Error(err)
	}
	c = s.must(t, hostileIP, submissionRoad)
	c.put("EHLO a\nAUTH PLAIN " + plainAuth("joe") + "\n")
	for range 2 {
		if err := c.expect("500 5.5.2 The line ends in LF"); err != nil {
			t.Error(err)
		}
	}
	if strings.Contains(s.log.String(), "panic") {
		t.Error("panic")
	}
	s.well(t)
}
