package topology

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"tram/internal/config"
)

// clientTime bounds one run of a mail program.
const clientTime = 30 * time.Second

// programs hand a message over, each as people and cron jobs call it. The
// first group speaks with the null client, which asks nobody for a login; the
// second with the door for users of the hub.
var programs = []struct{ name, program, script string }{
	{"swaks to the null client", "swaks",
		`swaks -n --server "$CLIENT" --port "$CLIENT_PORT" --from root@may.congty.test --to root@congty.test --header "Subject: $SUBJECT"`},
	{"msmtp to the null client", "msmtp",
		`printf 'From: root@may.congty.test\nTo: root@congty.test\nSubject: %s\n\nxin chào\n' "$SUBJECT" |
			msmtp --file=/dev/null --host="$CLIENT" --port="$CLIENT_PORT" --tls=off --from=root@may.congty.test root@congty.test`},
	{"s-nail to the null client", "s-nail",
		`echo 'xin chào' | s-nail -:/ -S v15-compat -S ttycharset=utf-8 -S mta="smtp://$CLIENT:$CLIENT_PORT" -S smtp-auth=none \
			-r root@may.congty.test -s "$SUBJECT" root@congty.test`},
	{"sendmail -t on the null client", "bash",
		`ln -sf "$TRAM" sendmail
		printf 'From: root@may.congty.test\nTo: root@congty.test\nSubject: %s\n\nxin chào\n' "$SUBJECT" | TRAM_CONFIG="$CLIENT_CONFIG" ./sendmail -t -i`},
	{"cron on the null client", "bash", // as Debian's cron calls it
		`ln -sf "$TRAM" sendmail
		printf 'Subject: %s\n\nxin chào\n' "$SUBJECT" | TRAM_CONFIG="$CLIENT_CONFIG" ./sendmail -FCronDaemon -i -B8BITMIME -oem root`},
	{"swaks to the hub", "swaks",
		`swaks -n --server "$HUB" --port "$HUB_PORT" --tls --auth PLAIN --auth-user an@congty.test --auth-password an-secret --from an@congty.test --to an@congty.test --header "Subject: $SUBJECT"`},
	{"msmtp to the hub", "msmtp",
		`printf 'From: an@congty.test\nTo: an@congty.test\nSubject: %s\n\nxin chào\n' "$SUBJECT" |
			msmtp --file=/dev/null --host="$HUB" --port="$HUB_PORT" --tls=on --tls-starttls=on --tls-certcheck=off \
			--auth=plain --user=an@congty.test --passwordeval='printf an-secret' --from=an@congty.test an@congty.test`},
	{"s-nail to the hub", "s-nail",
		`echo 'xin chào' | s-nail -:/ -S v15-compat -S ttycharset=utf-8 -S tls-verify=ignore -S mta="smtp://an%40congty.test:an-secret@$HUB:$HUB_PORT" -S smtp-use-starttls -S smtp-auth=plain \
			-r an@congty.test -s "$SUBJECT" an@congty.test`},
}

// programsSend sends with the programs that people have, also while the hub is
// down, and counts what arrives.
func programsSend(l *lab) {
	var sent []string
	try := func(name, program, script string) {
		l.t.Run(name, func(t *testing.T) {
			need(t, program)
			l.script(t, script, "SUBJECT="+name)
			sent = append(sent, name)
		})
	}
	for _, p := range programs {
		try("by "+p.name, p.program, p.script)
	}
	l.hosts["hub"].kill()
	for _, p := range programs[:5] {
		try("kept, by "+p.name, p.program, p.script)
	}
	l.hosts["hub"].start()
	l.awaitSubjects("hub", "an@congty.test", sent)
}

// script runs a shell script that hands a message over.
func (l *lab) script(t *testing.T, script string, env ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), clientTime)
	defer cancel()
	dir := t.TempDir()
	client, clientPort, _ := net.SplitHostPort(l.hosts["client"].door(config.SMTP))
	hub, hubPort, _ := net.SplitHostPort(l.hosts["hub"].door(config.Submission))
	program, _ := filepath.Abs(l.hosts["hub"].program)
	c := exec.CommandContext(ctx, "bash", "-eu", "-o", "pipefail", "-c", script)
	c.Dir = dir
	c.Env = append(os.Environ(), "HOME="+dir, "LC_ALL=C.UTF-8", "TRAM="+program, "CLIENT_CONFIG="+l.hosts["client"].file,
		"CLIENT="+client, "CLIENT_PORT="+clientPort, "HUB="+hub, "HUB_PORT="+hubPort)
	c.Env = append(c.Env, env...)
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s\n%s", err, out, l.logs())
	}
}

// awaitSubjects waits until a mailbox holds messages with these subjects, each
// once, beside those that the lab knows of and nothing else.
func (l *lab) awaitSubjects(host, address string, want []string) {
	l.t.Helper()
	h, box := l.hosts[host], host+" "+address
	want = slices.Sorted(slices.Values(want))
	var got []string
	for began := time.Now(); time.Since(began) < arriveTime; time.Sleep(retryPause) {
		all, err := envelopes(h.door(config.IMAP), *h.directory.account(address))
		if err != nil {
			l.t.Fatal(err)
		}
		all = slices.DeleteFunc(all, func(e *imap.Envelope) bool { return slices.Contains(l.want[box], e.MessageID) })
		got = nil
		for _, e := range all {
			got = append(got, e.Subject)
		}
		if slices.Sort(got); slices.Equal(got, want) {
			for _, e := range all {
				l.want[box] = append(l.want[box], e.MessageID)
			}
			return
		}
		l.retry()
	}
	l.t.Errorf("%s has\n%q, sent were\n%q\n%s", address, got, want, l.logs())
}

// need skips when a program is missing; in CI that is a failure.
func need(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is not installed; make test installs it", program)
		}
		t.Skipf("%s is not installed; make test installs it", program)
	}
}
