package interop

import (
	"flag"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"
	"testing"
	"time"
)

var smuggleLength = flag.Int("smuggle", 2, "longest string that TestSmugglingRelayed tries; 4 takes minutes")

// The commands that an attacker hides, and the end of the message around them.
const hidden = "MAIL FROM:<evil@out.test>\r\nRCPT TO:<evil@end.test>\r\nDATA\r\nSubject: smuggled\r\n\r\nevil\r\n.\r\n"

// TestSmugglingRelayed sends every string over CR, LF, dot, NUL and a letter,
// with commands behind it, through Tram, a server of somebody else and Tram
// again: by DATA, in chunks, and in chunks of a binary message. What was taken
// once arrives once, nothing arrives beside it, and no text at the end has a
// bare CR, a bare LF or a NUL.
func TestSmugglingRelayed(t *testing.T) {
	for name, start := range map[string]func(testing.TB, string, string, *instance) *peer{"postfix": startPostfix, "exim": startExim} {
		t.Run(name, func(t *testing.T) {
			net := map[string]string{"postfix": "127.0.77.", "exim": "127.0.78."}[name]
			last := newInstance(t, net+"3", peerPort, "", "joe@end.test", "evil@end.test")
			first := newInstance(t, net+"1", peerPort, "", "an@tram.test")
			first.extra = fmt.Sprintf("[relay]\nhost = %q\nport = %d\nnetworks = [\"127.0.0.0/8\"]\n", net+"2", peerPort)
			first.configure()
			last.start()
			first.start()
			p := start(t, net+"2", "middle.test", last)
			s := &smuggler{t: t, first: first}
			s.everything()
			s.close()
			s.stray(p)
			s.check(last)
			s.shared(last, first.ip)
		})
	}
}

// smuggler sends through the first server.
type smuggler struct {
	t              *testing.T
	first          *instance
	c              *textproto.Conn
	used           int
	taken, refused int
}

func (s *smuggler) everything() {
	var deeper func(danger string)
	deeper = func(danger string) {
		for _, before := range []string{"", "first"} {
			s.byData(before + danger)
			s.byChunks(before+danger, "")
			s.byChunks(before+danger, " BODY=BINARYMIME")
		}
		if len(danger) < *smuggleLength && !s.t.Failed() {
			for _, ch := range "\r\n.\x00a" {
				deeper(danger + string(ch))
			}
		}
	}
	deeper("")
	s.t.Logf("%d messages taken, %d refused", s.taken, s.refused)
}

// header is what a message needs to be taken for one.
const header = "From: a@out.test\r\nTo: joe@end.test\r\nSubject: outer\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: "

func (s *smuggler) byData(danger string) {
	if strings.Contains("\r\n"+danger, "\r\n.\r\n") {
		return // that is the end of the message
	}
	s.begin("")
	s.say("DATA", "354")
	s.raw(header + "8bit\r\n\r\n" + danger + hidden)
	s.verdict(isClean(danger))
}

func (s *smuggler) byChunks(danger, params string) {
	s.begin(params)
	body := header + "8bit\r\n\r\n" + danger + hidden
	if params != "" {
		body = header + "binary\r\n\r\n" + danger + hidden
	}
	s.raw(fmt.Sprintf("BDAT %d LAST\r\n%s", len(body), body))
	s.verdict(params != "" || isClean(danger))
}

func isClean(s string) bool {
	return !strings.ContainsAny(strings.ReplaceAll(s, "\r\n", ""), "\r\n\x00")
}

// begin says all up to the recipient, on a new connection now and then.
func (s *smuggler) begin(params string) {
	s.t.Helper()
	if s.used++; s.c == nil || s.used%20 == 0 {
		s.close()
		s.c = greet(s.t, s.first.ip)
	}
	s.say("MAIL FROM:<a@out.test>"+params, "250")
	s.say("RCPT TO:<joe@end.test>", "250")
}

func (s *smuggler) say(line, want string) {
	s.t.Helper()
	s.raw(line + "\r\n")
	if got := reply(s.t, s.c); !strings.HasPrefix(got, want) {
		s.t.Fatalf("%s: %s", line, got)
	}
}

func (s *smuggler) raw(text string) {
	s.t.Helper()
	if _, err := io.WriteString(s.c.W, text); err != nil {
		s.t.Fatal(err)
	}
	if err := s.c.W.Flush(); err != nil {
		s.t.Fatal(err)
	}
}

// verdict reads the one reply to a message.
func (s *smuggler) verdict(clean bool) {
	s.t.Helper()
	switch got := reply(s.t, s.c); {
	case clean && strings.HasPrefix(got, "250 2.0.0 Queued"):
		s.taken++
	case !clean && strings.HasPrefix(got, "550 5.6.0"):
		s.refused++
	default:
		s.t.Fatalf("clean %v: %s", clean, got)
	}
	s.say("NOOP", "250 2.0.0 OK")
}

func (s *smuggler) close() {
	if s.c != nil {
		s.c.Close()
		s.c = nil
	}
}

