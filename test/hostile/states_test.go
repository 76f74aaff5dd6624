package hostile

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"
)

// state is something that a hostile client does before login and then stays
// in. enter leaves the connection there.
type state struct {
	name  string
	port  int
	enter func(s *server, from string) (*client, error)
}

// raw connects to a port, takes the greeting unless TLS comes first, and
// writes.
func raw(name string, port int, text string) state {
	return state{name, port, func(s *server, from string) (*client, error) {
		c, err := s.dial(from, port)
		if err != nil {
			return nil, err
		}
		if port == submissionsPort || port == imapsPort || port == pop3sPort {
			c.put(text)
			return c, nil
		}
		if _, err := c.line(); err != nil {
			return nil, err
		}
		c.put(text)
		return c, nil
	}}
}

// on goes a road, holds a conversation, and writes.
func on(name string, r road, text string, script ...string) state {
	return state{name, r.port, func(s *server, from string) (*client, error) {
		c, err := s.open(from, r)
		if err != nil {
			return nil, err
		}
		if err := c.talk(script...); err != nil {
			c.Close()
			return nil, err
		}
		c.put(text)
		return c, nil
	}}
}

// deaf asks for much and reads nothing. Before login the limit on commands ends
// that; TestDeaf does it after login, where the window closes.
func deaf(name string, r road, text string) state {
	return state{name, r.port, func(s *server, from string) (*client, error) {
		c, err := s.open(from, r)
		if err != nil {
			return nil, err
		}
		c.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
		c.pour(text, (4<<20)/len(text))
		return c, nil
	}}
}

// hello is a TLS handshake record that announces a ClientHello of 64,000
// octets; more of it may follow.
const hello = "\x16\x03\x01\x3f\xff\x01\x00\xfa\x00\x03\x03"

var (
	toJoe    = []string{"MAIL FROM:<a@client.test> → 250", "RCPT TO:<joe@" + domain + "> → 250", "DATA → 354"}
	longLine = strings.Repeat("x", 1_000_000)
	// crowd is a thousand recipients with the longest names there are.
	crowd = strings.Repeat("RCPT TO:<joe+"+strings.Repeat("x", 60)+"@"+domain+">\r\n", 1000)
	// parts are as many as are remembered, each with what is remembered of it.
	parts = "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\nContent-Type: text/plain; name="+strings.Repeat("n", 60)+"\r\n\r\n", 9000)
)

