package hostile

import (
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"
)

var smuggleLength = flag.Int("smuggle", 4, "longest string that TestSmuggling tries; 6 takes minutes")

// smuggled is what an attacker wants to be taken for commands; its end is the
// end of the message that it is hidden in.
const smuggled = "MAIL FROM:<evil@client.test>\r\nRCPT TO:<evil@" + domain + ">\r\nDATA\r\nSubject: smuggled\r\n\r\nevil\r\n.\r\n"

// TestSmuggling sends every string over CR, LF, dot, NUL and a letter inside a
// message, in front of what would be commands if the string ended the message.
// Each is one message in the mailbox or a refusal, and the other mailbox stays
// empty.
func TestSmuggling(t *testing.T) {
	s := start(t, "127.0.80.51", "")
	m := smuggler{server: s}
	defer m.close()
	for length := range *smuggleLength + 1 {
		for danger := range words("\r\n.\x00a", length) {
			for _, before := range []string{"", "first"} {
				if strings.Contains("\r\n"+before+danger, "\r\n.\r\n") {
					continue // that is the end of the message, and what follows is commands
				}
				if err := m.try(before + danger); err != nil {
					t.Fatalf("%q: %v", before+danger, err)
				}
			}
		}
	}
	t.Logf("%d messages taken, %d refused", m.taken, m.refused)
	if m.taken == 0 || m.refused < m.taken {
		t.Error("these are not the strings that were meant")
	}
	s.delivered(t)
	for user, want := range map[string]int{"joe": m.taken, "evil": 0} {
		if got, err := s.count(user); err != nil || got != want {
			t.Errorf("%s has %d messages, want %d (%v)", user, got, want, err)
		}
	}
	s.well(t)
}

// words yields all strings of a length over an alphabet.
func words(alphabet string, length int) func(func(string) bool) {
	return func(yield func(string) bool) {
		word := make([]byte, length)
		digits := make([]int, length)
		for {
			for i, d := range digits {
				word[i] = alphabet[d]
			}
			if !yield(string(word)) {
				return
			}
			i := length - 1
			for ; i >= 0 && digits[i] == len(alphabet)-1; i-- {
				digits[i] = 0
			}
			if i < 0 {
				return
			}
			digits[i]++
		}
	}
}

// smuggler keeps a session for as long as the server lets it.
type smuggler struct {
	*server
	c              *client
	used           int // refusals in the session
	taken, refused int
}

func (m *smuggler) close() {
	if m.c != nil {
		m.c.Close()
		m.c = nil
	}
}

// try sends one message. Exactly one reply comes to it.
func (m *smuggler) try(text string) (err error) {
	if m.used == 25 { // the server's limit is 30
		m.close()
	}
	if m.c == nil {
		m.used = 0
		if m.c, err = m.open(hostileIP, smtpRoad); err != nil {
			return err
		}
	}
	c := m.c
	c.SetDeadline(time.Now().Add(patience))
	if err := c.talk("MAIL FROM:<a@client.test> → 250", "RCPT TO:<joe@"+domain+"> → 250", "DATA → 354"); err != nil {
		return err
	}
	if _, err := io.WriteString(c, text+smuggled); err != nil {
		return err
	}
	reply, err := c.line()
	if err != nil {
		return err
	}
	clean := !strings.ContainsAny(strings.ReplaceAll(text, "\r\n", ""), "\r\n\x00")
	switch {
	case clean && strings.HasPrefix(reply, "250 2.0.0 Queued"):
		m.taken++
		m.used = 0
	case !clean && strings.HasPrefix(reply, "550 5.6.0 Message refused"):
		m.refused++
		m.used++
	default:
		return fmt.Errorf("%q", reply)
	}
	return c.talk("NOOP → 250 2.0.0 OK") // and nothing else was answered
}

// count is the number of messages in an INBOX.
func (s *server) count(user string) (int, error) {
	c, err := s.open(honestIP, imapsRoad)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	if err := c.talk("a LOGIN " + user + "@" + domain + " " + password + " → a OK"); err != nil {
		return 0, err
	}
	answer, err := c.ask("b", "STATUS INBOX (MESSAGES)")
	if err != nil {
		return 0, err
	}
	_, number, _ := strings.Cut(answer, "(MESSAGES ")
	number, _, _ = strings.Cut(number, ")")
	return strconv.Atoi(number)
}
