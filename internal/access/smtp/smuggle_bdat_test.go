package smtp_test

import (
	"fmt"
	"strings"
	"testing"

	"tram/internal/access/smtp"
)

// doors are the three modes, and how a client gets as far as MAIL.
var modes = []struct {
	name  string
	opts  smtp.Options
	hello []string
}{
	{"mx", smtp.Options{}, []string{"EHLO c.test"}},
	{"submission", smtp.Options{Mode: smtp.Submission}, []string{"EHLO c.test", "AUTH PLAIN AGFubgBzZWNyZXQ="}},
	{"lmtp", smtp.Options{Mode: smtp.LMTP}, []string{"LHLO c.test"}},
}

// eachMode runs a test in every mode, with a client that may say MAIL.
func eachMode(t *testing.T, f func(t *testing.T, s *server, c *client)) {
	for _, m := range modes {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			m.opts.Limits = smtp.Limits{Errors: 1 << 30, Commands: 1 << 30}
			s := newServer(t, m.opts, plain)
			c := dial(t, s.onTCP(t))
			c.want("220")
			for _, line := range m.hello {
				c.do(line, "2")
			}
			f(t, s, c)
		})
	}
}

// walk yields every string over the dangerous characters up to a length.
func walk(depth int, f func(danger string)) {
	var deeper func(string)
	deeper = func(danger string) {
		f(danger)
		if len(danger) < depth {
			for _, ch := range "\r\n.\x00a" {
				deeper(danger + string(ch))
			}
		}
	}
	deeper("")
}

// isClean is what the one judge of line ends has to say.
func isClean(s string) bool {
	return !strings.ContainsAny(strings.ReplaceAll(s, "\r\n", ""), "\r\n\x00")
}

// TestSmugglingEverywhere is TestSmuggling in every mode.
func TestSmugglingEverywhere(t *testing.T) {
	eachMode(t, func(t *testing.T, s *server, c *client) {
		walk(4, func(danger string) {
			if t.Failed() || strings.Contains("\r\n"+danger, "\r\n.\r\n") {
				return
			}
			c.send(transaction)
			c.want("250", "250", "354")
			if danger != "" {
				danger = "first" + danger
			}
			c.send(danger + smuggled)
			c.want(map[bool]string{true: "250 2.0.0 Queued", false: "550 5.6.0"}[isClean(danger)])
			c.do("NOOP", "250 2.0.0 OK")
			checkOne(t, danger, s.taken(), isClean(danger))
		})
	})
}

// TestSmugglingInChunks sends every string over the dangerous characters by
// BDAT, cut in two at every place, with commands inside and behind it. In
// chunks even the end of data is text.
func TestSmugglingInChunks(t *testing.T) {
	depth := 4
	if testing.Short() {
		depth = 3
	}
	eachMode(t, func(t *testing.T, s *server, c *client) {
		count := 0
		walk(depth, func(danger string) {
			body := danger + smuggled
			for at := 0; at <= len(danger) && !t.Failed(); at++ {
				count++
				faultyFirst := !isClean(danger[:at]) && !isClean(strings.TrimSuffix(danger[:at], "\r"))
				c.send("MAIL FROM:<a@c.test>\r\nRCPT TO:<joe@x.test>\r\n")
				c.send(fmt.Sprintf("BDAT %d\r\n%sBDAT %d LAST\r\n%s", at, danger[:at], len(body)-at, body[at:]))
				c.want("250", "250")
				switch {
				case faultyFirst:
					c.want("550 5.6.0", "503 5.5.1")
					c.do("RSET", "250")
				case !isClean(danger):
					c.want("250 2.0.0 Chunk", "550 5.6.0")
				default:
					c.want("250 2.0.0 Chunk", "250 2.0.0 Queued")
				}
				c.do("NOOP", "250 2.0.0 OK")
				got := s.taken()
				if isClean(danger) != (len(got) == 1) || len(got) == 1 && got[0].body != body {
					t.Fatalf("%q, cut at %d: %+v", danger, at, got)
				}
			}
		})
		t.Logf("%d messages", count)
	})
}

// TestRefusedChunksAreRead: wherever a chunk is refused, what is in it is never
// run. Each state of a session, and each way out of a message in chunks.
func TestRefusedChunksAreRead(t *testing.T) {
	chunk := fmt.Sprintf("BDAT %d\r\n%s", len(smuggled), smuggled)
	last := fmt.Sprintf("BDAT %d LAST\r\n%s", len(smuggled), smuggled)
	const begin = "MAIL FROM:<a@c.test>\r\nRCPT TO:<joe@x.test>\r\n"
	for name, tt := range map[string]struct {
		send string
		want []string
	}{
		"no sender":       {chunk + last, []string{"503", "503"}},
		"no recipient":    {"MAIL FROM:<a@c.test>\r\n" + chunk + last, []string{"250", "554", "554"}},
		"refused sender":  {"MAIL FROM:<banned@c.test>\r\n" + last, []string{"550", "503"}},
		"refused rcpt":    {"MAIL FROM:<a@c.test>\r\nRCPT TO:<unknown@x.test>\r\n" + last, []string{"250", "550", "554"}},
		"receiver early":  {"MAIL FROM:<a@c.test>\r\nRCPT TO:<early@x.test>\r\n" + chunk + last, []string{"250", "250", "550 5.7.1", "503"}},
		"receiver deaf":   {"MAIL FROM:<a@c.test>\r\nRCPT TO:<deaf@x.test>\r\n" + chunk + last, []string{"250", "250", "451", "503"}},
		"receiver full":   {"MAIL FROM:<a@c.test>\r\nRCPT TO:<full@x.test>\r\n" + last + last, []string{"250", "250", "452", "503"}},
		"ignores faults":  {"MAIL FROM:<a@c.test>\r\nRCPT TO:<stubborn@x.test>\r\nBDAT 2\r\n\nx" + last, []string{"250", "250", "550 5.6.0", "503"}},
		"after the last":  {begin + "BDAT 4 LAST\r\ntext" + last, []string{"250", "250", "250 2.0.0 Queued", "503"}},
		"after RSET":      {begin + "BDAT 4\r\ntextRSET\r\n" + last, []string{"250", "250", "250", "250 2.0.0 Tr", "503"}},
		"after DATA":      {begin + "BDAT 4\r\ntextDATA\r\n", []string{"250", "250", "250", "503"}},
		"after MAIL":      {begin + "BDAT 4\r\ntext" + begin + last, []string{"250", "250", "250", "503", "503", "503"}},
		"after nonsense":  {begin + "BDAT 4\r\ntextFROB\r\n" + last, []string{"250", "250", "250", "500", "503"}},
		"after STARTTLS":  {begin + "BDAT 4\r\ntextSTARTTLS\r\n", []string{"250", "250", "250", "503"}},
		"after a bare LF": {begin + "BDAT 4\r\ntextRSET\n" + last, []string{"250", "250", "250", "500", "503"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, smtp.Options{}, mx)
			c := dial(t, s.onTCP(t)).greeted()
			c.send(tt.send)
			c.want(tt.want...)
			c.do("RSET", "250 2.0.0 Transaction forgotten")
			if got := s.taken(); len(got) > 0 && (name != "after the last" || len(got) != 1) {
				t.Errorf("%+v", got)
			}
			// And the session is as good as new.
			c.send("MAIL FROM:<a@c.test>\r\nRCPT TO:<joe@x.test>\r\nBDAT 4 LAST\r\ntext")
			c.want("250", "250", "250 2.0.0 Queued")
		})
	}
}
