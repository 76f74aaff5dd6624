package smtpwire_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"tram/internal/mail/address"
	"tram/internal/mail/smtpwire"
)

const everything = smtpwire.Extensions(1<<32 - 1)

func TestParseCommand(t *testing.T) {
	for _, tt := range []struct {
		line string
		verb smtpwire.Verb
		arg  string
	}{
		{"EHLO mx.example", smtpwire.EHLO, "mx.example"}, {"mail FROM:<>", smtpwire.MAIL, "FROM:<>"}, {"Quit", smtpwire.QUIT, ""},
		{"RSET  ", smtpwire.RSET, ""}, {"NOOP \t a b ", smtpwire.NOOP, "a b"}, {"", smtpwire.Unknown, ""}, {" QUIT", smtpwire.Unknown, "QUIT"},
		{"MAILX", smtpwire.Unknown, ""}, {"unknown", smtpwire.Unknown, ""}, {"DATA\tx", smtpwire.DATA, "x"},
	} {
		if verb, arg := smtpwire.ParseCommand([]byte(tt.line)); verb != tt.verb || string(arg) != tt.arg {
			t.Errorf("%q: %v %q", tt.line, verb, arg)
		}
	}
	for v := smtpwire.HELO; v < smtpwire.NumVerbs; v++ {
		if smtpwire.LookupVerb([]byte(strings.ToLower(v.String()))) != v {
			t.Errorf("%v is not found", v)
		}
	}
}

func TestParseMail(t *testing.T) {
	joe := address.Address{Local: "joe", Domain: "x.org"}
	for _, tt := range []struct {
		arg  string
		from address.Address
		want smtpwire.MailParams
	}{
		{"FROM:<>", address.Address{}, smtpwire.MailParams{}},
		{"from: <joe@x.org>", joe, smtpwire.MailParams{}},
		{"FROM:<joe@x.org> SIZE=1000  body=8bitmime", joe, smtpwire.MailParams{Size: 1000, Body: smtpwire.Body8BitMIME}},
		{"FROM:<joe@x.org> SIZE=99999999999999999999", joe, smtpwire.MailParams{Size: math.MaxInt64}},
		{"FROM:<joe@x.org> SMTPUTF8 RET=hdrs ENVID=a+20b AUTH=<>", joe, smtpwire.MailParams{SMTPUTF8: true, Ret: "HDRS", EnvID: "a b", Auth: "<>"}},
		{"FROM:<joe@x.org> AUTH=e+3Dmc2@x.org", joe, smtpwire.MailParams{Auth: "e=mc2@x.org"}},
		{"FROM:<joe@x.org> BODY=BINARYMIME", joe, smtpwire.MailParams{Body: smtpwire.BodyBinaryMIME}},
		{"FROM:<joe@x.org> SIZE=7 BODY=7BIT size=7", joe, smtpwire.MailParams{Size: 7, Body: smtpwire.Body7Bit}},
		{"FROM:<joe@x.org> SIZE=1 BODY=7BIT ", joe, smtpwire.MailParams{Size: 1, Body: smtpwire.Body7Bit}},
		{"FROM:<thư@x.org> SMTPUTF8", address.Address{Local: "thư", Domain: "x.org"}, smtpwire.MailParams{SMTPUTF8: true}},
	} {
		from, params, err := smtpwire.ParseMail(tt.arg, everything)
		if err != nil || from != tt.from || params != tt.want {
			t.Errorf("%q: %+v %+v %v", tt.arg, from, params, err)
		}
	}
}

