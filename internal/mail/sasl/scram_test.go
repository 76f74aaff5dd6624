package sasl_test

import (
	"errors"
	"strings"
	"testing"

	"tram/internal/mail/sasl"
)

func scramWith(binding sasl.Binding, plus bool) sasl.Mechanism {
	return sasl.NewSCRAM(func(string) (sasl.Keys, error) {
		return sasl.Keys{Salt: []byte("salt"), Iterations: 4096}, nil
	}, binding, plus)
}

// TestSCRAMFirst: what the first message of a client may be (RFC 5802 7).
func TestSCRAMFirst(t *testing.T) {
	bound := sasl.Binding{Exporter: []byte("secret")}
	for message, want := range map[string]error{
		"n,,n=ann,r=abc": nil, "y,,n=ann,r=abc": nil, "n,a=ann,n=ann,r=abc": nil, "n,,n=a=2Cb=3Dc,r=abc": nil, "n,,n=ann,r=abc,x=future": nil,
		"n,a=bob,n=ann,r=abc": sasl.ErrIdentity,
		"":                    sasl.ErrMalformed, "n": sasl.ErrMalformed, "n,,": sasl.ErrMalformed, "n,,n=ann": sasl.ErrMalformed, "n,,r=abc,n=ann": sasl.ErrMalformed,
		"n,,m=future,n=ann,r=abc": sasl.ErrMalformed, "x,,n=ann,r=abc": sasl.ErrMalformed, "n,,n=,r=abc": sasl.ErrMalformed, "n,,n=ann,r=": sasl.ErrMalformed,
		"n,,n=a=20b,r=abc": sasl.ErrMalformed, "n,,n=ann,r=a\x00c": sasl.ErrMalformed, "n,x=ann,n=ann,r=abc": sasl.ErrMalformed, "n,,n=a\x00b,r=abc": sasl.ErrMalformed,
		"p=tls-exporter,,n=ann,r=abc": sasl.ErrMalformed, "n,,n=ann,r=" + strings.Repeat("x", 257): sasl.ErrMalformed, "n,,n=ann,r=abc" + strings.Repeat("x", 3000): sasl.ErrMalformed,
	} {
		challenge, done, err := scramWith(sasl.Binding{}, false).Next([]byte(message))
		if !errors.Is(err, want) || done || err == nil && !strings.HasPrefix(string(challenge), "r=abc") {
			t.Errorf("%.60q: %q, %v, %v", message, challenge, done, err)
		}
	}
	for message, want := range map[string]error{
		"p=tls-exporter,,n=ann,r=abc": nil, "p=tls-unique,,n=ann,r=abc": sasl.ErrBinding, "p=tls-server-end-point,,n=ann,r=abc": sasl.ErrBinding,
		"n,,n=ann,r=abc": sasl.ErrMalformed, "y,,n=ann,r=abc": sasl.ErrMalformed, "p=,,n=ann,r=abc": sasl.ErrBinding,
	} {
		if _, _, err := scramWith(bound, true).Next([]byte(message)); !errors.Is(err, want) {
			t.Errorf("PLUS, %q: %v", message, err)
		}
	}
}

// FuzzSCRAM: whoever does not know the password is never let in.
func FuzzSCRAM(f *testing.F) {
	f.Add("n,,n=ann,r=abc", "c=biws,r=abc,p=AAAA", "")
	f.Add("p=tls-exporter,,n=a=2C,r=abc", "c=,r=,p=", "x")
	f.Fuzz(func(t *testing.T, one, two, three string) {
		for _, plus := range []bool{false, true} {
			m := scramWith(sasl.Binding{Exporter: []byte("secret")}, plus)
			for _, message := range []string{one, two, three} {
				_, done, err := m.Next([]byte(message))
				if done {
					t.Fatalf("%q %q %q: let in", one, two, three)
				}
				if err != nil {
					break
				}
			}
		}
	})
}
