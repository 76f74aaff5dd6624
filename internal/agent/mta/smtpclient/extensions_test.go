package smtpclient_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"crypto/tls"

	"pgregory.net/rapid"

	"tram/internal/agent/mta/smtpclient"
	"tram/internal/agent/mta/smtptest"
	"tram/internal/mail/smtpwire"
)

var chunking = []string{"PIPELINING", "SIZE 50000000", "8BITMIME", "SMTPUTF8", "DSN", "CHUNKING"}

// TestChunks: a short message goes out in one chunk with its envelope, a long
// one in several, only when a recipient was taken; what arrives is the same.
func TestChunks(t *testing.T) {
	for _, extensions := range [][]string{chunking, {"CHUNKING"}} {
		host := smtptest.Start(t, smtptest.Options{Extensions: extensions})
		c := dial(t, host, smtpclient.Host{})
		for _, size := range []int{0, 2, 1000, 64 << 10, 64<<10 + 2, 1 << 20} {
			text := strings.Repeat("x\r\n.\r\n", size/6)
			if r := c.Send(t.Context(), letter(t, text, "x@sink.example", "y@sink.example")); codes(r) != "250 250" {
				t.Fatalf("%d octets: %s %v", size, codes(r), r.Failure)
			}
			all := host.Messages()
			m := all[len(all)-1]
			if string(m.Text) != text || len(m.Chunks) != max(1, (len(text)+64<<10-1)/(64<<10)) {
				t.Errorf("%d octets arrived as %d in chunks of %v", size, len(m.Text), m.Chunks)
			}
		}
		if n := host.Connections(); n != 1 || slices.Contains(host.Commands(), "RSET") {
			t.Errorf("%d connections, commands %.200q", n, host.Commands())
		}
	}
}

// TestChunkReplies: each recipient gets the reply that is about it, for one
// chunk and for many, and a refusal leaves the connection in order.
func TestChunkReplies(t *testing.T) {
	for _, tt := range []struct {
		step, reply string
		short, long string // results for one chunk and for many
	}{
		{"MAIL", "550 5.7.1 no", "550 550", "550 550"},
		{"MAIL", "451 4.7.1 later", "- - at MAIL", "- - at MAIL"},
		{"RCPT", "550 5.1.1 no", "550 550", "550 550"},
		{"RCPT <x", "450 4.2.1 no", "450 250", "450 250"},
		{"BDAT", "552 5.3.4 too large", "250 250", "552 552"},
		{"BDAT", "451 4.3.1 no room", "250 250", "451 451"},
		{"text", "554 5.6.0 no", "554 554", "554 554"},
		{"text", "421 4.3.2 bye", "- - at the last chunk", "- - at the last chunk"},
		{"text", "drop", "- - lost at the last chunk", "- - lost at the last chunk"},
		{"RCPT", "drop", "- - lost at RCPT", "- - at RCPT"},
		{"RCPT", "421 4.3.2 bye", "- - at RCPT", "- - at RCPT"},
	} {
		for text, want := range map[string]string{"short\r\n": tt.short, strings.Repeat("long\r\n", 100_000): tt.long} {
			step, part, _ := strings.Cut(tt.step, " ")
			host := smtptest.Start(t, smtptest.Options{Extensions: chunking, Reply: func(at, arg string) string {
				if at == step && strings.Contains(arg, part) {
					return tt.reply
				}
				return ""
			}})
			c := dial(t, host, smtpclient.Host{})
			r := c.Send(t.Context(), letter(t, text, "x@sink.example", "y@sink.example"))
			if codes(r) != want {
				t.Errorf("%s %q, %d octets: %s, want %s (%v)", tt.step, tt.reply, len(text), codes(r), want, r.Failure)
			}
		}
	}
}

