package smtpclient_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tram/internal/agent/mta/smtpclient"
	"tram/internal/agent/mta/smtptest"
	"tram/internal/mail/address"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// quick are timeouts for tests: long enough for a busy machine.
var quick = smtpclient.Timeouts{
	Connect: 5 * time.Second, Greeting: 5 * time.Second, Handshake: 5 * time.Second, Command: 5 * time.Second,
	Data: 5 * time.Second, Block: 5 * time.Second, Final: 5 * time.Second, Quit: time.Second,
}

func options() *smtpclient.Options {
	return &smtpclient.Options{Hostname: "client.example", Timeouts: quick}
}

func mustAddress(t testing.TB, s string) address.Address {
	t.Helper()
	a, err := address.ParseAddress(s)
	if err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return a
}

// letter is a message from a@client.example.
func letter(t testing.TB, text string, rcpts ...string) *smtpclient.Message {
	m := &smtpclient.Message{From: mustAddress(t, "a@client.example"), Text: strings.NewReader(text), Size: int64(len(text))}
	for _, r := range rcpts {
		m.Rcpts = append(m.Rcpts, smtpclient.Rcpt{To: mustAddress(t, r)})
	}
	return m
}

func dial(t testing.TB, host *smtptest.Host, h smtpclient.Host) *smtpclient.Conn {
	t.Helper()
	h.Addr = host.Addr()
	c, err := smtpclient.Dial(t.Context(), h, options())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// codes is a short form of a result: "250 550 -" and what ended it.
func codes(r smtpclient.Result) string {
	var words []string
	for _, reply := range r.Replies {
		if reply == nil {
			words = append(words, "-")
		} else {
			words = append(words, fmt.Sprint(reply.Code))
		}
	}
	if r.Lost {
		words = append(words, "lost")
	}
	if r.Failure != nil {
		words = append(words, "at "+r.Failure.Step)
	}
	return strings.Join(words, " ")
}

const text = "Subject: hello\r\n\r\n.one dot\r\nend\r\n"

func TestSend(t *testing.T) {
	for _, extensions := range [][]string{nil, {"8BITMIME"}, {}} {
		host := smtptest.Start(t, smtptest.Options{Extensions: extensions})
		c := dial(t, host, smtpclient.Host{Name: "sink.example"})
		for i := range 3 {
			r := c.Send(t.Context(), letter(t, text, "x@sink.example", "y@sink.example"))
			if codes(r) != "250 250" {
				t.Fatalf("%v, message %d: %s %v", extensions, i, codes(r), r.Failure)
			}
		}
		c.Close()
		for _, m := range host.Messages() {
			if string(m.Text) != text || len(m.Rcpts) != 2 {
				t.Errorf("%v: %q to %v", extensions, m.Text, m.Rcpts)
			}
		}
		if n := host.Connections(); n != 1 || len(host.Messages()) != 3 {
			t.Errorf("%v: %d messages over %d connections", extensions, len(host.Messages()), n)
		}
	}
}

// TestCanonicalText: whatever the store holds, no bare CR, LF or NUL leaves,
// and the end of the message is where it should be.
func TestCanonicalText(t *testing.T) {
	host := smtptest.Start(t, smtptest.Options{})
	c := dial(t, host, smtpclient.Host{})
	for _, raw := range []string{"a\n.\nb", "a\r.\rb", "a\r\n.\r\nMAIL FROM:<x@y>\r\n", "\n.\r\n", ".", "..", "a\x00b", "no end", "\r", "a\r\n.\n\r\n.\r"} {
		if r := c.Send(t.Context(), letter(t, raw, "x@sink.example")); codes(r) != "250" {
			t.Fatalf("%q: %s", raw, codes(r))
		}
		all := host.Messages()
		got := string(all[len(all)-1].Text)
		plain := strings.ReplaceAll(got, "\r\n", "")
		if strings.ContainsAny(plain, "\r\n\x00") || !strings.HasSuffix(got, "\r\n") {
			t.Errorf("%q arrived as %q", raw, got)
		}
	}
	for _, command := range host.Commands() {
		if strings.Contains(command, "x@y") {
			t.Errorf("text became a command: %q", command)
		}
	}
}

// TestReplies: each recipient gets the reply that is about it.
func TestReplies(t *testing.T) {
	tests := []struct {
		name    string
		step    string
		replies map[string]string // by a part of the argument
		want    string
	}{
		{"all well", "", nil, "250 250 250"},
		{"one unknown", "RCPT", map[string]string{"b@": "550 5.1.1 unknown"}, "250 550 250"},
		{"one later", "RCPT", map[string]string{"a@": "450 4.2.1 later", "b@": "550 5.1.1 unknown"}, "450 550 250"},
		{"none", "RCPT", map[string]string{"@": "550 5.1.1 unknown"}, "550 550 550"},
		{"too many in old words", "RCPT", map[string]string{"b@": "552 too many recipients"}, "250 452 250"},
		{"sender refused", "MAIL", map[string]string{"a@": "550 5.7.1 you again"}, "550 550 550"},
		{"sender refused for now", "MAIL", map[string]string{"a@": "451 4.7.1 busy"}, "- - - at MAIL"},
		{"data refused", "DATA", map[string]string{"": "554 5.7.1 no"}, "554 554 554"},
		{"data refused for now", "DATA", map[string]string{"": "451 4.3.0 no"}, "451 451 451"},
		{"text refused", "text", map[string]string{"": "554 5.6.0 spam"}, "554 554 554"},
		{"text refused for now", "text", map[string]string{"": "452 4.3.1 full"}, "452 452 452"},
		{"recipient 421", "RCPT", map[string]string{"b@": "421 4.3.2 going down"}, "- - - at RCPT"},
		{"nonsense to RCPT", "RCPT", map[string]string{"b@": "354 what"}, "- - - at RCPT"},
		{"nonsense to the text", "text", map[string]string{"": "354 what"}, "- - - lost at the final dot"},
		{"dropped at the text", "text", map[string]string{"": "drop"}, "- - - lost at the final dot"},
		{"dropped at DATA", "DATA", map[string]string{"": "drop"}, "- - - at DATA"},
		{"no SMTP", "MAIL", map[string]string{"": "HTTP/1.1 400"}, "- - - at MAIL"},
	}
	for _, test := range tests {
		for _, extensions := range [][]string{{"PIPELINING", "SIZE"}, {}} {
			host := smtptest.Start(t, smtptest.Options{Extensions: extensions, Reply: func(step, arg string) string {
				for part, reply := range test.replies {
					if step == test.step && strings.Contains(arg, part) {
						return reply
					}
				}
				return ""
			}})
			c := dial(t, host, smtpclient.Host{Name: "sink.example"})
			r := c.Send(t.Context(), letter(t, text, "a@sink.example", "b@sink.example", "c@sink.example"))
			if got := codes(r); got != test.want {
				t.Errorf("%s %v: %s, want %s (%v)", test.name, extensions, got, test.want, r.Failure)
			}
			if (r.Failure == nil || r.Failure.Step == "MAIL" && test.step == "MAIL" && test.name != "no SMTP") != c.Usable() {
				t.Errorf("%s %v: usable %v", test.name, extensions, c.Usable())
			}
		}
	}
}

// TestNextTransaction: a refused message does not harm the one after it.
func TestNextTransaction(t *testing.T) {
	for _, step := range []string{"MAIL", "RCPT", "DATA", "text"} {
		for _, extensions := range [][]string{{"PIPELINING"}, {}} {
			refused := false
			host := smtptest.Start(t, smtptest.Options{Extensions: extensions, Reply: func(at, arg string) string {
				if at == step && !refused {
					refused = true
					return "550 5.0.0 no"
				}
				return ""
			}})
			c := dial(t, host, smtpclient.Host{})
			if r := c.Send(t.Context(), letter(t, "first\r\n", "x@sink.example")); codes(r) != "550" {
				t.Fatalf("%s: %s %v", step, codes(r), r.Failure)
			}
			if r := c.Send(t.Context(), letter(t, "second\r\n", "x@sink.example")); codes(r) != "250" {
				t.Fatalf("%s, then: %s %v", step, codes(r), r.Failure)
			}
			if m := host.Messages(); len(m) != 1 || string(m[0].Text) != "second\r\n" {
				t.Errorf("%s: %v", step, m)
			}
		}
	}
}

// TestPipelinedDataWithoutRecipients: a host that says 354 although it took no
// recipient gets its final dot, and nothing else (RFC 2920 3.1).
func TestPipelinedDataWithoutRecipients(t *testing.T) {
	host := smtptest.Start(t, smtptest.Options{Reply: func(step, arg string) string {
		switch step {
		case "RCPT":
			return "550 5.1.1 unknown"
		case "DATA":
			return "354 go on anyway"
		}
		return ""
	}})
	c := dial(t, host, smtpclient.Host{})
	if r := c.Send(t.Context(), letter(t, text, "x@sink.example")); codes(r) != "550" || !c.Usable() {
		t.Errorf("%s %v", codes(r), r.Failure)
	}
}

func TestParameters(t *testing.T) {
	long := letter(t, text, "x@sink.example")
	long.Ret, long.EnvID, long.EightBit = "HDRS", "id 1+2", true
	long.Rcpts[0].Notify, long.Rcpts[0].ORcpt = "SUCCESS,FAILURE", "rfc822;x+y@z"
	foreign := letter(t, text, "x@bücher.example")
	tests := []struct {
		m          *smtpclient.Message
		extensions []string
		mail, rcpt string
	}{
		{long, nil, "<a@client.example> SIZE=33 BODY=8BITMIME RET=HDRS ENVID=id+201+2B2", "<x@sink.example> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;x+2By@z"},
		{long, []string{}, "<a@client.example>", "<x@sink.example>"},
		{foreign, nil, "<a@client.example> SIZE=33 SMTPUTF8", "<x@bücher.example>"},
		{foreign, []string{}, "<a@client.example>", "<x@xn--bcher-kva.example>"},
	}
	for _, test := range tests {
		test.m.Text = strings.NewReader(text)
		host := smtptest.Start(t, smtptest.Options{Extensions: test.extensions})
		c := dial(t, host, smtpclient.Host{})
		if r := c.Send(t.Context(), test.m); codes(r) != "250" {
			t.Fatalf("%s %v", codes(r), r.Failure)
		}
		m := host.Messages()[0]
		if m.From != test.mail || m.Rcpts[0] != test.rcpt {
			t.Errorf("MAIL FROM:%s\nRCPT TO:%s\nwant %s\nand %s", m.From, m.Rcpts[0], test.mail, test.rcpt)
		}
	}
}

// TestUnfit: what the host cannot take is refused before a word is said.
func TestUnfit(t *testing.T) {
	utf8 := letter(t, "Subject: thư\r\n\r\n", "x@sink.example")
	utf8.SMTPUTF8 = true
	injected := letter(t, text, "x@sink.example")
	injected.Rcpts[0].To.Local = "x>\r\nRCPT TO:<victim"
	sender := letter(t, text, "x@sink.example")
	sender.From = address.Address{Local: "a\r\nb", Domain: "c.example"}
	tests := []struct {
		name string
		m    *smtpclient.Message
		want string
		code string
	}{
		{"header in UTF-8", utf8, "-", "5.6.7"},
		{"one local part in UTF-8", letter(t, text, "thư@sink.example", "x@sink.example"), "553 250", "5.6.7"},
		{"too large", letter(t, strings.Repeat("a\r\n", 400), "x@sink.example"), "-", "5.3.4"},
		{"line end in a recipient", injected, "553", "5.1.3"},
		{"line end in the sender", sender, "-", "5.1.7"},
	}
	for _, test := range tests {
		host := smtptest.Start(t, smtptest.Options{Extensions: []string{"SIZE 1000", "PIPELINING"}})
		c := dial(t, host, smtpclient.Host{})
		r := c.Send(t.Context(), test.m)
		reply := r.Unfit
		if reply == nil {
			reply = r.Replies[0]
		}
		if codes(r) != test.want || reply == nil || reply.Enhanced != test.code {
			t.Errorf("%s: %s %v", test.name, codes(r), reply)
		}
		for _, command := range host.Commands() {
			if strings.Contains(command, "victim") {
				t.Errorf("%s: %q", test.name, command)
			}
		}
	}
}

// TestGreetings: hosts that do not want to talk, in all the ways there are.
func TestGreetings(t *testing.T) {
	for _, test := range []struct{ step, reply, at string }{
		{"greeting", "554 5.3.2 not here", "greeting"},
		{"greeting", "421 4.3.2 too busy", "greeting"},
		{"greeting", "drop", "greeting"},
		{"greeting", "250 hello", "greeting"},
		{"EHLO", "421 4.7.0 go away", "EHLO"},
		{"EHLO", "450 4.7.0 later", "EHLO"},
		{"greeting", "220 " + strings.Repeat("x", 5000), "greeting"},
		{"EHLO", "250 " + strings.Repeat("x\n", 500), "EHLO"},
	} {
		host := smtptest.Start(t, smtptest.Options{Reply: func(step, arg string) string {
			if step == test.step {
				return test.reply
			}
			return ""
		}})
		_, err := smtpclient.Dial(t.Context(), smtpclient.Host{Addr: host.Addr()}, options())
		var failure *smtpclient.Failure
		if !errors.As(err, &failure) || failure.Step != test.at || !failure.Reply().Temporary() {
			t.Errorf("%s %.40q: %v", test.step, test.reply, err)
		}
	}
}

func TestHELO(t *testing.T) {
	host := smtptest.Start(t, smtptest.Options{NoEHLO: true})
	c := dial(t, host, smtpclient.Host{})
	if r := c.Send(t.Context(), letter(t, text, "x@sink.example")); codes(r) != "250" {
		t.Errorf("%s %v", codes(r), r.Failure)
	}
	want := []string{"EHLO client.example", "HELO client.example", "MAIL FROM:<a@client.example>", "RCPT TO:<x@sink.example>", "DATA"}
	if got := host.Commands(); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// TestSourceFails: a message that cannot be read to its end is never ended
// with a dot.
func TestSourceFails(t *testing.T) {
	host := smtptest.Start(t, smtptest.Options{})
	c := dial(t, host, smtpclient.Host{})
	m := letter(t, "", "x@sink.example")
	bad := errors.New("bad disk")
	m.Text, m.Size = &failing{text: strings.Repeat("line\r\n", 10_000), err: bad}, 60_001
	r := c.Send(t.Context(), m)
	if codes(r) != "- at reading the message" || !r.Failure.Source || !errors.Is(r.Failure, bad) || c.Usable() {
		t.Errorf("%s %v", codes(r), r.Failure)
	}
	host.Close()
	if n := len(host.Messages()); n != 0 {
		t.Errorf("%d messages arrived", n)
	}
}

type failing struct {
	text string
	err  error
}

func (f *failing) ReadAt(p []byte, off int64) (int, error) {
	n := copy(p, f.text[off:])
	if n < len(p) {
		return n, f.err
	}
	return n, nil
}

// TestCancel: the end of the context interrupts a host that does not answer.
func TestCancel(t *testing.T) {
	for _, step := range []string{"greeting", "MAIL", "text"} {
		silent := make(chan struct{})
		host := smtptest.Start(t, smtptest.Options{Reply: func(at, arg string) string {
			if at == step {
				<-silent
			}
			return ""
		}})
		ctx, cancel := context.WithCancel(t.Context())
		timer := time.AfterFunc(50*time.Millisecond, cancel)
		began := time.Now()
		o := options()
		o.Timeouts = smtpclient.Timeouts{} // minutes
		c, err := smtpclient.Dial(ctx, smtpclient.Host{Addr: host.Addr()}, o)
		if err == nil {
			r := c.Send(ctx, letter(t, text, "x@sink.example"))
			if err = r.Failure; r.Lost != (step == "text") {
				t.Errorf("%s: %s", step, codes(r))
			}
			c.Close()
		}
		if !errors.Is(err, context.Canceled) || time.Since(began) > 30*time.Second {
			t.Errorf("%s: %v after %v", step, err, time.Since(began))
		}
		timer.Stop()
		cancel()
		close(silent)
	}
}