// stray hands the other server texts with wrong line ends. It may refuse them,
// mend them, or send them on as they are and get them refused by Tram; what it
// makes of them must not break us.
func (s *smuggler) stray(p *peer) {
	for _, danger := range []string{"\n", "\r", "\rx", "x\ny", "\x00", "\n..", "\r.", "\n\r", "x\r\r\n.y"} {
		c := greet(s.t, p.ip)
		text := strings.Replace(header, "outer", "stray", 1) + "8bit\r\n\r\n" + danger + "end\r\n.\r\n"
		for _, line := range []string{"MAIL FROM:<box@middle.test>\r\n", "RCPT TO:<joe@end.test>\r\n", "DATA\r\n", text} {
			io.WriteString(c.W, line)
			c.W.Flush()
			got := reply(s.t, c)
			if got == "" || got[0] > '3' {
				s.t.Logf("%q refused by the other server: %s", danger, got)
				break
			}
		}
		c.Close()
	}
}

// check looks into both mailboxes.
func (s *smuggler) check(last *instance) {
	s.t.Helper()
	var got []string
	arrived := 0
	for began := time.Now(); time.Since(began) < 4*patience && arrived < s.taken; time.Sleep(300 * time.Millisecond) {
		got = mailbox(s.t, last, "joe@end.test")
		arrived = strings.Count(strings.Join(got, ""), "Subject: outer\r\n")
	}
	if arrived != s.taken {
		s.t.Errorf("%d messages arrived, %d were taken", arrived, s.taken)
	}
	for _, text := range got {
		if !isClean(text) {
			s.t.Errorf("this text is not clean: %q", text)
		}
		if strings.Count(text, "Subject: outer\r\n")+strings.Count(text, "Subject: stray\r\n") != 1 {
			s.t.Errorf("this is not one message: %q", text)
		}
	}
	if got := mailbox(s.t, last, "evil@end.test"); len(got) > 0 {
		s.t.Errorf("smuggled: %q", got)
	}
}

// shared runs the suite of the shared folder with its 13 wrong ends of data: it
// sends at the entry, and looks into a mailbox at the end of the chain. The
// server in the middle has holes at its own door that are not ours to judge.
func (s *smuggler) shared(last *instance, entry string) {
	need(s.t, "python3")
	forward(s.t, entry, last.ip)
	out := last.sh("python3 "+shared(s.t, "conformance/smuggle.py")+" || true", "HOST="+entry, "SMTP_PORT="+itoa(peerPort),
		"IMAP_PORT="+itoa(forwardPort), "ACCOUNT=joe@end.test", "MAILFROM=a@out.test")
	if strings.Contains(out, "SMUGGLED") || strings.Contains(out, "UNTESTED") || strings.Count(out, "safe") < 13 {
		s.t.Error(out)
	}
}

// forwardPort is where the entry of a chain shows the IMAP door at its end.
const forwardPort = 3143

// forward passes connections to forwardPort on to the IMAP door of another host.
func forward(t testing.TB, from, to string) {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(from, itoa(forwardPort)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", net.JoinHostPort(to, itoa(imapPort)))
			if err != nil {
				in.Close()
				continue
			}
			go func() { io.Copy(out, in); out.Close() }()
			go func() { io.Copy(in, out); in.Close() }()
		}
	}()
}

// greet opens a session and says EHLO.
func greet(t testing.TB, ip string) *textproto.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", net.JoinHostPort(ip, itoa(peerPort)))
	if err != nil {
		t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(time.Minute))
	c := textproto.NewConn(conn)
	reply(t, c)
	if err := c.PrintfLine("EHLO smuggler.test"); err != nil {
		t.Fatal(err)
	}
	reply(t, c)
	return c
}

// reply reads one reply, of which it returns the last line.
func reply(t testing.TB, c *textproto.Conn) string {
	t.Helper()
	for {
		line, err := c.ReadLine()
		if err != nil {
			t.Fatal(err)
		}
		if len(line) < 4 || line[3] != '-' {
			return line
		}
	}
}

// mailbox reads all messages of an account over POP3.
func mailbox(t testing.TB, i *instance, account string) (texts []string) {
	t.Helper()
	c, err := textproto.Dial("tcp", net.JoinHostPort(i.ip, itoa(pop3Port)))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	do := func(format string, args ...any) string {
		if format != "" {
			c.PrintfLine(format, args...)
		}
		line, err := c.ReadLine()
		if err != nil || !strings.HasPrefix(line, "+OK") {
			t.Fatalf("%s: %s, %v", format, line, err)
		}
		return line
	}
	do("")
	do("USER %s", account)
	do("PASS %s", password)
	n := 0
	fmt.Sscanf(do("STAT"), "+OK %d", &n)
	for k := range n {
		do("RETR %d", k+1)
		texts = append(texts, rawText(t, c))
	}
	do("QUIT")
	return texts
}

// rawText reads a text up to the dot, with its line ends as they are: what
// package textproto does to them is what is to be seen here.
func rawText(t testing.TB, c *textproto.Conn) string {
	t.Helper()
	var b strings.Builder
	for !strings.HasSuffix(b.String(), "\r\n.\r\n") {
		line, err := c.R.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString(line)
	}
	return strings.TrimSuffix(b.String(), ".\r\n")
}
