package msa

import (
	"errors"
	"strings"
	"testing"

	"tram/internal/mail/smtpwire"
)

func TestQualified(t *testing.T) {
	tests := []struct{ in, want string }{
		{"From: root (Cron Daemon)\r\nTo: root\r\n\r\n", "From: root@h.example (Cron Daemon)\r\nTo: root@h.example\r\n\r\n"},
		{"From: Cron Daemon <root>\r\n\r\n", "From: Cron Daemon <root@h.example>\r\n\r\n"},
		{"To: an,\r\n binh@x.example, chi\r\n\r\n", "To: an@h.example,\r\n binh@x.example, chi@h.example\r\n\r\n"},
		{"To: an@x.example\r\nSubject: root\r\n\r\n", "To: an@x.example\r\nSubject: root\r\n\r\n"},
		{"To: \"Lê, An\" <an>\r\n\r\n", "To: \"Lê, An\" <an>\r\n\r\n"},
		{"To: undisclosed-recipients:;\r\n\r\n", "To: undisclosed-recipients:;\r\n\r\n"},
		{"To: \r\nCc: <>\r\n\r\n", "To: \r\nCc: <>\r\n\r\n"},
		{"From: a (b, c)\r\n\r\n", "From: a (b, c)\r\n\r\n"},
		{"\r\n", "\r\n"},
	}
	for _, tt := range tests {
		if got := string(qualified([]byte(tt.in), "h.example")); got != tt.want {
			t.Errorf("%q becomes %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestLocalCompletes(t *testing.T) {
	l := NewLocal(LocalOptions{Domain: "h.example", User: "an", Name: "Lê An"})
	got := string(l.complete([]byte("To: root\r\nBcc: x@y.example\r\nSubject: s\r\n\r\n")))
	for _, want := range []string{"Date: ", "Message-ID: <", "@h.example>\r\n", "From: =?utf-8?q?L=C3=AA_An?= <an@h.example>\r\n", "To: root@h.example\r\n", "Subject: s\r\n\r\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
	if strings.Contains(got, "Bcc") {
		t.Errorf("%q shows the blind copies", got)
	}
	// What a program wrote stays, faults and all.
	odd := "From: one <a@x.example>, broken <\r\nDate: yesterday\r\nMessage-ID: none\r\n\r\n"
	if got := string(l.complete([]byte(odd))); got != odd {
		t.Errorf("%q becomes %q", odd, got)
	}
}

var errNoRoom = smtpwire.NewReply(452, "4.3.1", "no room")

// full is a server without room.
type full struct{}

func (full) Check(int64) *smtpwire.Reply { return errNoRoom }

func TestLocalPressure(t *testing.T) {
	l := NewLocal(LocalOptions{Domain: "h.example", User: "an", Pressure: full{}})
	e := &smtpwire.Envelope{}
	if err := l.Mail(t.Context(), &smtpwire.Peer{}, e); !errors.Is(err, errNoRoom) {
		t.Errorf("MAIL: %v", err)
	}
	if _, err := l.Data(t.Context(), &smtpwire.Peer{}, e, strings.NewReader("\r\n")); !errors.Is(err, errNoRoom) {
		t.Errorf("a dropped message: %v", err)
	}
}

func FuzzQualified(f *testing.F) {
	f.Add("From: root (Cron Daemon)\r\nTo: an, \"x\" <y>\r\n folded\r\n\r\n")
	f.Fuzz(func(t *testing.T, header string) {
		const added = "@h.example"
		if strings.Contains(header, added) {
			return
		}
		if got := string(qualified([]byte(header), added[1:])); strings.ReplaceAll(got, added, "") != header {
			t.Errorf("%q becomes %q", header, got)
		}
	})
}