// TestCanonicalAlways: a bare CR, LF or NUL never leaves, by no way.
func TestCanonicalAlways(t *testing.T) {
	hosts := map[string]*smtptest.Host{
		"DATA": smtptest.Start(t, smtptest.Options{}), "BDAT": smtptest.Start(t, smtptest.Options{Extensions: chunking}),
		"LMTP": smtptest.Start(t, smtptest.Options{LMTP: true, Extensions: chunking}),
		"7bit": smtptest.Start(t, smtptest.Options{Extensions: []string{"PIPELINING"}}), "7bit BDAT": smtptest.Start(t, smtptest.Options{Extensions: []string{"CHUNKING"}}),
	}
	conns := map[string]*smtpclient.Conn{}
	for name, host := range hosts {
		conns[name] = dial(t, host, smtpclient.Host{LMTP: name == "LMTP"})
	}
	rapid.Check(t, func(rt *rapid.T) {
		text := strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{"\r", "\n", "\x00", ".", "a", "\r\n", "\xff", "Subject: x\r\n\r\n", strings.Repeat("y", 70_000)})).Draw(rt, "text"), "")
		name := rapid.SampledFrom([]string{"DATA", "BDAT", "LMTP", "7bit", "7bit BDAT"}).Draw(rt, "way")
		m := letter(t, text, "x@sink.example")
		m.EightBit, m.Binary = strings.Contains(text, "\xff"), rapid.Bool().Draw(rt, "binary")
		before := len(hosts[name].Messages())
		r := conns[name].Send(t.Context(), m)
		if r.Unfit != nil {
			return
		}
		if codes(r) != "250" {
			rt.Fatalf("%s: %s %v", name, codes(r), r.Failure)
		}
		got := string(hosts[name].Messages()[before].Text)
		if strings.ContainsAny(strings.ReplaceAll(got, "\r\n", ""), "\r\n\x00") || got != "" && !strings.HasSuffix(got, "\r\n") {
			rt.Fatalf("%s: %q arrived as %q", name, text, got)
		}
		if strings.HasPrefix(name, "7bit") && strings.Contains(got, "\xff") {
			rt.Fatalf("%s: 8 bits in %q", name, got)
		}
	})
}

// TestBinary: octets pass unchanged where BINARYMIME is offered.
func TestBinary(t *testing.T) {
	const text = "MIME-Version: 1.0\r\nContent-Type: application/x\r\nContent-Transfer-Encoding: binary\r\n\r\na\nb\rc\x00\xff.\n.\n"
	for _, tt := range []struct {
		extensions []string
		mail       string
		want       string
	}{
		{append([]string{"BINARYMIME"}, chunking...), " BODY=BINARYMIME", text},
		{[]string{"8BITMIME", "BINARYMIME"}, "", "MIME-Version: 1.0\r\nContent-Type: application/x\r\nContent-Transfer-Encoding: base64\r\n\r\nYQpiDWMA/y4KLgo=\r\n"},
	} {
		host := smtptest.Start(t, smtptest.Options{Extensions: tt.extensions})
		m := letter(t, text, "x@sink.example")
		m.Binary, m.EightBit = true, true
		if r := dial(t, host, smtpclient.Host{}).Send(t.Context(), m); codes(r) != "250" {
			t.Fatalf("%s %v %v", codes(r), r.Failure, r.Unfit)
		}
		got := host.Messages()[0]
		if string(got.Text) != tt.want || !strings.HasSuffix(got.From, tt.mail) || tt.mail == "" && strings.Contains(got.From, "BODY") {
			t.Errorf("%v: MAIL FROM:%s\n%q", tt.extensions, got.From, got.Text)
		}
	}
}

// TestSevenBit: text is converted for a host without 8BITMIME, and what cannot
// be is not sent.
func TestSevenBit(t *testing.T) {
	host := smtptest.Start(t, smtptest.Options{Extensions: []string{"SIZE"}})
	c := dial(t, host, smtpclient.Host{})
	m := letter(t, "Subject: a\r\n\r\nthư\r\n", "x@sink.example")
	m.EightBit = true
	if r := c.Send(t.Context(), m); codes(r) != "250" {
		t.Fatalf("%s %v", codes(r), r.Unfit)
	}
	if got := string(host.Messages()[0].Text); !strings.HasSuffix(got, "quoted-printable\r\n\r\nth=C6=B0\r\n") {
		t.Errorf("%q", got)
	}
	m = letter(t, "Subject: thư\r\n\r\nthư\r\n", "x@sink.example")
	m.EightBit = true
	if r := c.Send(t.Context(), m); r.Unfit == nil || r.Unfit.Enhanced != "5.6.3" || codes(r) != "-" {
		t.Errorf("%s %v", codes(r), r.Unfit)
	}
	m = letter(t, "Subject: a\r\n\r\nb\r\n", "x@sink.example")
	m.SMTPUTF8 = true // asked for, and not needed
	if r := c.Send(t.Context(), m); codes(r) != "250" {
		t.Errorf("%s %v", codes(r), r.Unfit)
	}
}

