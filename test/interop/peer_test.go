package interop

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// peer is a mail server of somebody else, with its own address and files.
type peer struct {
	t      testing.TB
	dir    string // its own, removed afterwards
	ip     string
	domain string
}

// peerPort is where every peer and every Tram beside it takes mail.
const peerPort = 2525

// patience is how long a message may take through two servers.
const patience = 15 * time.Second

// newPeer makes the directory and the certificate. Servers drop their rights,
// so the directory is not below one that only we may enter.
func newPeer(t testing.TB, ip, domain string) *peer {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("a mail server of Debian starts as root only: run as root")
	}
	dir, err := os.MkdirTemp("", "tram-peer")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	p := &peer{t: t, dir: dir, ip: ip, domain: domain}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	p.certificate()
	return p
}

func (p *peer) path(name string) string { return filepath.Join(p.dir, name) }
func (p *peer) hostname() string        { return "mail." + p.domain }

func (p *peer) write(name, text string) {
	p.t.Helper()
	if err := os.WriteFile(p.path(name), []byte(text), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// folder makes a directory that belongs to a user.
func (p *peer) folder(name, user string) string {
	p.t.Helper()
	if err := os.MkdirAll(p.path(name), 0o755); err != nil {
		p.t.Fatal(err)
	}
	p.run("chown", user, p.path(name))
	return p.path(name)
}

func (p *peer) run(name string, args ...string) {
	p.t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		p.t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out, p.log())
	}
}

func (p *peer) certificate() {
	p.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		p.t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: p.hostname()}, DNSNames: []string{p.hostname()},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		p.t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		p.t.Fatal(err)
	}
	p.write("cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	p.write("key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
}

// awaitGreeting waits until the peer takes mail.
func (p *peer) awaitGreeting() {
	p.t.Helper()
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		c, err := net.Dial("tcp", net.JoinHostPort(p.ip, itoa(peerPort)))
		if err == nil {
			c.SetDeadline(time.Now().Add(time.Second))
			line, err := bufio.NewReader(c).ReadString('\n')
			c.Close()
			if err == nil && strings.HasPrefix(line, "220") {
				return
			}
		}
		if time.Since(began) > patience {
			p.t.Fatalf("%s does not answer: %v\n%s", p.domain, err, p.log())
		}
	}
}

// log is what the peer has logged.
func (p *peer) log() string {
	var all strings.Builder
	for _, name := range []string{"log", "spool/log.mainlog", "spool/log.paniclog"} {
		text, _ := os.ReadFile(p.path(name)) // there may be none
		all.Write(text)
	}
	return all.String()
}

// await waits for a message in a Maildir that holds all words.
func (p *peer) await(user string, words ...string) string {
	p.t.Helper()
	for began := time.Now(); time.Since(began) < patience; time.Sleep(50 * time.Millisecond) {
		files, _ := filepath.Glob(filepath.Join(p.dir, "mail", user, "new", "*"))
		for _, file := range files {
			if text, err := os.ReadFile(file); err == nil && holdsAll(string(text), words) {
				return string(text)
			}
		}
	}
	p.t.Fatalf("%s@%s got no message with %q\n%s", user, p.domain, words, p.log())
	return ""
}

func holdsAll(text string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

// await waits for a message in an INBOX that holds all words.
func (i *instance) await(account string, words ...string) string {
	i.t.Helper()
	const script = `python3 - <<'P'
import imaplib, os, sys
m = imaplib.IMAP4(os.environ['IP'], int(os.environ['IMAP'])); m.login(os.environ['TO'], os.environ['PASS'])
n = int(m.select('INBOX', True)[1][0])
for k in range(1, n + 1): sys.stdout.buffer.write(m.fetch(str(k), '(BODY.PEEK[])')[1][0][1] + b'\0')
m.logout()
P`
	need(i.t, "python3")
	for began := time.Now(); time.Since(began) < patience; time.Sleep(50 * time.Millisecond) {
		for _, text := range strings.Split(i.sh(script, "TO="+account), "\x00") {
			if holdsAll(text, words) {
				return text
			}
		}
	}
	i.t.Fatalf("%s got no message with %q\n%s", account, words, i.log)
	return ""
}

// awaitLog waits for a line of the server's log that holds all words.
func (i *instance) awaitLog(words ...string) {
	i.t.Helper()
	for began := time.Now(); time.Since(began) < patience; time.Sleep(50 * time.Millisecond) {
		for line := range strings.SplitSeq(i.log.String(), "\n") {
			if holdsAll(line, words) {
				return
			}
		}
	}
	i.t.Fatalf("no line with %q in\n%s", words, i.log)
}

// hand hands a message to a server on its port for everybody, with whole MAIL
// and RCPT commands, and fails the test when it is not taken.
func hand(t testing.TB, ip, mail, rcpt, text string) {
	t.Helper()
	c, err := textproto.Dial("tcp", net.JoinHostPort(ip, itoa(peerPort)))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, _, err := c.ReadResponse(220); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		line string
		code int
	}{{"EHLO client.test", 250}, {mail, 250}, {rcpt, 250}, {"DATA", 354}} {
		if err := c.PrintfLine("%s", step.line); err != nil {
			t.Fatal(err)
		}
		if _, _, err := c.ReadResponse(step.code); err != nil {
			t.Fatalf("%s: %v", step.line, err)
		}
	}
	w := c.DotWriter()
	if _, err := w.Write([]byte(text)); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	if _, _, err := c.ReadResponse(250); err != nil {
		t.Fatal(err)
	}
}

// note is a short message; what it is about is in its body, to be found again.
func note(from, to, about string) string {
	return fmt.Sprintf("From: <%s>\nTo: <%s>\nSubject: a note\nDate: Sun, 22 Nov 2026 10:00:00 +0700\nMessage-ID: <%s@note.test>\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nabout %s: mật\n.\n..\n", from, to, about, about)
}
