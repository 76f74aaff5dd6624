package mta_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"tram/internal/agent/mta/smtptest"
	"tram/internal/directory"
	"tram/internal/mail/smtpwire"
)

// twoHosts are a domain with an old host in front of a modern one.
const twoHosts = `
	hosts.example.      MX  10 old.hosts.example.
	hosts.example.      MX  20 new.hosts.example.
	old.hosts.example.  A   127.0.0.2
	new.hosts.example.  A   127.0.0.3
`

func modern() smtptest.Options {
	return smtptest.Options{Extensions: []string{"PIPELINING", "8BITMIME", "SMTPUTF8", "CHUNKING", "DSN"}}
}

// TestAnotherHostMay: what the first host cannot take goes to the next; what
// none of them can goes back, and says why.
func TestAnotherHostMay(t *testing.T) {
	const utf8 = "Subject: thư\r\n\r\nthư\r\n"
	for _, tt := range []struct {
		name   string
		second smtptest.Options
		params smtpwire.MailParams
		line   []string
	}{
		{"SMTPUTF8 at the second", modern(), smtpwire.MailParams{SMTPUTF8: true, Body: smtpwire.Body8BitMIME}, []string{"delivered", "host=new.hosts.example[127.0.0.3]"}},
		{"SMTPUTF8 nowhere", smtptest.Options{Extensions: []string{}}, smtpwire.MailParams{SMTPUTF8: true, Body: smtpwire.Body8BitMIME}, []string{"bounced", "reply=553 5.6.7"}},
		{"8 bits in the header", smtptest.Options{Extensions: []string{}}, smtpwire.MailParams{Body: smtpwire.Body8BitMIME}, []string{"bounced", "reply=554 5.6.3"}},
		{"REQUIRETLS nowhere", modern(), smtpwire.MailParams{RequireTLS: true}, []string{"bounced", "reply=550 5.7.30"}},
	} {
		l := newLab(t, twoHosts)
		l.host("127.0.0.2", smtptest.Options{Extensions: []string{}})
		l.host("127.0.0.3", tt.second)
		l.start()
		e := l.envelope("an@here.example", "x@hosts.example")
		e.FromParams = tt.params
		id := l.sendAs(e, utf8)
		l.wait(1, append(tt.line, "id="+id)...)
		if tt.line[0] == "bounced" {
			l.wait(1, "delivered", "from=<>", "to=<an@here.example>")
		}
	}
}

// TestManyRecipients: a host that takes few recipients at a time gets the
// message as often as it wants, and keeps the connection.
func TestManyRecipients(t *testing.T) {
	for name, o := range map[string]smtptest.Options{
		"RCPTMAX":         {Extensions: []string{"PIPELINING", "LIMITS RCPTMAX=3"}},
		"MAILMAX":         {Extensions: []string{"LIMITS RCPTMAX=3 MAILMAX=2"}},
		"too many":        {Reply: tooMany(3)},
		"chunks, LIMITS":  {Extensions: []string{"PIPELINING", "CHUNKING", "LIMITS RCPTMAX=3"}},
		"chunks too many": {Extensions: []string{"PIPELINING", "CHUNKING"}, Reply: tooMany(3)},
	} {
		l := newLab(t, zone)
		host := l.host("127.0.0.2", o)
		l.start()
		var rcpts []string
		for n := range 10 {
			rcpts = append(rcpts, fmt.Sprintf("r%d@two.example", n))
		}
		l.send("", rcpts...)
		l.drained()
		seen := map[string]int{}
		for _, m := range host.Messages() {
			if len(m.Rcpts) > 3 {
				t.Errorf("%s: %d recipients at once", name, len(m.Rcpts))
			}
			for _, r := range m.Rcpts {
				seen[r]++
			}
		}
		connections := map[bool]int{true: 2, false: 1}[name == "MAILMAX"]
		if len(seen) != 10 || len(host.Messages()) != 4 || host.Connections() != connections {
			t.Errorf("%s: %d recipients in %d messages on %d connections", name, len(seen), len(host.Messages()), host.Connections())
		}
	}
}

// tooMany is a host that says so at the recipient behind the n-th.
func tooMany(n int) func(step, arg string) string {
	taken := 0
	return func(step, arg string) string {
		switch step {
		case "MAIL":
			taken = 0
		case "RCPT":
			if taken++; taken > n {
				return "452 4.5.3 too many recipients"
			}
		}
		return ""
	}
}

// TestLMTPRoute: a route leads to an LMTP server on a socket, which answers for
// each recipient.
func TestLMTPRoute(t *testing.T) {
	l := newLab(t, zone)
	socket := filepath.Join(t.TempDir(), "lmtp")
	store := smtptest.Start(t, smtptest.Options{Address: socket, LMTP: true, Extensions: []string{"PIPELINING", "CHUNKING"}, Reply: func(step, arg string) string {
		if step == "text" && strings.Contains(arg, "full@") {
			return "552 5.2.2 over quota"
		}
		return ""
	}})
	l.must(l.dir.ChangeRules(t.Context(), directory.Rules{}, directory.Rules{Routes: []directory.Route{{By: directory.ByRecipient, Match: "store.example", NextHop: "lmtp:" + socket}}}))
	l.start()
	e := l.envelope("an@here.example", "x@store.example", "full@store.example")
	e.Rcpts[0].Notify = "SUCCESS"
	id := l.sendAs(e, letter)
	l.wait(1, "delivered", "id="+id, "to=<x@store.example>", "host="+socket)
	l.wait(1, "bounced", "id="+id, "to=<full@store.example>", "5.2.2")
	l.wait(1, "delivered", "from=<>", "to=<an@here.example>")
	l.drained()
	all := strings.Join(l.inbox(), "\n")
	if m := store.Messages(); len(m) != 1 || len(m[0].Rcpts) != 1 || !strings.Contains(all, "Action: delivered") || !strings.Contains(all, "Action: failed") {
		t.Errorf("%d messages in the store; told:\n%s", len(m), all)
	}
}
