package interop

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const pop2Port = 2109

// newPOP is a server with POP3, POP2 and three messages for an.
func newPOP(t *testing.T, ip string) *instance {
	i := newInstance(t, ip, 2525, "", "an@pop.test")
	i.extra = fmt.Sprintf("[[listener]]\nprotocol = \"pop2\"\naddress = \"%s:%d\"\n", ip, pop2Port)
	i.configure()
	i.start()
	i.fill("one", "two", "three")
	return i
}

// fill appends messages to the INBOX of the first account.
func (i *instance) fill(subjects ...string) {
	i.t.Helper()
	i.fillWith("", subjects...)
}

// fillWith is fill with more lines in each message.
func (i *instance) fillWith(lines string, subjects ...string) {
	i.t.Helper()
	for n, subject := range subjects {
		path := filepath.Join(i.dir, fmt.Sprintf("message%d", n))
		text := fmt.Sprintf("From: a@pop.test\r\nTo: b@pop.test\r\nSubject: %s\r\nDate: Sun, 22 Nov 2026 10:00:%02d +0700\r\nMessage-ID: <%s@pop.test>\r\n\r\n.dot of %s\r\n..\r\n%slast\r\n", subject, n, subject, subject, lines)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			i.t.Fatal(err)
		}
		i.sh("curl -sS --cacert $CAFILE --resolve $TLSNAME:$IMAPS:$IP --user " + i.accounts[0] + ":$PASS -T " + path + " imaps://$TLSNAME:$IMAPS/INBOX")
	}
}