// states are the hostile states before login. The cost of each is measured;
// those that cost most are last, since what they leave behind serves others.
var states = []state{
	raw("smtp: silence", smtpPort, ""),
	raw("smtp: half a command", smtpPort, strings.Repeat("x", 2000)),
	raw("smtp: line without end", smtpPort, longLine),
	on("smtp: half a body line", smtpRoad, longLine[:900_000], toJoe...),
	on("smtp: STARTTLS, silence", smtpRoad, "", "STARTTLS → 220"),
	deaf("smtp: deaf", smtpRoad, "NOOP\r\n"),
	deaf("smtp: deaf to HELP", smtpRoad, "HELP\r\n"),
	on("submission: half a login", submissionRoad, strings.Repeat("A", 10_000), "AUTH PLAIN → 334"),
	raw("submissions: silence", submissionsPort, ""),
	raw("submissions: half a ClientHello", submissionsPort, hello+strings.Repeat("x", 16_000)),
	on("submission: half a SCRAM", submissionRoad, "", "AUTH SCRAM-SHA-256 "+base64.StdEncoding.EncodeToString([]byte("n,,n=joe,r=abc"))+" → 334"),
	raw("lmtp: half a command", lmtpPort, strings.Repeat("x", 2000)),
	on("smtp: half a chunk line", smtpRoad, "BDAT 9000", toJoe[0], toJoe[1]),
	on("smtp: between chunks", smtpRoad, "BDAT 1000\r\n"+strings.Repeat("x", 1000), toJoe[0], toJoe[1]),
	raw("imap: half a command", imapPort, "a LOGIN "+strings.Repeat("x", 15_000)),
	raw("imap: half a literal", imapPort, "a LOGIN {16000+}\r\n"+strings.Repeat("x", 15_999)),
	raw("imap: two literals", imapPort, "a LOGIN {16000+}\r\n"+strings.Repeat("x", 16_000)+" {16000+}\r\n"+strings.Repeat("x", 15_999)),
	raw("imap: parentheses", imapPort, "a "+strings.Repeat("(", 1_000_000)),
	on("imap: half a login", imapRoad, strings.Repeat("A", 12_000), "a AUTHENTICATE PLAIN → + "),
	deaf("imap: deaf", imapRoad, "a CAPABILITY\r\n"),
	on("imap: STARTTLS, silence", imapRoad, "", "s STARTTLS → s OK"),
	raw("imaps: silence", imapsPort, ""),
	raw("imaps: half a ClientHello", imapsPort, hello+strings.Repeat("x", 16_000)),
	on("imaps: half a literal", imapsRoad, "a LOGIN {16000+}\r\n"+strings.Repeat("x", 15_999)),
	raw("pop3: half a command", pop3Port, "USER "+strings.Repeat("x", 4000)),
	deaf("pop3: deaf", popRoad, "CAPA\r\n"),
	on("pop3: STLS, silence", popRoad, "", "STLS → +OK"),
	raw("pop3s: half a ClientHello", pop3sPort, hello),
	on("pop3s: silence behind TLS", roads[10], ""),
	on("smtp: half a header", smtpRoad, strings.Repeat("To: a@b, c@d\r\n", 10_000), toJoe...),
	on("smtp: half a message", smtpRoad, parts, toJoe...),
	on("smtp: half a chunk", smtpRoad, "BDAT 40000000\r\n"+parts, toJoe[0], toJoe[1]),
	on("smtp: 1000 recipients", smtpRoad, crowd, toJoe[0]),
	on("smtp: TLS, half a message", roads[1], parts, toJoe...),
}

// TestMemory holds each state 200 times over and looks at what the kernel says
// that the server uses more than before.
func TestMemory(t *testing.T) {
	t.Parallel()
	const (
		clients = 200
		most    = 1 << 20 // bytes of a connection before login
	)
	s := start(t, "127.0.80.31", "login_time = \"5m\"\nconnections_per_address = 1000")
	first := s.settled(t)
	for _, st := range states {
		before := s.settled(t)
		held, err := s.hold(st, clients)
		if err != nil {
			t.Fatalf("%s: %v", st.name, err)
		}
		now := s.settled(t)
		open := s.metric(t, "tram_sessions_open")
		_, slow := s.honest(honestIP, "u0")
		for _, c := range held {
			c.Close()
		}
		s.sessions(t, 0)
		// What earlier states left behind serves later ones: the difference to
		// the very beginning is the honest figure.
		each := (now - first) / clients
		t.Logf("%-34s %6.1f KiB each (%+7.1f KiB since the last), %v still open", st.name, float64(each)/1024, float64(now-before)/clients/1024, open)
		if each > most {
			t.Errorf("%s: %d bytes a connection", st.name, each)
		}
		if slow != nil {
			t.Errorf("beside %s: %v", st.name, slow)
		}
		if open < clients && !strings.Contains(st.name, "deaf") {
			t.Errorf("%s: only %v of %d connections are open: something else was measured", st.name, open, clients)
		}
	}
	t.Logf("at rest %d KiB at first, %d KiB at last", first>>10, s.settled(t)>>10)
	s.well(t)
}

// hold brings clients into a state, a few at a time.
func (s *server) hold(st state, n int) ([]*client, error) {
	held := make([]*client, n)
	errs := make(chan error, n)
	slots := make(chan struct{}, 20)
	for i := range held {
		go func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			c, err := st.enter(s, hostileIP)
			held[i] = c
			errs <- err
		}()
	}
	var first error
	for range held {
		if err := <-errs; err != nil {
			first = err
		}
	}
	return held, first
}
