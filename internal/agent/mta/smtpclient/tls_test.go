package smtpclient_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"tram/internal/agent/mta/smtpclient"
	"tram/internal/agent/mta/smtptest"
)

// certificate makes a self-signed certificate and the pool that trusts it.
func certificate(t testing.TB, names ...string) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: names[0]}, DNSNames: names, IsCA: true,
		BasicConstraintsValid: true, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, pool
}

func TestTLS(t *testing.T) {
	config, pool := certificate(t, "sink.example")
	_, stranger := certificate(t, "sink.example")
	const opportunistic, none, startTLS, implicit = smtpclient.Opportunistic, smtpclient.NoTLS, smtpclient.StartTLS, smtpclient.ImplicitTLS
	refuse := func(step, arg string) string {
		if step == "STARTTLS" {
			return "454 4.7.0 not now"
		}
		return ""
	}
	tests := []struct {
		name        string
		host        smtptest.Options
		mode        smtpclient.TLSMode
		trust       *x509.CertPool
		wantTLS     bool
		fallback    bool
		connections int
		fails       string // step
	}{
		{name: "offered and taken", host: smtptest.Options{TLS: config}, wantTLS: true, connections: 1},
		{name: "any certificate", host: smtptest.Options{TLS: config}, mode: opportunistic, trust: stranger, wantTLS: true, connections: 1},
		{name: "not offered", mode: opportunistic, connections: 1},
		{name: "broken", host: smtptest.Options{BreakTLS: true}, mode: opportunistic, fallback: true, connections: 2},
		{name: "refused", host: smtptest.Options{TLS: config, Reply: refuse}, mode: opportunistic, connections: 1},
		{name: "not wanted", host: smtptest.Options{TLS: config}, mode: none, connections: 1},
		{name: "required and right", host: smtptest.Options{TLS: config}, mode: startTLS, trust: pool, wantTLS: true, connections: 1},
		{name: "required and forged", host: smtptest.Options{TLS: config}, mode: startTLS, trust: stranger, connections: 1, fails: "TLS handshake"},
		{name: "required and broken", host: smtptest.Options{BreakTLS: true}, mode: startTLS, trust: pool, connections: 1, fails: "TLS handshake"},
		{name: "required and not offered", mode: startTLS, trust: pool, connections: 1, fails: "STARTTLS"},
		{name: "required and refused", host: smtptest.Options{TLS: config, Reply: refuse}, mode: startTLS, trust: pool, connections: 1, fails: "STARTTLS"},
		{name: "implicit", host: smtptest.Options{TLS: config, Implicit: true}, mode: implicit, trust: pool, wantTLS: true, connections: 1},
		{name: "implicit and forged", host: smtptest.Options{TLS: config, Implicit: true}, mode: implicit, trust: stranger, connections: 1, fails: "TLS handshake"},
		{name: "injected", host: smtptest.Options{TLS: config, Inject: "250 forged\r\n"}, mode: opportunistic, connections: 1, fails: "STARTTLS"},
	}
	for _, test := range tests {
		host := smtptest.Start(t, test.host)
		o := options()
		o.RootCAs = test.trust
		c, err := smtpclient.Dial(t.Context(), smtpclient.Host{Name: "sink.example", Addr: host.Addr(), TLS: test.mode}, o)
		if test.fails != "" {
			var failure *smtpclient.Failure
			if !errors.As(err, &failure) || failure.Step != test.fails {
				t.Errorf("%s: %v", test.name, err)
			}
		} else if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		} else {
			r := c.Send(t.Context(), letter(t, text, "x@sink.example"))
			if codes(r) != "250" || c.TLS() != "" != test.wantTLS || c.Fallback() != test.fallback {
				t.Errorf("%s: %s, TLS %q, fallback %v", test.name, codes(r), c.TLS(), c.Fallback())
			}
			c.Close()
			if m := host.Messages(); m[0].TLS != test.wantTLS {
				t.Errorf("%s: the host saw TLS %v", test.name, m[0].TLS)
			}
		}
		if n := host.Connections(); n != test.connections {
			t.Errorf("%s: %d connections, want %d", test.name, n, test.connections)
		}
	}
}

func TestLogin(t *testing.T) {
	config, pool := certificate(t, "sink.example")
	login := func(step, arg string) string {
		if step == "AUTH" && arg != "user secret" {
			return "535 5.7.8 wrong"
		}
		return ""
	}
	plain := []string{"AUTH PLAIN LOGIN", "PIPELINING"}
	tests := []struct {
		name       string
		mode       smtpclient.TLSMode
		withTLS    bool
		extensions []string
		password   string
		ok         bool
	}{
		{"right", smtpclient.StartTLS, true, plain, "secret", true},
		{"wrong", smtpclient.StartTLS, true, plain, "guess", false},
		{"not offered", smtpclient.StartTLS, true, []string{"AUTH GSSAPI"}, "secret", false},
		{"in plain text by mistake", smtpclient.Opportunistic, false, plain, "secret", false},
		{"in plain text on purpose", smtpclient.NoTLS, false, plain, "secret", true},
	}
	for _, test := range tests {
		o := smtptest.Options{Reply: login, Extensions: test.extensions}
		if test.withTLS {
			o.TLS = config
		}
		host := smtptest.Start(t, o)
		clientOptions := options()
		clientOptions.RootCAs = pool
		c, err := smtpclient.Dial(t.Context(), smtpclient.Host{
			Name: "sink.example", Addr: host.Addr(), TLS: test.mode, User: "user", Password: test.password,
		}, clientOptions)
		if (err == nil) != test.ok {
			t.Errorf("%s: %v", test.name, err)
		}
		if err != nil {
			if strings.Contains(err.Error(), test.password) {
				t.Errorf("%s: the password is in %v", test.name, err)
			}
			continue
		}
		if r := c.Send(t.Context(), letter(t, text, "x@sink.example")); codes(r) != "250" || host.Messages()[0].User != "user" {
			t.Errorf("%s: %s", test.name, codes(r))
		}
		c.Close()
	}
}
