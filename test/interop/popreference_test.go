package interop

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// TestPOPAgainstDovecot gives the same maildrop to Tram and to Dovecot and has
// both answer the same commands, line by line. A "!" marks commands that Tram
// refuses and Dovecot takes: RFC 1939 gives them other arguments, or none.
func TestPOPAgainstDovecot(t *testing.T) {
	if testing.Short() {
		t.Skip("starts two servers")
	}
	const user = "box@tram.test"
	dovecot := startDovecotIMAP(t, "127.0.80.2")
	i := newInstance(t, "127.0.80.1", 2525, "", user)
	i.start()
	answers := map[string][]string{}
	for _, s := range []struct{ ip, user string }{{i.ip, user}, {"127.0.80.2", dovecot}} {
		c := dialIMAP(t, s.ip, net.JoinHostPort(s.ip, itoa(imapPort)), s.user, password)
		for _, m := range []string{"Subject: one\r\n\r\nhello\r\n.dot\r\n..\r\n", "A: b\r\n\r\n", "Subject: two\r\n\r\nl1\r\nl2\r\nl3", "Subject: no body\r\n"} {
			c.must("APPEND INBOX " + literal(m))
		}
		c.must("LOGOUT")
		answers[s.ip] = playPOP(t, net.JoinHostPort(s.ip, itoa(pop3Port)), s.user)
	}
	for n, command := range popCommands {
		tram, reference := answers[i.ip][n], answers["127.0.80.2"][n]
		strict := strings.HasPrefix(command, "!")
		if differ := tram != reference; differ != strict || strict && !strings.HasPrefix(tram, "-ERR") {
			t.Errorf("%q\nTram    %q\nDovecot %q", command, tram, reference)
		}
	}
}

var popCommands = []string{
	"STAT", "!STAT x", "LIST", "LIST 1", "LIST 0", "LIST 5", "LIST x", "LIST 1 2", "LIST -1", "LIST 01", "UIDL 9", "UIDL x", "RETR 1", "RETR", "RETR x", "RETR 9", "RETR 2", "RETR 3", "RETR 4",
	"NOOP", "TOP 1 0", "TOP 1 1", "TOP 1 100", "TOP 1", "TOP 1 -1", "TOP 1 x", "TOP 3 2", "TOP 3 3", "TOP 4 1", "TOP 2 0", "TOP 9 0", "TOP", "noop", "!NOOP x", "RSET", "!RSET x",
	"DELE 1", "DELE 1", "DELE 9", "DELE", "DELE x", "LIST", "LIST 1", "UIDL 1", "RETR 1", "TOP 1 0", "STAT", "RSET", "STAT", "LIST 1", "USER a", "PASS x", "NOOP", "APOP a b", "FOO", "LIST ", "DELE 2", "QUIT",
}

// playPOP logs in and gives the answers: the status, and the lines behind it
// where there are any.
func playPOP(t *testing.T, address, user string) []string {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Minute))
	r := bufio.NewReader(conn)
	line := func() string {
		l, err := r.ReadString('\n')
		if err != nil {
			t.Fatalf("%s: %v", address, err)
		}
		return strings.TrimRight(l, "\r\n")
	}
	line()
	ask := func(command string) string {
		fmt.Fprintf(conn, "%s\r\n", command)
		status, text, _ := strings.Cut(line(), " ")
		words := strings.Fields(strings.ToUpper(command))
		switch {
		case status != "+OK":
			return status
		case words[0] == "STAT", words[0] == "LIST" && len(words) > 1:
			return status + " " + text
		case words[0] == "RETR", words[0] == "TOP", words[0] == "LIST":
			all := []string{status}
			for l := line(); l != "."; l = line() {
				all = append(all, l)
			}
			return strings.Join(all, "\n")
		}
		return status
	}
	for _, login := range []string{"USER " + user, "PASS " + password} {
		if got := ask(login); got != "+OK" {
			t.Fatalf("%s: %s: %s", address, login, got)
		}
	}
	var out []string
	for _, command := range popCommands {
		out = append(out, ask(strings.TrimPrefix(command, "!")))
	}
	return out
}
