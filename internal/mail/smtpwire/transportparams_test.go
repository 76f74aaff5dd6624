package smtpwire_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"tram/internal/mail/smtpwire"
)

func TestTransportParams(t *testing.T) {
	noon := time.Date(2030, 1, 31, 12, 0, 0, 0, time.UTC)
	by := func(seconds int64, mode byte, trace bool) smtpwire.MailParams {
		return smtpwire.MailParams{By: smtpwire.ByTime{Set: true, Seconds: seconds, Mode: mode, Trace: trace}}
	}
	for params, want := range map[string]smtpwire.MailParams{
		"REQUIRETLS":                     {RequireTLS: true},
		"HOLDFOR=1":                      {HoldFor: time.Second},
		"holdfor=999999999":              {HoldFor: 999999999 * time.Second},
		"HOLDUNTIL=2030-01-31T12:00:00Z": {HoldUntil: noon},
		"HOLDUNTIL=2030-01-31t12:00:00z": {HoldUntil: noon},
		"BY=120;R":                       by(120, 'R', false),
		"BY=+120;rt":                     by(120, 'R', true),
		"BY=-30;N":                       by(-30, 'N', false),
		"BY=0;NT":                        by(0, 'N', true),
		"BY=999999999;N":                 by(999999999, 'N', false),
		"MT-PRIORITY=9":                  {Priority: 9, PrioritySet: true},
		"mt-priority=-9":                 {Priority: -9, PrioritySet: true},
		"MT-PRIORITY=0":                  {PrioritySet: true},
		"BODY=BINARYMIME":                {Body: smtpwire.BodyBinaryMIME},
	} {
		_, got, err := smtpwire.ParseMail("FROM:<a@b.test> "+params, everything)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", params, got, err)
		}
		if _, _, err := smtpwire.ParseMail("FROM:<a@b.test> "+params, smtpwire.Size); err == nil || !strings.HasPrefix(err.Error(), "555") {
			t.Errorf("%s where it is not offered: %v", params, err)
		}
		if _, _, err := smtpwire.ParseMail("FROM:<a@b.test> "+params+" "+params, everything); err == nil {
			t.Errorf("%s twice was taken", params)
		}
	}
}

func TestBadTransportParams(t *testing.T) {
	for _, params := range []string{
		"REQUIRETLS=1", "REQUIRETLS REQUIRETLS", "HOLDFOR", "HOLDFOR=0", "HOLDFOR=01", "HOLDFOR=-1", "HOLDFOR=1234567890", "HOLDFOR=1s",
		"HOLDUNTIL", "HOLDUNTIL=2030-01-31", "HOLDUNTIL=2030-01-31T12:00:00+01:00", "HOLDUNTIL=2030-02-31T12:00:00Z", "HOLDFOR=1 HOLDUNTIL=2030-01-31T12:00:00Z",
		"BY", "BY=120", "BY=;R", "BY=0;R", "BY=-1;R", "BY=1;X", "BY=1;T", "BY=1;RTT", "BY=1;NR", "BY=1234567890;N", "BY=+;N", "BY=--1;N", "BY=1;",
		"MT-PRIORITY", "MT-PRIORITY=10", "MT-PRIORITY=-10", "MT-PRIORITY=+1", "MT-PRIORITY=-0", "MT-PRIORITY=-", "MT-PRIORITY=1x", "MT-PRIORITY=1 MT-PRIORITY=1",
		"BODY=BINARY",
	} {
		if _, got, err := smtpwire.ParseMail("FROM:<a@b.test> "+params, everything); err == nil || !strings.HasPrefix(err.Error(), "501 5.5.4") {
			t.Errorf("%s: %+v, %v", params, got, err)
		}
	}
}

func TestParseETRN(t *testing.T) {
	for arg, want := range map[string]string{"example.org": "example.org", "Mail.EXAMPLE.org": "mail.example.org", "@x.test": "@x.test", "a": "a", "xn--4ca.test": "xn--4ca.test"} {
		got, sub, err := smtpwire.ParseETRN([]byte(arg))
		if sub {
			got = "@" + got
		}
		if err != nil || got != want {
			t.Errorf("%q: %q, %v", arg, got, err)
		}
	}
	for _, arg := range []string{"", "@", "#uucp", ".", ".x", "x.", "a..b", "a b", "a;b", "a@b", "[192.0.2.1]", "é.test", strings.Repeat("a", 254)} {
		if got, _, err := smtpwire.ParseETRN([]byte(arg)); err == nil {
			t.Errorf("%q: %q", arg, got)
		}
	}
}

func TestParseXClient(t *testing.T) {
	x, err := smtpwire.ParseXClient("NAME=spike.test ADDR=IPV6:2001:db8::1 PORT=1234 PROTO=ESMTP HELO=spike+2Etest LOGIN=joe+40x.test DESTADDR=192.0.2.25 DESTPORT=25")
	want := smtpwire.XClient{
		Name: "spike.test", Addr: netip.MustParseAddr("2001:db8::1"), Port: 1234, Proto: "ESMTP", Helo: "spike.test", Login: "joe@x.test",
		DestAddr: netip.MustParseAddr("192.0.2.25"), DestPort: 25, Given: 0xff,
	}
	if err != nil || x != want {
		t.Errorf("%+v, %v", x, err)
	}
	x, err = smtpwire.ParseXClient("name=[UNAVAILABLE] addr=[TEMPUNAVAIL] login=")
	if err != nil || x != (smtpwire.XClient{Given: smtpwire.XName | smtpwire.XAddr | smtpwire.XLogin}) {
		t.Errorf("%+v, %v", x, err)
	}
	for _, arg := range []string{
		"", "NAME", "FOO=bar", "ADDR=1.2.3", "ADDR=IPV6:x", "PORT=65536", "PORT=-1", "PROTO=HTTP", "NAME=a NAME=b", "HELO=a+0Db", "HELO=a+0", "HELO=a+20b", "NAME=" + strings.Repeat("x", 300),
	} {
		if got, err := smtpwire.ParseXClient(arg); err == nil {
			t.Errorf("%q: %+v", arg, got)
		}
	}
}

// FuzzParseXClient: whatever a trusted host sends, names are words.
func FuzzParseXClient(f *testing.F) {
	f.Add("NAME=spike.test ADDR=192.0.2.1 PROTO=ESMTP HELO=a+40b LOGIN=x")
	f.Fuzz(func(t *testing.T, arg string) {
		x, err := smtpwire.ParseXClient(arg)
		if strings.ContainsAny(x.Name+x.Helo, " \r\n\x00") || strings.ContainsAny(x.Login, "\r\n\x00") || err != nil && x != (smtpwire.XClient{}) {
			t.Errorf("%q: %+v, %v", arg, x, err)
		}
	})
}

func FuzzParseETRN(f *testing.F) {
	f.Add([]byte("@example.org"))
	f.Fuzz(func(t *testing.T, arg []byte) {
		domain, _, err := smtpwire.ParseETRN(arg)
		if (err == nil) != (domain != "") || strings.ContainsAny(domain, " \r\n\x00@#") {
			t.Errorf("%q: %q, %v", arg, domain, err)
		}
	})
}
