package smtpwire_test

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"tram/internal/mail/smtpwire"
)

func TestReplyOnTheWire(t *testing.T) {
	for _, tt := range []struct {
		reply smtpwire.Reply
		wire  string
	}{
		{smtpwire.Reply{Code: 250, Enhanced: "2.1.0", Text: "OK"}, "250 2.1.0 OK\r\n"},
		{smtpwire.Reply{Code: 220, Text: "mx ESMTP"}, "220 mx ESMTP\r\n"},
		{smtpwire.Reply{Code: 334}, "334 \r\n"},
		{smtpwire.Reply{Code: 250, Text: "mx\nSIZE 10\nHELP"}, "250-mx\r\n250-SIZE 10\r\n250 HELP\r\n"},
		{smtpwire.Reply{Code: 550, Enhanced: "5.1.1", Text: "no\nnever"}, "550-5.1.1 no\r\n550 5.1.1 never\r\n"},
		{smtpwire.Reply{Code: 550, Text: "a\r\n250 OK\x00\t\rb"}, "550-a\r\n550 250 OK???b\r\n"},
		{smtpwire.Reply{Code: 250, Text: "a\n"}, "250-a\r\n250 \r\n"},
	} {
		if got := string(tt.reply.AppendTo(nil)); got != tt.wire {
			t.Errorf("%+v: %q, want %q", tt.reply, got, tt.wire)
		}
	}
}

func TestReplyLongText(t *testing.T) {
	for _, text := range []string{strings.Repeat("word ", 400), strings.Repeat("x", 2000), strings.Repeat("ư", 1000), strings.Repeat("x", 500) + "\n" + strings.Repeat("y", 501)} {
		wire := string(smtpwire.NewReply(550, "5.7.123", text).AppendTo(nil))
		for line := range strings.SplitSeq(strings.TrimSuffix(wire, "\r\n"), "\r\n") {
			if len(line)+2 > 512 || !strings.HasPrefix(line, "550") || !utf8.ValidString(line) {
				t.Errorf("line %q", line)
			}
		}
	}
}

func TestReplyIsAnError(t *testing.T) {
	r := smtpwire.NewReply(450, "4.2.1", "a\nb")
	if r.Error() != "450 4.2.1 a b" || !r.Temporary() || r.Permanent() || r.Positive() {
		t.Errorf("%v", r)
	}
	if r := smtpwire.NewReply(550, "", ""); r.Error() != "550" || !r.Permanent() {
		t.Errorf("%v", r)
	}
}

func TestReadReply(t *testing.T) {
	for _, tt := range []struct {
		wire string
		want smtpwire.Reply
	}{
		{"250 2.1.0 OK\r\n", smtpwire.Reply{Code: 250, Enhanced: "2.1.0", Text: "OK"}},
		{"250\r\n", smtpwire.Reply{Code: 250}},
		{"250 OK\n", smtpwire.Reply{Code: 250, Text: "OK"}},
		{"550-5.1.1 no\r\n550-5.1.1 such\r\n550 5.1.1 user\r\n", smtpwire.Reply{Code: 550, Enhanced: "5.1.1", Text: "no\nsuch\nuser"}},
		{"250-mx\r\n250 SIZE 5\r\n", smtpwire.Reply{Code: 250, Text: "mx\nSIZE 5"}},
		{"450 5.1.1 other class\r\n", smtpwire.Reply{Code: 450, Text: "5.1.1 other class"}},
		{"220 1.2.3.4 ESMTP\r\n", smtpwire.Reply{Code: 220, Text: "1.2.3.4 ESMTP"}},
		{"220 2.0.0\r\n", smtpwire.Reply{Code: 220, Enhanced: "2.0.0"}},
		{"550 a\x00b\x1b[1m\xff\r\n", smtpwire.Reply{Code: 550, Text: "a?b?[1m\ufffd"}},
	} {
		got, err := smtpwire.ReadReply(bufio.NewReader(strings.NewReader(tt.wire)))
		if err != nil || *got != tt.want {
			t.Errorf("%q: %+v, %v", tt.wire, got, err)
		}
	}
}

func TestReadReplyRefuses(t *testing.T) {
	for _, tt := range []struct {
		wire string
		want error
	}{
		{"", io.EOF}, {"250", io.ErrUnexpectedEOF}, {"250-a\r\n", io.ErrUnexpectedEOF},
		{"25\r\n", smtpwire.ErrBadReply}, {"650 x\r\n", smtpwire.ErrBadReply}, {"2x0 x\r\n", smtpwire.ErrBadReply}, {"250x\r\n", smtpwire.ErrBadReply},
		{"250-a\r\n251 b\r\n", smtpwire.ErrBadReply}, {"HTTP/1.1 200 OK\r\n", smtpwire.ErrBadReply},
		{"250 " + strings.Repeat("x", 5000) + "\r\n", smtpwire.ErrBadReply},
		{strings.Repeat("250-x\r\n", 201), smtpwire.ErrBadReply},
		{strings.Repeat("250-"+strings.Repeat("x", 1000)+"\r\n", 40), smtpwire.ErrBadReply},
	} {
		if got, err := smtpwire.ReadReply(bufio.NewReader(strings.NewReader(tt.wire))); !errors.Is(err, tt.want) {
			t.Errorf("%.40q: %+v, %v, want %v", tt.wire, got, err, tt.want)
		}
	}
}

func TestParseEHLO(t *testing.T) {
	r := &smtpwire.Reply{Code: 250, Text: "mx size 9\nPIPELINING\nsize 1000\n8BITMIME\nAUTH LOGIN plain\nSTARTTLS\nLIMITS RCPTMAX=50 MAILMAX=x\nSMTPUTF8\nDSN\nENHANCEDSTATUSCODES\nX-OTHER\n"}
	o := smtpwire.ParseEHLO(r)
	want := smtpwire.Pipelining | smtpwire.Size | smtpwire.EightBitMIME | smtpwire.Auth | smtpwire.SMTPUTF8 | smtpwire.DSN | smtpwire.EnhancedCodes
	if o.Extensions != want || !o.StartTLS || o.MaxSize != 1000 || o.MaxRcpts != 50 || strings.Join(o.AuthMechs, " ") != "LOGIN PLAIN" {
		t.Errorf("%+v", o)
	}
	if o := smtpwire.ParseEHLO(&smtpwire.Reply{Code: 250, Text: "STARTTLS"}); o.StartTLS {
		t.Error("the first line is a greeting")
	}
}

// FuzzReadReply: what is read is bounded, printable, and reads back the same.
func FuzzReadReply(f *testing.F) {
	for _, s := range []string{"250 2.1.0 OK\r\n", "550-5.1.1 a\r\n550 5.1.1 b\r\n", "250-\r\n250\r\n", "354 go\n", "421 \xff\r\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := smtpwire.ReadReply(bufio.NewReader(strings.NewReader(s)))
		if err != nil {
			return
		}
		if strings.ContainsFunc(r.Text, func(c rune) bool { return c < ' ' && c != '\n' }) || !utf8.ValidString(r.Text) {
			t.Fatalf("%q: text %q", s, r.Text)
		}
		back, err := smtpwire.ReadReply(bufio.NewReader(strings.NewReader(string(r.AppendTo(nil)))))
		if err != nil || back.Code != r.Code {
			t.Fatalf("%q: %+v reads back as %+v, %v", s, r, back, err)
		}
	})
}
