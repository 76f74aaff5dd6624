package interop

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tram/internal/dns/dnstest"
)

const (
	an   = "an@mot.test"
	binh = "binh@mot.test"
	chi  = "chi@hai.test"
)

// senders hand a message file over to submission, each its own way.
var senders = map[string]struct{ program, script string }{
	// swaks changes the text unless told not to; then dots and the end are ours.
	"swaks": {"swaks", `(sed 's/^[.]/../' "$FILE"; printf '.\r\n') >"$FILE.dot"
		swaks -n --server "$IP:$SUB" --tls --auth PLAIN --auth-user "$FROM" --auth-password "$PASS" --from "$FROM" --to "$TO" --no-data-fixup --data @"$FILE.dot"`},
	"curl": {"curl", `curl -sS --cacert "$CAFILE" --ssl-reqd --connect-to "$TLSNAME:$SUB:$IP:$SUB" -u "$FROM:$PASS" --mail-from "$FROM" --mail-rcpt "$TO" -T "$FILE" "smtp://$TLSNAME:$SUB"`},
	"msmtp": {"msmtp", `tr -d '\r' <"$FILE" | msmtp --file=/dev/null --host="$IP" --port="$SUB" --tls=on --tls-starttls=on --tls-trust-file="$CAFILE" --tls-host-override="$TLSNAME" \
		--auth=plain --user="$FROM" --passwordeval="printf %s '$PASS'" --from="$FROM" "$TO"`},
	"smtplib": {"python3", `python3 - <<'P'
import os, smtplib, ssl
c = ssl.create_default_context(cafile=os.environ['CAFILE']); c.check_hostname = False
s = smtplib.SMTP(os.environ['IP'], int(os.environ['SUB'])); s.starttls(context=c); s.login(os.environ['FROM'], os.environ['PASS'])
s.sendmail(os.environ['FROM'], [os.environ['TO']], open(os.environ['FILE'], 'rb').read(), mail_options=['BODY=8BITMIME']); s.quit()
P`},
}

// readers print the newest message of an account, each its own way.
var readers = map[string]struct{ program, script string }{
	"curl-imap": {"curl", `n=$(curl -sS --cacert "$CAFILE" --connect-to "$TLSNAME:$IMAPS:$IP:$IMAPS" -u "$TO:$PASS" "imaps://$TLSNAME:$IMAPS/INBOX" -X 'UID SEARCH ALL' | tr -d '\r' | awk '{print $NF}')
		curl -sS --cacert "$CAFILE" --connect-to "$TLSNAME:$IMAPS:$IP:$IMAPS" -u "$TO:$PASS" "imaps://$TLSNAME:$IMAPS/INBOX;UID=$n"`},
	"curl-pop3": {"curl", `n=$(curl -sS --cacert "$CAFILE" --connect-to "$TLSNAME:$POP3S:$IP:$POP3S" -u "$TO:$PASS" "pop3s://$TLSNAME:$POP3S/" | tail -1 | cut -d' ' -f1)
		curl -sS --cacert "$CAFILE" --connect-to "$TLSNAME:$POP3S:$IP:$POP3S" -u "$TO:$PASS" "pop3s://$TLSNAME:$POP3S/$n"`},
	"imaplib": {"python3", `python3 - <<'P'
import imaplib, os, sys
m = imaplib.IMAP4(os.environ['IP'], int(os.environ['IMAP'])); m.login(os.environ['TO'], os.environ['PASS']); m.select('INBOX', True)
n = m.search(None, 'ALL')[1][0].split()[-1].decode()
sys.stdout.buffer.write(m.fetch(n, '(BODY.PEEK[])')[1][0][1]); m.logout()
P`},
	"poplib": {"python3", `python3 - <<'P'
import os, poplib, sys
p = poplib.POP3(os.environ['IP'], int(os.environ['POP3'])); p.user(os.environ['TO']); p.pass_(os.environ['PASS'])
sys.stdout.buffer.write(b'\r\n'.join(p.retr(p.stat()[0])[1]) + b'\r\n'); p.quit()
P`},
}

