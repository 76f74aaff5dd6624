package hostile

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"
)

// monsters are messages that are legal on the wire and made to hurt who takes
// them apart.
var monsters = []struct {
	name string
	text func(io.Writer) error
}{
	{"10^6 nested multiparts", func(w io.Writer) error {
		for i := range 1_000_000 {
			// Four digits to the base of 36 keep it below 50 MiB.
			b := strconv.FormatInt(int64(46656+i), 36)
			if _, err := io.WriteString(w, "Content-Type:multipart/x;boundary="+b+"\r\n\r\n--"+b+"\r\n"); err != nil {
				return err
			}
		}
		return nil
	}},
	{"10^6 multiparts with one boundary", repeat("Content-Type:multipart/x;boundary=a\r\n\r\n--a\r\n", 1_000_000)},
	{"10^5 nested messages", repeat("Content-Type: message/rfc822\r\nSubject: deep\r\n\r\n", 100_000)},
	{"10^6 messages", repeat("Content-Type:message/rfc822\r\n\r\n", 1_000_000)},
	{"10^6 parts", after("Content-Type: multipart/mixed; boundary=a\r\n\r\n", repeat("--a\r\n\r\n", 1_000_000))},
	{"10^6 comments", after("From: a@b\r\nTo: ", repeat("(((((((((((((((((((((((((\r\n ", 40_000))},
	{"10^6 addresses", after("To: ", repeat("a@b.example,\r\n ", 1_000_000))},
	{"10^6 fields", repeat("Subject: a\r\n", 1_000_000)},
	{"10^6 parameters", after("Content-Type: text/plain", repeat(";\r\n a*0*=b", 1_000_000))},
	{"10^6 replies", after("Subject:", repeat(" Re: [a] Fwd:\r\n", 300_000))},
	{"10^6 references", after("Message-ID: <x@y>\r\nReferences:", repeat("\r\n <a@b>", 1_000_000))},
	{"10^6 encoded words", after("Subject:", repeat("\r\n =?utf-8?q?=61?=", 1_000_000))},
	{"escapes", after("Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n", repeat("\x1b$B\x1b(B\x1b$B\r\n", 1_000_000))},
}

func repeat(text string, times int) func(io.Writer) error {
	return func(w io.Writer) error {
		for range times {
			if _, err := io.WriteString(w, text); err != nil {
				return err
			}
		}
		return nil
	}
}

func after(head string, rest func(io.Writer) error) func(io.Writer) error {
	return func(w io.Writer) error {
		if _, err := io.WriteString(w, head); err != nil {
			return err
		}
		return rest(w)
	}
}

// TestMonsters sends each of them and reads it in every way there is. Nothing
// is refused, all of it comes back, and no question takes long.
func TestMonsters(t *testing.T) {
	s := start(t, "127.0.80.21", "")
	in := s.must(t, hostileIP, smtpRoad)
	before := s.settled(t)
	for _, m := range monsters {
		began := time.Now()
		in.SetDeadline(began.Add(patience))
		if err := s.send(in, "evil", m.text); err != nil {
			t.Fatalf("%s: %v", m.name, err)
		}
		t.Logf("%-34s taken in %v", m.name, time.Since(began).Round(time.Millisecond))
	}
	t.Logf("memory grew by %d KiB", (s.settled(t)-before)>>10)
	c := s.must(t, hostileIP, imapRoad)
	if err := c.talk("l LOGIN evil@" + domain + " " + password + " → l OK"); err != nil {
		t.Fatal(err)
	}
	s.delivered(t)
	if err := c.talk("m SELECT INBOX → m OK"); err != nil {
		t.Fatal(err)
	}
	deepest := strings.TrimSuffix(strings.Repeat("1.", 101), ".")
	for i := range monsters {
		s.question(t, c, fmt.Sprintf("FETCH %d (BODYSTRUCTURE BODY ENVELOPE RFC822.SIZE)", i+1), 4<<20)
		s.question(t, c, fmt.Sprintf("FETCH %d (BODY.PEEK[%s] BODY.PEEK[1.MIME] BODY.PEEK[HEADER.FIELDS (SUBJECT)]<0.1000>)", i+1, deepest), 64<<20)
		s.question(t, c, fmt.Sprintf("SEARCH %d TEXT needle", i+1), 1<<10)
	}
	for _, q := range []string{"SEARCH SUBJECT needle", "SEARCH FROM needle TO needle CC needle", "SORT (SUBJECT FROM TO DATE) UTF-8 ALL", "THREAD REFERENCES UTF-8 ALL", "THREAD ORDEREDSUBJECT UTF-8 ALL", "FETCH 1:* (BODY.PEEK[HEADER])"} {
		s.question(t, c, q, 200<<20)
	}
	t.Logf("memory grew by %d KiB", (s.settled(t)-before)>>10)
	s.retrieve(t)
	s.well(t)
}