func TestParseMailRefuses(t *testing.T) {
	for _, tt := range []struct {
		arg     string
		offered smtpwire.Extensions
		want    string // code and enhanced code
	}{
		{"", everything, "501 5.5.4"}, {"<joe@x.org>", everything, "501 5.5.4"}, {"FROM", everything, "501 5.5.4"}, {"TO:<joe@x.org>", everything, "501 5.5.4"},
		{"FROM:joe@x.org", everything, "501 5.1.7"}, {"FROM:<joe@x.org", everything, "501 5.1.7"}, {"FROM:<joe>", everything, "501 5.1.7"},
		{"FROM:<joe@x.org>SIZE=1", everything, "501 5.5.4"}, {"FROM:<joe@x.org> SIZE=", everything, "501 5.5.4"}, {"FROM:<joe@x.org> SIZE=-1", everything, "501 5.5.4"},
		{"FROM:<joe@x.org> SIZE=1 SIZE=2", everything, "501 5.5.4"}, {"FROM:<joe@x.org> SIZE", everything, "501 5.5.4"}, {"FROM:<joe@x.org> SIZE=" + strings.Repeat("1", 21), everything, "501 5.5.4"},
		{"FROM:<joe@x.org> BODY=9BIT", everything, "501 5.5.4"}, {"FROM:<joe@x.org> BODY=BINARYMIME", smtpwire.EightBitMIME, "501 5.5.4"},
		{"FROM:<joe@x.org> SMTPUTF8=1", everything, "501 5.5.4"}, {"FROM:<joe@x.org> RET=ALL", everything, "501 5.5.4"}, {"FROM:<joe@x.org> RET=FULL RET=FULL", everything, "501 5.5.4"},
		{"FROM:<joe@x.org> ENVID=a+0Ab", everything, "501 5.5.4"}, {"FROM:<joe@x.org> ENVID=a+", everything, "501 5.5.4"}, {"FROM:<joe@x.org> ENVID=" + strings.Repeat("x", 101), everything, "501 5.5.4"},
		{"FROM:<joe@x.org> AUTH=nobody", everything, "501 5.5.4"}, {"FROM:<joe@x.org> AUTH=a+0D@x", everything, "501 5.5.4"},
		{"FROM:<joe@x.org> =x", everything, "501 5.5.4"}, {"FROM:<joe@x.org> -X=1", everything, "501 5.5.4"}, {"FROM:<joe@x.org> X=", everything, "501 5.5.4"},
		{"FROM:<joe@x.org> FOO=bar", everything, "555 5.5.4"}, {"FROM:<joe@x.org> SIZE=1", 0, "555 5.5.4"}, {"FROM:<joe@x.org> RET=FULL", everything &^ smtpwire.DSN, "555 5.5.4"},
		{"FROM:<thư@x.org>", everything, "553 5.6.7"}, {"FROM:<joe@ví-dụ.vn>", everything, "553 5.6.7"},
	} {
		_, _, err := smtpwire.ParseMail(tt.arg, tt.offered)
		var reply *smtpwire.Reply
		if !errors.As(err, &reply) || !strings.HasPrefix(reply.Error(), tt.want) {
			t.Errorf("%q: %v, want %s", tt.arg, err, tt.want)
		}
	}
}

