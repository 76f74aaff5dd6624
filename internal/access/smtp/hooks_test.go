package smtp_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"tram/internal/access/smtp"
	"tram/internal/mail/smtpwire"
)

// hooked is a submission server whose hooks write into the returned lists.
func hooked(t *testing.T) (s *server, lines, replies *[]string, stats *smtp.Stats) {
	lines, replies, stats = new([]string), new([]string), new(smtp.Stats)
	s = newServer(t, smtp.Options{
		Mode: smtp.Submission,
		Trace: func(p *smtpwire.Peer) func(smtp.Direction, []byte) {
			return func(d smtp.Direction, line []byte) { *lines = append(*lines, []string{"C ", "S "}[d]+string(line)) }
		},
		Replied: func(v smtpwire.Verb, code int) {
			*replies = append(*replies, v.String()+" "+string(rune('0'+code/100)))
		},
		Closed: func(_ *smtpwire.Peer, st smtp.Stats) { *stats = st },
	}, plain)
	return s, lines, replies, stats
}

func TestHooks(t *testing.T) {
	s, lines, replies, stats := hooked(t)
	c, end := s.open(t, context.Background())
	c.greeted()
	c.do("AUTH PLAIN AGFubgBzZWNyZXQ=", "235")
	c.send(transaction)
	c.want("250", "250", "354")
	c.do("text\r\n.", "250")
	c.do("FROB", "500")
	c.do("QUIT", "221", "EOF")
	end()
	trace := strings.Join(*lines, "")
	for _, want := range []string{"S 220 mx.test", "C EHLO client.test", "C AUTH PLAIN ***", "S 235 2.7.0", "C DATA", "S 250 2.0.0 Queued as q1", "C FROB"} {
		if !strings.Contains(trace, want) {
			t.Errorf("the trace lacks %q:\n%s", want, trace)
		}
	}
	if strings.Contains(trace, "AGFubg") || strings.Contains(trace, "text") {
		t.Errorf("the trace tells too much:\n%s", trace)
	}
	want := []string{"unknown 2", "EHLO 2", "AUTH 2", "MAIL 2", "RCPT 2", "DATA 3", "DATA 2", "unknown 5", "QUIT 2"}
	if !slices.Equal(*replies, want) {
		t.Errorf("replies %q, want %q", *replies, want)
	}
	if stats.Messages != 1 || stats.BodyBytes != 6 || stats.Commands != 7 || stats.Errors != 1 || stats.BytesIn == 0 || stats.BytesOut == 0 || stats.Duration == 0 {
		t.Errorf("%+v", *stats)
	}
}

// TestSecretsInTrace: neither form of a login shows in a trace, nor does a
// password that was typed as a command.
func TestSecretsInTrace(t *testing.T) {
	s, lines, _, _ := hooked(t)
	c, end := s.open(t, context.Background())
	c.greeted()
	c.do("AUTH LOGIN YW5u", "334")
	c.do("c2VjcmV0", "235")
	end()
	if trace := strings.Join(*lines, ""); strings.Contains(trace, "YW5u") || strings.Contains(trace, "c2VjcmV0") {
		t.Errorf("%s", trace)
	}
}