// question asks, and checks that the answer is whole, small enough and fast.
func (s *server) question(t *testing.T, c *client, command string, limit int) {
	t.Helper()
	began := time.Now()
	c.SetDeadline(began.Add(patience))
	answer, err := c.ask("q", command)
	took := time.Since(began)
	name := command[:min(len(command), 40)]
	switch {
	case err != nil:
		t.Fatal(err)
	case len(answer) > limit:
		t.Errorf("%s: %d octets", name, len(answer))
	case took > soon:
		t.Errorf("%s: took %v", name, took)
	case took > time.Second:
		t.Logf("%s: %d octets in %v", name, len(answer), took.Round(time.Millisecond))
	}
	if strings.Contains(command, "BODYSTRUCTURE") && (!strings.Contains(answer, "ENVELOPE (") || !strings.Contains(answer, "BODYSTRUCTURE (")) {
		t.Errorf("%s: %.200q", name, answer)
	}
}

// delivered waits until the queue is empty.
func (s *server) delivered(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(patience); s.metric(t, "tram_queue_entries") > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the queue does not empty")
		}
	}
}

// retrieve reads all messages over POP3.
func (s *server) retrieve(t *testing.T) {
	t.Helper()
	c := s.must(t, hostileIP, popRoad)
	if err := c.talk("USER evil@"+domain+" → +OK", "PASS "+password+" → +OK maildrop has "+strconv.Itoa(len(monsters))); err != nil {
		t.Fatal(err)
	}
	for i, m := range monsters {
		began := time.Now()
		c.SetDeadline(began.Add(patience))
		for _, command := range []string{"TOP", "RETR"} {
			line := fmt.Sprintf("%s %d", command, i+1)
			if command == "TOP" {
				line += " 10"
			}
			if err := c.say(line, "+OK"); err != nil {
				t.Fatal(err)
			}
			got, err := c.digestUntilDot()
			if err != nil {
				t.Fatalf("%s of %s: %v", command, m.name, err)
			}
			if command == "RETR" && !bytes.Equal(got, digest(m.text)) {
				t.Errorf("%s did not come back as it was sent", m.name)
			}
		}
		if took := time.Since(began); took > soon {
			t.Errorf("%s: POP3 took %v", m.name, took)
		}
	}
}

// digest is the SHA-256 of a text.
func digest(text func(io.Writer) error) []byte {
	hash := sha256.New()
	w := bufio.NewWriterSize(hash, 64<<10)
	text(w)
	w.Flush()
	return hash.Sum(nil)
}

// digestUntilDot reads a multi-line reply and returns the SHA-256 of the
// message in it as it was sent: without the trace in front, which ends with the
// Received line, and without the line end before the final dot.
func (c *client) digestUntilDot() ([]byte, error) {
	hash := sha256.New()
	w := bufio.NewWriterSize(hash, 64<<10)
	trace, received := true, false
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		if string(line) == ".\r\n" {
			w.Flush()
			return hash.Sum(nil), nil
		}
		if trace {
			folded := line[0] == ' ' || line[0] == '\t'
			if trace = !received || folded; trace {
				received = received || bytes.HasPrefix(line, []byte("Received:"))
				continue
			}
		} else {
			w.WriteString("\r\n") // of the line before
		}
		w.Write(bytes.TrimPrefix(bytes.TrimSuffix(line, []byte("\r\n")), []byte(".")))
	}
}
