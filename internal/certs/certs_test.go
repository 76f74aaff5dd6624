package certs

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func load(t *testing.T, hostname, dir string) *Keeper {
	t.Helper()
	k, err := Load(hostname, dir, "", "")
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestSelfSignedIsKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tls")
	first := load(t, "mail.example.org", dir)
	if second := load(t, "mail.example.org", dir); !second.Leaf().Equal(first.Leaf()) {
		t.Error("a second start made another certificate")
	}
	if other := load(t, "mx.example.org", dir); other.Leaf().Equal(first.Leaf()) {
		t.Error("another host name got the old certificate")
	}
	info, err := os.Stat(filepath.Join(dir, "self-signed.pem"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info.Mode(), err)
	}
	public, err := os.ReadFile(filepath.Join(dir, "certificate.pem"))
	if err != nil || strings.Contains(string(public), "PRIVATE") {
		t.Error("certificate.pem holds a key", err)
	}
}

func TestSelfSignedIsRenewedInTime(t *testing.T) {
	k := load(t, "mail.example.org", t.TempDir())
	old := k.Leaf()
	// In the order of time: what is made on day 720 stays.
	for _, c := range []struct {
		days  int
		fresh bool
	}{{600, false}, {720, true}} {
		pair, err := k.selfSigned(time.Now().Add(time.Duration(c.days) * 24 * time.Hour))
		if err != nil || pair.Leaf.Equal(old) == c.fresh {
			t.Errorf("after %d days: %v", c.days, err)
		}
	}
}

// A client that trusts certificate.pem gets through, by every name.
func TestHandshake(t *testing.T) {
	dir := t.TempDir()
	k := load(t, "mail.example.org", dir)
	trust, err := os.ReadFile(filepath.Join(dir, "certificate.pem"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(trust)
	for _, name := range []string{"mail.example.org", "localhost", "127.0.0.1", "::1"} {
		if err := handshake(k.Config(), &tls.Config{RootCAs: roots, ServerName: name}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := handshake(k.Config(), &tls.Config{RootCAs: roots, ServerName: "other.test"}); err == nil {
		t.Error("a wrong name was accepted")
	}
	if err := handshake(k.Config(), &tls.Config{RootCAs: roots, ServerName: "localhost", MaxVersion: tls.VersionTLS11}); err == nil {
		t.Error("TLS 1.1 was spoken")
	}
}

// handshake tries it over a real connection: over net.Pipe a client that
// refuses and a server that still writes would wait for each other.
func handshake(server, client *tls.Config) error {
	l, err := tls.Listen("tcp", "127.0.0.1:0", server)
	if err != nil {
		return err
	}
	defer l.Close()
	go func() {
		if c, err := l.Accept(); err == nil {
			_ = c.(*tls.Conn).Handshake()
			c.Close()
		}
	}()
	c, err := tls.Dial("tcp", l.Addr().String(), client)
	if err == nil {
		c.Close()
	}
	return err
}

func TestReload(t *testing.T) {
	dir := t.TempDir()
	k := load(t, "a.test", dir)
	config := k.Config()
	certPEM, keyPEM, err := generate("b.test", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	cert, key := filepath.Join(dir, "c.pem"), filepath.Join(dir, "k.pem")
	write(t, cert, certPEM)
	write(t, key, keyPEM)

	if err := k.Reload(cert, filepath.Join(dir, "missing")); err == nil || k.Leaf().Subject.CommonName != "a.test" {
		t.Error("a missing key took effect", err)
	}
	if err := k.Reload(cert, filepath.Join(dir, "self-signed.pem")); err == nil || !strings.Contains(err.Error(), cert) {
		t.Error("a key of another certificate was accepted", err)
	}
	if err := k.Reload(cert, key); err != nil {
		t.Fatal(err)
	}
	if got, _ := config.GetCertificate(nil); got.Leaf.Subject.CommonName != "b.test" {
		t.Error("the configuration still hands out", got.Leaf.Subject)
	}
}

func TestDamagedFileIsNotReplaced(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "self-signed.pem"), []byte("x"))
	if _, err := Load("a.test", dir, "", ""); err == nil || !strings.Contains(err.Error(), "delete the file") {
		t.Error(err)
	}
}

func write(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}
