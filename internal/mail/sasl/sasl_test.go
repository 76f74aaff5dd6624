package sasl_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"tram/internal/mail/sasl"
)

var errWrong = errors.New("wrong password")

func check(login, password string) error {
	if login == "joe@x.org" && password == "mật khẩu" {
		return nil
	}
	return errWrong
}

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// TestExchanges runs whole conversations. The first line is the initial
// response, "-" for none; what is expected are the challenges, decoded, and
// how it ends.
func TestExchanges(t *testing.T) {
	for _, tt := range []struct {
		name, mechanism string
		lines           []string
		challenges      []string
		want            error
	}{
		{"plain", "PLAIN", []string{b64("\x00joe@x.org\x00mật khẩu")}, nil, nil},
		{"plain, lower case", "plain", []string{b64("\x00joe@x.org\x00mật khẩu")}, nil, nil},
		{"plain without initial response", "PLAIN", []string{"-", b64("\x00joe@x.org\x00mật khẩu")}, []string{""}, nil},
		{"plain as oneself", "PLAIN", []string{b64("joe@x.org\x00joe@x.org\x00mật khẩu")}, nil, nil},
		{"plain as another", "PLAIN", []string{b64("jim@x.org\x00joe@x.org\x00mật khẩu")}, nil, sasl.ErrIdentity},
		{"plain, wrong password", "PLAIN", []string{b64("\x00joe@x.org\x00x")}, nil, errWrong},
		{"plain, empty initial response", "PLAIN", []string{"="}, nil, sasl.ErrMalformed},
		{"plain, empty response", "PLAIN", []string{"-", ""}, []string{""}, sasl.ErrMalformed},
		{"plain, no NUL", "PLAIN", []string{b64("joe")}, nil, sasl.ErrMalformed},
		{"plain, one NUL", "PLAIN", []string{b64("joe\x00x")}, nil, sasl.ErrMalformed},
		{"plain, three NULs", "PLAIN", []string{b64("\x00joe@x.org\x00a\x00b")}, nil, sasl.ErrMalformed},
		{"plain, no login", "PLAIN", []string{b64("\x00\x00x")}, nil, sasl.ErrMalformed},
		{"plain, no password", "PLAIN", []string{b64("\x00joe@x.org\x00")}, nil, sasl.ErrMalformed},
		{"plain, broken UTF-8", "PLAIN", []string{b64("\x00joe@x.org\x00\xff")}, nil, sasl.ErrMalformed},
		{"plain, long login", "PLAIN", []string{b64("\x00" + strings.Repeat("x", sasl.MaxLogin+1) + "\x00x")}, nil, sasl.ErrMalformed},
		{"plain, long password", "PLAIN", []string{b64("\x00x\x00" + strings.Repeat("x", sasl.MaxPassword+1))}, nil, sasl.ErrMalformed},
		{"plain, cancelled", "PLAIN", []string{"-", "*"}, []string{""}, sasl.ErrCancelled},
		{"plain, not base64", "PLAIN", []string{"!!!"}, nil, sasl.ErrEncoding},
		{"plain, line end in base64", "PLAIN", []string{"-", b64("\x00joe@x.org\x00mật khẩu")[:8] + "\r" + b64("\x00joe@x.org\x00mật khẩu")[8:]}, []string{""}, sasl.ErrEncoding},
		{"plain, no padding", "PLAIN", []string{strings.TrimRight(b64("\x00joe@x.org\x00x1"), "=")}, nil, sasl.ErrEncoding},
		{"plain, too long", "PLAIN", []string{"-", strings.Repeat("A", sasl.MaxLine+4)}, []string{""}, sasl.ErrEncoding},
		{"login", "LOGIN", []string{"-", b64("joe@x.org"), b64("mật khẩu")}, []string{"Username:", "Password:"}, nil},
		{"login with initial response", "LOGIN", []string{b64("joe@x.org"), b64("mật khẩu")}, []string{"Password:"}, nil},
		{"login, wrong password", "LOGIN", []string{"-", b64("joe@x.org"), b64("x")}, []string{"Username:", "Password:"}, errWrong},
		{"login, empty login", "LOGIN", []string{"-", "", b64("x")}, []string{"Username:", "Password:"}, sasl.ErrMalformed},
		{"login, cancelled", "LOGIN", []string{"-", b64("joe@x.org"), "*"}, []string{"Username:", "Password:"}, sasl.ErrCancelled},
		{"login, NUL", "LOGIN", []string{"-", b64("joe\x00"), b64("x")}, []string{"Username:", "Password:"}, sasl.ErrMalformed},
		{"login, long login", "LOGIN", []string{b64(strings.Repeat("x", sasl.MaxLogin+1))}, nil, sasl.ErrMalformed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := sasl.NewExchange(sasl.New(tt.mechanism, check))
			var challenges []string
			challenge, done, err := x.Start([]byte(tt.lines[0]), tt.lines[0] != "-")
			for _, line := range tt.lines[1:] {
				if done || err != nil {
					t.Fatalf("over before %q: %v %v", line, done, err)
				}
				decoded, derr := base64.StdEncoding.DecodeString(challenge)
				if derr != nil {
					t.Fatal(derr)
				}
				challenges = append(challenges, string(decoded))
				challenge, done, err = x.Next([]byte(line))
			}
			if !errors.Is(err, tt.want) || done != (tt.want == nil) {
				t.Errorf("ended with %v, %v, want %v", done, err, tt.want)
			}
			if strings.Join(challenges, "|") != strings.Join(tt.challenges, "|") || len(challenges) != len(tt.challenges) {
				t.Errorf("challenges %q, want %q", challenges, tt.challenges)
			}
		})
	}
}

func TestNew(t *testing.T) {
	for name := range strings.SplitSeq(sasl.PasswordMechanisms, " ") {
		if m := sasl.New(name, check); m == nil || m.Name() != name {
			t.Errorf("%s: %v", name, m)
		}
	}
	for _, name := range []string{"", "CRAM-MD5", "PLAIN ", "PLAI", "EXTERNAL"} {
		if sasl.New(name, check) != nil {
			t.Errorf("%q is a mechanism", name)
		}
	}
}

// FuzzExchange: whatever a client sends, a check sees clean credentials, and
// an exchange never succeeds without one.
func FuzzExchange(f *testing.F) {
	f.Add("PLAIN", true, b64("\x00joe\x00secret"), "", "")
	f.Add("LOGIN", false, "", b64("joe"), b64("secret"))
	f.Add("PLAIN", true, "=", "*", "")
	f.Fuzz(func(t *testing.T, name string, given bool, a, b, c string) {
		checked := false
		m := sasl.New(name, func(login, password string) error {
			checked = true
			if login == "" || password == "" || len(login) > sasl.MaxLogin || len(password) > sasl.MaxPassword ||
				strings.ContainsRune(login+password, 0) || !utf8.ValidString(login) || !utf8.ValidString(password) {
				t.Fatalf("checked %q, %q", login, password)
			}
			return nil
		})
		if m == nil {
			return
		}
		x := sasl.NewExchange(m)
		challenge, done, err := x.Start([]byte(a), given)
		for _, line := range []string{b, c} {
			if done || err != nil {
				break
			}
			if _, err := base64.StdEncoding.DecodeString(challenge); err != nil {
				t.Fatal(err)
			}
			challenge, done, err = x.Next([]byte(line))
		}
		if done && (err != nil || !checked) {
			t.Fatalf("done with %v, checked %v", err, checked)
		}
	})
}