// TestPOPClients downloads the same mail with each client that Debian has.
func TestPOPClients(t *testing.T) {
	for _, c := range []struct {
		name, need, script string
		left               int // messages afterwards
	}{
		{"curl", "curl", `
			pop() { curl -sS --cacert $CAFILE --resolve $TLSNAME:$POP3S:$IP --user an@pop.test:$PASS "$@"; }
			pop pop3s://$TLSNAME:$POP3S/ | tr -d '\r' | grep -c '^[1-3] [0-9]' | grep -x 3
			pop pop3s://$TLSNAME:$POP3S/2 >two; grep -c '^Subject: two' two; grep '^\.dot of two' two
			pop --request UIDL pop3s://$TLSNAME:$POP3S/ | tr -d '\r' | sort -u -k2 | wc -l | grep -x 3
			pop --request 'TOP 3 0' pop3s://$TLSNAME:$POP3S/ | grep '^Subject: three'`, 3},
		{"curl-stls", "curl", `
			curl -sS --ssl-reqd --cacert $CAFILE --resolve $TLSNAME:$POP3:$IP --user an@pop.test:$PASS pop3://$TLSNAME:$POP3/1 | grep '^Subject: one'
			curl -sS --ssl-reqd --login-options AUTH=PLAIN --cacert $CAFILE --resolve $TLSNAME:$POP3:$IP --user an@pop.test:$PASS pop3://$TLSNAME:$POP3/3 | grep '^Subject: three'`, 3},
		{"fetchmail", "fetchmail", `
			cat >fetchmailrc <<END
poll "$IP" protocol pop3 service $POP3S auth password uidl user "an@pop.test" password "$PASS" ssl no sslcertck keep mda "cat >>$PWD/fetched; echo END >>$PWD/fetched"
END
			chmod 600 fetchmailrc
			fetchmail -f fetchmailrc --pidfile pid --idfile ids --nosyslog -N
			fetchmail -f fetchmailrc --pidfile pid --idfile ids --nosyslog -N && exit 1 || [ $? = 1 ]
			grep -cx END fetched | grep -x 3
			grep -x '\.dot of two' fetched`, 3},
		{"getmail", "getmail", `
			mkdir -p g
			cat >g/getmailrc <<END
[retriever]
type = SimplePOP3Retriever
server = $IP
port = $POP3
username = an@pop.test
password = $PASS
[destination]
type = MDA_external
path = /bin/sh
arguments = ("-c", "cat >>$PWD/box")
allow_root_commands = true
[options]
delete = true
END
			getmail --getmaildir g --quiet
			grep -c '^Subject: ' box | grep -x 3
			grep -cx '\.\.' box | grep -x 3`, 0},
		{"mpop", "mpop", `
			mkdir -p mm/new mm/cur mm/tmp
			cat >mpoprc <<END
account a
host $IP
port $POP3S
tls on
tls_starttls off
tls_certcheck off
user an@pop.test
auth scram-sha-256
delivery maildir $PWD/mm
uidls_file $PWD/uidls
keep on
END
			chmod 600 mpoprc
			mpop -C mpoprc --passwordeval "echo $PASS" a >log
			mpop -C mpoprc --passwordeval "echo $PASS" a >log2
			ls mm/new | wc -l | grep -x 3`, 3},
		{"poplib", "python3", `
			cat >p.py <<'END'
import os, poplib, socket
ip, password = os.environ['IP'], os.environ['PASS']
p = poplib.POP3(ip, int(os.environ['POP3']), timeout=20)
caps = p.capa()
assert 'UTF8' in caps and 'LANG' in caps and caps['EXPIRE'] == ['NEVER'], caps
p.utf8()
assert p._shortcmd('LANG vi').startswith(b'+OK vi ')
p.user('an@pop.test'); p.pass_(password)
count, size = p.stat()
_, sizes, _ = p.list()
assert count == 3 and size == sum(int(s.split()[1]) for s in sizes), (count, size, sizes)
for s in sizes:
    n, octets = map(int, s.split())
    _, lines, total = p.retr(n)
    assert sum(len(l) + 2 for l in lines) == octets, (n, octets)
q = poplib.POP3(ip, int(os.environ['POP3']), timeout=20)
q.user('an@pop.test')
try:
    q.pass_(password)
    assert False, 'two sessions'
except poplib.error_proto as e:
    assert b'[IN-USE]' in e.args[0], e
q.close()
p.dele(1); p.rset(); p.dele(2); p.quit()
END
			python3 p.py`, 2},
		{"beside-imap", "python3", `
			cat >p.py <<'END'
import imaplib, os, poplib
ip, password = os.environ['IP'], os.environ['PASS']
p = poplib.POP3(ip, int(os.environ['POP3']), timeout=20)
p.user('an@pop.test'); p.pass_(password)
m = imaplib.IMAP4(ip, int(os.environ['IMAP']))
m.login('an@pop.test', password)
assert m.select('INBOX')[1] == [b'3']
p.retr(1)
m.store('2', '+FLAGS', '(\\Deleted)'); m.expunge()
m.append('INBOX', None, None, b'Subject: four\r\n\r\nlast\r\n')
assert p.stat()[0] == 3
try:
    p.retr(2)
    assert False, 'an expunged message'
except poplib.error_proto as e:
    assert b'gone' in e.args[0], e
assert b'Subject: three' in p.retr(3)[1]
p.dele(1); p.dele(2); p.quit()
assert m.noop()[0] == 'OK'
_, flags = m.fetch('1:*', '(FLAGS)')
assert len(flags) == 2 and b'Seen' in flags[0] and b'Seen' not in flags[1], flags
m.logout()
END
			python3 p.py`, 2},
		{"pop2", "python3", `
			cat >p.py <<'END'
import os, socket
s = socket.create_connection((os.environ['IP'], int(os.environ['POP2'])), 20)
f = s.makefile('rb')
def say(line): s.sendall(line.encode() + b'\r\n')
assert f.readline().startswith(b'+ POP2 mail.pop.test')
say('HELO an@pop.test ' + os.environ['PASS'])
assert f.readline().startswith(b'#3 ')
say('READ')
left = int(f.readline()[1:].split()[0])
while left:
    say('RETR')
    text = f.read(left)
    assert len(text) == left and text.endswith(b'\r\n..\r\nlast\r\n'), text
    say('ACKD')
    left = int(f.readline()[1:].split()[0])
say('QUIT')
assert f.readline().startswith(b'+ OK')
assert f.read() == b''
END
			python3 p.py`, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			need(t, c.need, "curl")
			i := newPOP(t, "127.0.78.1")
			i.sh(c.script, fmt.Sprintf("POP2=%d", pop2Port))
			list := i.sh("curl -sS --cacert $CAFILE --resolve $TLSNAME:$POP3S:$IP --user an@pop.test:$PASS pop3s://$TLSNAME:$POP3S/")
			if n := len(strings.Fields(list)) / 2; n != c.left {
				t.Errorf("%d messages are left, want %d", n, c.left)
			}
		})
	}
}