func TestLMTP(t *testing.T) {
	for _, extensions := range [][]string{chunking, {"PIPELINING"}, {}} {
		socket := filepath.Join(t.TempDir(), "lmtp")
		host := smtptest.Start(t, smtptest.Options{Address: socket, LMTP: true, Extensions: extensions, Reply: func(step, arg string) string {
			switch {
			case step == "RCPT" && strings.Contains(arg, "<a@"):
				return "550 5.1.1 unknown"
			case step == "text" && strings.Contains(arg, "<b@"):
				return "452 4.2.2 full"
			case step == "text" && strings.Contains(arg, "<d@"):
				return "drop"
			}
			return ""
		}})
		c, err := smtpclient.Dial(t.Context(), smtpclient.Host{Socket: socket, LMTP: true}, options())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if r := c.Send(t.Context(), letter(t, text, "a@sink.example", "b@sink.example", "c@sink.example")); codes(r) != "550 452 250" {
			t.Errorf("%v: %s %v", extensions, codes(r), r.Failure)
		}
		if r := c.Send(t.Context(), letter(t, text, "a@sink.example")); codes(r) != "550" || !c.Usable() {
			t.Errorf("%v: %s %v", extensions, codes(r), r.Failure)
		}
		if r := c.Send(t.Context(), letter(t, text, "c@sink.example", "d@sink.example", "b@sink.example")); !strings.HasPrefix(codes(r), "250 - - lost") {
			t.Errorf("%v: %s", extensions, codes(r))
		}
		if m := host.Messages()[0]; len(m.Rcpts) != 1 || string(m.Text) != text || c.Name() != socket {
			t.Errorf("%v: %+v", extensions, m)
		}
	}
}

// TestAuthentication logs in by every mechanism, and by none when the password
// is wrong.
func TestAuthentication(t *testing.T) {
	for _, mechanism := range []string{"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256"} {
		host := smtptest.Start(t, smtptest.Options{Extensions: []string{"AUTH X-OTHER " + mechanism}, Password: "pencil"})
		h := smtpclient.Host{Addr: host.Addr(), TLS: smtpclient.NoTLS, User: "user", Password: "pencil"}
		c, err := smtpclient.Dial(t.Context(), h, options())
		if err != nil {
			t.Errorf("%s: %v", mechanism, err)
			continue
		}
		c.Send(t.Context(), letter(t, text, "x@sink.example"))
		if m := host.Messages(); len(m) != 1 || m[0].User != "user" {
			t.Errorf("%s: %+v", mechanism, m)
		}
		c.Close()
		h.Password = "wrong"
		if _, err := smtpclient.Dial(t.Context(), h, options()); err == nil && (mechanism == "CRAM-MD5" || mechanism == "SCRAM-SHA-256") {
			t.Errorf("%s took a wrong password", mechanism)
		}
	}
}

func TestRequireTLS(t *testing.T) {
	config, pool := certificate(t, "sink.example")
	for _, tt := range []struct {
		name       string
		extensions []string
		trust      bool
		tls        bool
		want       bool
	}{
		{"all there", []string{"REQUIRETLS"}, true, true, true},
		{"not offered", []string{"SIZE"}, true, true, false},
		{"certificate unknown", []string{"REQUIRETLS"}, false, true, false},
		{"no TLS", []string{"REQUIRETLS"}, true, false, false},
	} {
		o := smtptest.Options{Extensions: tt.extensions}
		if tt.tls {
			o.TLS = config
		}
		host := smtptest.Start(t, o)
		client := options()
		if tt.trust {
			client.RootCAs = pool
		}
		c, err := smtpclient.Dial(t.Context(), smtpclient.Host{Name: "sink.example", Addr: host.Addr()}, client)
		if err != nil {
			t.Fatal(err)
		}
		m := letter(t, text, "x@sink.example")
		m.RequireTLS = true
		r := c.Send(t.Context(), m)
		if sent := codes(r) == "250"; sent != tt.want || !sent && r.Unfit.Enhanced != "5.7.30" {
			t.Errorf("%s: %s %v", tt.name, codes(r), r.Unfit)
		}
		if got := host.Messages(); tt.want && !strings.HasSuffix(got[0].From, " REQUIRETLS") {
			t.Errorf("%s: %s", tt.name, got[0].From)
		}
		c.Close()
	}
}