func TestParseRcpt(t *testing.T) {
	joe := address.Address{Local: "joe", Domain: "x.org"}
	for _, tt := range []struct {
		arg  string
		want smtpwire.Rcpt
	}{
		{"TO:<joe@x.org>", smtpwire.Rcpt{To: joe}},
		{"to: <Postmaster>", smtpwire.Rcpt{To: address.Address{Local: "Postmaster"}}},
		{"TO:<joe@x.org> NOTIFY=never", smtpwire.Rcpt{To: joe, Notify: "NEVER"}},
		{"TO:<joe@x.org> NOTIFY=success,Delay ORCPT=rfc822;a+2Bb@x.org", smtpwire.Rcpt{To: joe, Notify: "SUCCESS,DELAY", ORcpt: "rfc822;a+b@x.org"}},
		{"TO:<joe@x.org> ORCPT=utf-8;th\\x{1B0}@x.org", smtpwire.Rcpt{To: joe, ORcpt: "utf-8;th\\x{1B0}@x.org"}},
	} {
		if got, err := smtpwire.ParseRcpt(tt.arg, everything, false); err != nil || got != tt.want {
			t.Errorf("%q: %+v %v", tt.arg, got, err)
		}
	}
	for _, tt := range []struct{ arg, want string }{
		{"", "501 5.5.4"}, {"TO:<>", "501 5.1.3"}, {"TO:<joe>", "501 5.1.3"}, {"TO:joe@x.org", "501 5.1.3"}, {"TO:<joe@x.org> SIZE=1", "555 5.5.4"},
		{"TO:<joe@x.org> NOTIFY=", "501 5.5.4"}, {"TO:<joe@x.org> NOTIFY=NEVER,DELAY", "501 5.5.4"}, {"TO:<joe@x.org> NOTIFY=DELAY,DELAY", "501 5.5.4"},
		{"TO:<joe@x.org> NOTIFY=DELAY NOTIFY=DELAY", "501 5.5.4"}, {"TO:<joe@x.org> NOTIFY", "501 5.5.4"}, {"TO:<joe@x.org> ORCPT=x", "501 5.5.4"}, {"TO:<joe@x.org> ORCPT=;x", "501 5.5.4"},
		{"TO:<joe@x.org> ORCPT=rfc822;", "501 5.5.4"}, {"TO:<joe@x.org> ORCPT=rfc822;a+0D+0Ab", "501 5.5.4"}, {"TO:<joe@x.org> ORCPT=utf-8;\xff", "501 5.5.4"},
		{"TO:<joe@x.org> ORCPT=rfc822;" + strings.Repeat("x", 500), "501 5.5.4"}, {"TO:<thư@x.org>", "553 5.6.7"},
	} {
		_, err := smtpwire.ParseRcpt(tt.arg, everything, false)
		var reply *smtpwire.Reply
		if !errors.As(err, &reply) || !strings.HasPrefix(reply.Error(), tt.want) {
			t.Errorf("%q: %v, want %s", tt.arg, err, tt.want)
		}
	}
}

func TestAppendXtext(t *testing.T) {
	if got := string(smtpwire.AppendXtext(nil, "a+b=c d\xff")); got != "a+2Bb+3Dc+20d+FF" {
		t.Errorf("%q", got)
	}
}

func TestParsersAllocateLittle(t *testing.T) {
	line := "MAIL FROM:<joe@example.org> SIZE=18000 BODY=8BITMIME"
	got := testing.AllocsPerRun(100, func() {
		verb, arg := smtpwire.ParseCommand([]byte(line))
		if _, _, err := smtpwire.ParseMail(string(arg), everything); err != nil || verb != smtpwire.MAIL {
			t.Fatal(err)
		}
	})
	if got > 2 { // the line and its copy in a string
		t.Errorf("%v allocations", got)
	}
}

// FuzzEnvelope: no argument of MAIL or RCPT puts a control character into the
// envelope, and every refusal is a reply.
func FuzzEnvelope(f *testing.F) {
	for _, s := range []string{"FROM:<a@b> SIZE=1 BODY=7BIT", "FROM:<> RET=FULL ENVID=x+2B AUTH=<>", "TO:<a@b> NOTIFY=DELAY ORCPT=rfc822;a", "TO:<\"a b\"@b>", "FROM:<ü@b> SMTPUTF8"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, arg string) {
		from, p, err := smtpwire.ParseMail(arg, everything)
		check(t, arg, err, from, p.EnvID, p.Auth, p.Ret)
		r, err := smtpwire.ParseRcpt(arg, everything, true)
		check(t, arg, err, r.To, r.Notify, r.ORcpt)
	})
}

func check(t *testing.T, arg string, err error, a address.Address, texts ...string) {
	t.Helper()
	var reply *smtpwire.Reply
	if err != nil {
		if !errors.As(err, &reply) || !reply.Permanent() {
			t.Fatalf("%q: %v is no reply", arg, err)
		}
		return
	}
	if err := a.Valid(); err != nil {
		t.Fatalf("%q: %v", arg, err)
	}
	for _, s := range texts {
		if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Fatalf("%q: %q", arg, s)
		}
	}
}
