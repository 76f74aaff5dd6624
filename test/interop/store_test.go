package interop

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// packs are the pack files of an instance, with their sizes.
func (i *instance) packs() (paths []string, size int64) {
	i.t.Helper()
	paths, err := filepath.Glob(filepath.Join(i.dir, "data", "blobs", "packs", "*.pack"))
	if err != nil {
		i.t.Fatal(err)
	}
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			i.t.Fatal(err)
		}
		size += info.Size()
	}
	return paths, size
}

// flip turns one bit of the first place where a text stands in a pack.
func (i *instance) flip(text string) {
	i.t.Helper()
	paths, _ := i.packs()
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			i.t.Fatal(err)
		}
		at := bytes.Index(b, []byte(text))
		if at < 0 {
			continue
		}
		b[at] ^= 4
		if err := os.WriteFile(path, b, 0o600); err != nil {
			i.t.Fatal(err)
		}
		return
	}
	i.t.Fatalf("%q stands in no pack", text)
}

// code is how a command of the instance ended.
func (i *instance) code(args ...string) (int, string) {
	i.t.Helper()
	out, err := i.run("", args...)
	if exit, ok := err.(*exec.ExitError); ok {
		return exit.ExitCode(), out
	}
	if err != nil {
		i.t.Fatal(err)
	}
	return 0, out
}

// TestFlippedBit flips a bit of one message in a real pack of a real server:
// that message is refused with a clear word by both protocols, its envelope and
// all other messages can be read, verify names it, repair moves it aside, and
// nothing of it is left in the INBOX.
func TestFlippedBit(t *testing.T) {
	need(t, "curl", "python3")
	i := newInstance(t, "127.0.79.1", 2525, "", "an@rot.test")
	i.start()
	// Too long to ride in the log: a start would write it again from there.
	i.fillWith(strings.Repeat("a line among many others\r\n", 2000), "one", "two", "three")
	i.stop()
	i.flip(".dot of two")
	i.start()

	i.sh(`cat >p.py <<'END'
import imaplib, os, poplib
ip, password = os.environ['IP'], os.environ['PASS']
p = poplib.POP3(ip, int(os.environ['POP3']), timeout=20)
p.user('an@rot.test'); p.pass_(password)
for n in (1, 3):
    assert b'last' in p.retr(n)[1]
for ask in (lambda: p.retr(2), lambda: p.top(2, 0)):
    try:
        ask()
        assert False, 'damaged bytes were handed out'
    except poplib.error_proto as e:
        assert e.args[0].startswith(b'-ERR [SYS/PERM]') and b'damaged' in e.args[0], e
p.quit()
m = imaplib.IMAP4(ip, int(os.environ['IMAP']))
m.login('an@rot.test', password)
m.select('INBOX')
for n in ('1', '3'):
    assert b'last' in m.fetch(n, '(BODY.PEEK[])')[1][0][1]
assert b'two' in m.fetch('2', '(ENVELOPE FLAGS)')[1][0]
try:
    kind, answer = m.fetch('2', '(BODY.PEEK[])')
    assert kind == 'NO' and b'[CORRUPTION]' in answer[-1], (kind, answer)
except m.abort as e:
    assert False, 'the session ended: %s' % e
kind, answer = m.fetch('1:3', '(BODY.PEEK[])')[0], m.response('FETCH')[1]
assert kind == 'NO' and sum(b'last' in d[1] for d in answer if isinstance(d, tuple)) == 2, (kind, answer)
m.logout()
END
	timeout 60 python3 p.py`)

	// Online, by the command: it names the message and says what to do.
	code, out := i.code("store", "verify", "--rate", "max")
	if code != 65 || !strings.Contains(out, "an@rot.test, INBOX, UID 2: body is damaged") || !strings.Contains(out, "--quarantine") {
		t.Fatalf("verify: %d\n%s", code, out)
	}
	if strings.Contains(out, "UID 1") || strings.Contains(out, "UID 3") {
		t.Errorf("verify names other messages:\n%s", out)
	}
	if code, out := i.code("store", "repair", "an@rot.test"); code != 65 || !strings.Contains(out, "1 damaged") {
		t.Errorf("repair: %d\n%s", code, out)
	}
	var found struct {
		OK       bool
		Problems []struct {
			Account, Mailbox string
			UID              int
			Damaged          bool
			MovedTo          string `json:"moved_to"`
		}
	}
	code, out = i.code("store", "repair", "an@rot.test", "--quarantine", "--json")
	if err := json.Unmarshal([]byte(out), &found); err != nil || code != 0 || !found.OK || len(found.Problems) != 1 {
		t.Fatalf("repair --quarantine: %d, %v\n%s", code, err, out)
	}
	if p := found.Problems[0]; p.Mailbox != "INBOX" || p.UID != 2 || !p.Damaged || p.MovedTo != "Damaged" {
		t.Errorf("%+v", p)
	}
	i.sh(`cat >p.py <<'END'
import imaplib, os
m = imaplib.IMAP4(os.environ['IP'], int(os.environ['IMAP']))
m.login('an@rot.test', os.environ['PASS'])
assert m.select('INBOX')[1] == [b'2']
for d in m.fetch('1:*', '(BODY.PEEK[])')[1]:
    assert d == b')' or b'last' in d[1]
assert m.select('Damaged')[1] == [b'1']
assert b'two' in m.fetch('1', '(ENVELOPE)')[1][0]
m.logout()
END
	timeout 60 python3 p.py`)
	i.stop()
	if code, out := i.code("store", "verify"); code != 65 || !strings.Contains(out, "an@rot.test, Damaged, UID 1") {
		t.Errorf("verify of the stopped store: %d\n%s", code, out)
	}
}