// TestRoadWithinOne sends with each sender and reads with each reader: what
// comes out ends with what went in, byte for byte.
func TestRoadWithinOne(t *testing.T) {
	i := newInstance(t, "127.0.71.1", 2525, "", an, binh)
	i.start()
	seed := uint64(0)
	for name, sender := range senders {
		t.Run(name, func(t *testing.T) {
			need(t, sender.program)
			seed++
			i.roadTest(t, i, sender.script, an, binh, int(seed), letter(an, binh, seed))
		})
	}
}

// TestRoadToAnother sends to a second Tram that is found through MX.
func TestRoadToAnother(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs port 25 on a loopback address: run as root")
	}
	zone := dnstest.Start(t, `
		hai.test.       300 IN MX 10 mx.hai.test.
		hai.test.       300 IN MX 5 gone.hai.test.
		mx.hai.test.    300 IN A  127.0.72.2
		gone.hai.test.  300 IN A  127.0.72.99
		mot.test.       300 IN MX 10 mx.mot.test.
		mx.mot.test.    300 IN A  127.0.72.1
	`)
	first := newInstance(t, "127.0.72.1", 25, zone.Addr().String(), an, binh)
	second := newInstance(t, "127.0.72.2", 25, zone.Addr().String(), chi)
	first.start()
	second.start()
	for n, name := range []string{"curl", "swaks"} {
		t.Run("there with "+name, func(t *testing.T) {
			need(t, senders[name].program)
			first.roadTest(t, second, senders[name].script, an, chi, n+1, letter(an, chi, uint64(n+1)))
		})
	}
	t.Run("and back", func(t *testing.T) {
		second.roadTest(t, first, senders["smtplib"].script, chi, binh, 1, letter(chi, binh, 9))
	})
	t.Run("unknown there", func(t *testing.T) {
		if err := os.WriteFile(filepath.Join(first.dir, "letter"), []byte(letter(an, "nobody@hai.test", 10)), 0o600); err != nil {
			t.Fatal(err)
		}
		first.sh(senders["curl"].script, "FROM="+an, "TO=nobody@hai.test", "FILE=letter")
		bounce := first.awaitMessage(t, an, 1)
		for _, want := range []string{"multipart/report", "nobody@hai.test", "Action: failed", "Status: 5.1.1"} {
			if !strings.Contains(bounce, want) {
				t.Errorf("the bounce lacks %q:\n%s", want, bounce)
			}
		}
	})
}

// roadTest sends text through i and reads it at the other end with every reader.
func (i *instance) roadTest(t *testing.T, end *instance, script, from, to string, count int, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(i.dir, "letter"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	i.sh(script, "FROM="+from, "TO="+to, "FILE=letter")
	end.awaitMessage(t, to, count)
	for name, reader := range readers {
		need(t, reader.program)
		got := end.sh(reader.script, "TO="+to)
		if !strings.HasSuffix(got, text) {
			t.Errorf("%s read something else: %d bytes, sent %d; it begins\n%.600s", name, len(got), len(text), got)
		}
	}
}

// awaitMessage waits until an INBOX holds so many messages and returns the
// newest one.
func (i *instance) awaitMessage(t *testing.T, account string, count int) string {
	t.Helper()
	const script = `python3 - <<'P'
import imaplib, os, sys
m = imaplib.IMAP4(os.environ['IP'], int(os.environ['IMAP'])); m.login(os.environ['TO'], os.environ['PASS'])
n = int(m.select('INBOX', True)[1][0])
if n >= int(os.environ['COUNT']): sys.stdout.buffer.write(m.fetch(str(n), '(BODY.PEEK[])')[1][0][1])
m.logout()
P`
	need(t, "python3")
	for began := time.Now(); time.Since(began) < 30*time.Second; time.Sleep(100 * time.Millisecond) {
		if got := i.sh(script, "TO="+account, "COUNT="+itoa(count)); got != "" {
			return got
		}
	}
	t.Fatalf("%s has no %d messages after 30 s\n%s\n%s", account, count, i.must("", "queue", "list"), i.log)
	return ""
}