func TestResumption(t *testing.T) {
	config, _ := certificate(t, "sink.example")
	host := smtptest.Start(t, smtptest.Options{TLS: config})
	o := options()
	o.Sessions = tls.NewLRUClientSessionCache(8)
	for n := range 2 {
		c, err := smtpclient.Dial(t.Context(), smtpclient.Host{Name: "sink.example", Addr: host.Addr()}, o)
		if err != nil {
			t.Fatal(err)
		}
		c.Send(t.Context(), letter(t, text, "x@sink.example"))
		c.Close()
		if m := host.Messages()[n]; m.Resumed != (n == 1) {
			t.Errorf("connection %d: resumed %v", n, m.Resumed)
		}
	}
}

// TestOrders: DELIVERBY and MT-PRIORITY go along, or have their consequences.
func TestOrders(t *testing.T) {
	for _, tt := range []struct {
		extension  string
		by         smtpwire.ByTime
		mail, rcpt string // "" is not sent at all
	}{
		{"DELIVERBY", smtpwire.ByTime{Set: true, Seconds: 60, Mode: 'R', Trace: true}, "<a@client.example> BY=60;RT", "<x@sink.example>"},
		{"DELIVERBY 120", smtpwire.ByTime{Set: true, Seconds: 60, Mode: 'R'}, "", ""},
		{"DSN", smtpwire.ByTime{Set: true, Seconds: 60, Mode: 'R'}, "", ""},
		{"DSN", smtpwire.ByTime{Set: true, Seconds: -60, Mode: 'N'}, "<a@client.example>", "<x@sink.example> NOTIFY=FAILURE,DELAY"},
		{"DELIVERBY", smtpwire.ByTime{Set: true, Seconds: -60, Mode: 'N'}, "<a@client.example> BY=-60;N", "<x@sink.example>"},
		{"MT-PRIORITY", smtpwire.ByTime{}, "<a@client.example> MT-PRIORITY=-3", "<x@sink.example>"},
	} {
		host := smtptest.Start(t, smtptest.Options{Extensions: []string{tt.extension}})
		m := letter(t, text, "x@sink.example")
		m.By, m.Priority = tt.by, -3
		r := dial(t, host, smtpclient.Host{}).Send(t.Context(), m)
		if tt.mail == "" {
			if r.Unfit == nil || r.Unfit.Enhanced != "5.4.7" {
				t.Errorf("%s: %s", tt.extension, codes(r))
			}
			continue
		}
		if got := host.Messages(); len(got) != 1 || got[0].From != tt.mail || got[0].Rcpts[0] != tt.rcpt {
			t.Errorf("%s: %+v %v", tt.extension, got, r.Unfit)
		}
	}
}

// TestAlive: a connection that the host has closed, or said something on, is
// found out before it is used.
func TestAlive(t *testing.T) {
	host := smtptest.Start(t, smtptest.Options{Extensions: []string{"LIMITS MAILMAX=2 RCPTMAX=3 RCPTDOMAINMAX=1"}})
	c := dial(t, host, smtpclient.Host{})
	if c.MaxRcpts() != 3 || c.MaxDomains() != 1 || !c.Alive() {
		t.Errorf("%d recipients, %d domains, alive %v", c.MaxRcpts(), c.MaxDomains(), c.Alive())
	}
	for n := range 2 {
		if !c.Usable() {
			t.Errorf("not usable after %d", n)
		}
		c.Send(t.Context(), letter(t, text, "x@sink.example"))
	}
	if c.Usable() {
		t.Error("usable after MAILMAX")
	}
	host.Close()
	for c.Alive() { // until the end of the connection has arrived
	}
	var failure *smtpclient.Failure
	if r := c.Send(t.Context(), letter(t, text, "x@sink.example")); r.Failure == nil || !errors.As(r.Failure, &failure) {
		t.Error(codes(r))
	}
}