// TestCompact: the files of a store from which most mail was expunged shrink,
// and what is left can be read.
func TestCompact(t *testing.T) {
	need(t, "curl", "python3")
	i := newInstance(t, "127.0.79.2", 2525, "", "an@rot.test")
	i.start()
	i.sh(`cat >p.py <<'END'
import imaplib, os
m = imaplib.IMAP4(os.environ['IP'], int(os.environ['IMAP']))
m.login('an@rot.test', os.environ['PASS'])
for n in range(20):
    m.append('INBOX', None, None, b'Subject: %d\r\n\r\n' % n + os.urandom(150000).hex().encode() + b'\r\n')
m.select('INBOX')
m.store('1:16', '+FLAGS', '(\\Deleted)')
m.expunge()
m.logout()
END
	timeout 100 python3 p.py`)
	if code, out := i.code("store", "compact", "--age", "1s"); code != 65 || !strings.Contains(out, "stop the server") {
		t.Errorf("with mail that may be coming in: %d\n%s", code, out)
	}
	_, before := i.packs()
	i.must("", "store", "compact") // too young for the running server, and no harm
	if _, now := i.packs(); now < before {
		t.Errorf("the running server gave up young bodies: %d, now %d", before, now)
	}
	i.stop()
	var done struct{ Freed, Bodies int64 }
	out := i.must("", "store", "compact", "--json")
	if err := json.Unmarshal([]byte(out), &done); err != nil {
		t.Fatal(err, out)
	}
	_, after := i.packs()
	if after > before/2 || done.Bodies != 16 || done.Freed < before/2 {
		t.Errorf("packs of %d bytes are %d now\n%s", before, after, out)
	}
	if out := i.must("", "store", "verify"); !strings.Contains(out, "No problems") {
		t.Error(out)
	}
	i.start()
	if got := i.sh(`cat >p.py <<'END'
import imaplib, os
m = imaplib.IMAP4(os.environ['IP'], int(os.environ['IMAP']))
m.login('an@rot.test', os.environ['PASS'])
m.select('INBOX')
print(sum(len(d[1]) > 300000 for d in m.fetch('1:*', '(BODY.PEEK[])')[1] if d != b')'))
m.logout()
END
	timeout 60 python3 p.py`); strings.TrimSpace(got) != "4" {
		t.Errorf("%s messages can be read", got)
	}
	i.must("", "store", "reindex")
	i.must("", "account", "delete", "an@rot.test")
	if out := i.must("", "account", "restore", "an@rot.test"); !strings.Contains(out, fmt.Sprintf("with %d messages", 4)) {
		t.Error(out)
	}
	if code, _ := i.code("account", "restore", "an@rot.test"); code != 67 {
		t.Errorf("restored twice: %d", code)
	}
	i.sh("curl -sS --cacert $CAFILE --resolve $TLSNAME:$POP3S:$IP --user an@rot.test:$PASS pop3s://$TLSNAME:$POP3S/")
}
