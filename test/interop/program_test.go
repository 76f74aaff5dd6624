package interop

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestPrograms: the server as a process, aliases to programs of all kinds, and
// what their senders hear.
func TestPrograms(t *testing.T) {
	need(t, "python3")
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	name := "nobody"
	if os.Geteuid() != 0 {
		name = me.Username
	}
	dir, err := os.MkdirTemp("", "tram-programs")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	out := filepath.Join(dir, "out")
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		for _, err := range []error{os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o755), os.Chmod(path, 0o755)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		return path
	}
	for _, err := range []error{os.Chmod(dir, 0o755), os.Mkdir(out, 0o700), os.Chmod(out, 0o777)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	good := write("good", "cat >"+out+"/text; id -un >"+out+"/user; echo \"$1 $SENDER\" >"+out+"/args\n")
	bad := write("bad", "cat >/dev/null; echo 'No ticket of that number'; exit 67\n")
	slow := write("slow", "sleep 60\n")

	const an = "an@programs.test"
	i := newInstance(t, "127.0.75.3", 2525, "", an)
	i.extra = fmt.Sprintf("[relay]\nnetworks = [\"127.0.0.0/8\"]\n[programs]\nuser = %q\nown_user = true\ntime = \"1s\"\n", name)
	i.configure()
	i.must("", "alias", "add", "good@programs.test", "|"+good+" '$HOME;'")
	i.must("", "alias", "add", "bad@programs.test", "|"+bad)
	i.must("", "alias", "add", "slow@programs.test", an, "|"+slow)
	i.start()
	for _, to := range []string{"good", "bad", "slow"} {
		r := &road{name: to, from: an, to: to + "@programs.test", acked: map[string]bool{}}
		r.once(t, i)
	}
	await := func(what string, done func() bool) {
		t.Helper()
		for began := time.Now(); !done(); time.Sleep(50 * time.Millisecond) {
			if time.Since(began) > 20*time.Second {
				t.Fatalf("no %s\n%s\n%s", what, i.must("", "queue", "list"), i.log)
			}
		}
	}
	read := func(name string) string {
		b, _ := os.ReadFile(filepath.Join(out, name))
		return string(b)
	}
	await("arguments", func() bool { return read("args") != "" })
	if got := read("args"); got != "$HOME; "+an+"\n" {
		t.Errorf("arguments: %q", got)
	}
	if got := strings.TrimSpace(read("user")); got != name {
		t.Errorf("runs as %s", got)
	}
	if got := read("text"); !strings.HasPrefix(got, "From "+an+" ") || !strings.Contains(got, "\nX-Token: good-000001\n") {
		t.Errorf("text: %q", got)
	}
	await("bounce", func() bool {
		text := i.messages(t, an)
		return strings.Contains(text, "No ticket of that number") && strings.Contains(text, "Status: 5.1.1") && strings.Contains(text, "X-Token: bad-000001")
	})
	await("deferral", func() bool { return strings.Contains(i.must("", "queue", "list"), "took too long") })
	if got := strings.Count(i.messages(t, an), "X-Token: slow-000001"); got != 1 {
		t.Errorf("the person beside the slow program has %d messages", got)
	}
}

// messages returns the inbox of an account as one text.
func (i *instance) messages(t *testing.T, account string) string {
	t.Helper()
	return i.sh(`python3 - <<'P'
import imaplib, os
m = imaplib.IMAP4(os.environ['IP'], int(os.environ['IMAP'])); m.login(os.environ['TO'], os.environ['PASS'])
n = int(m.select('INBOX', True)[1][0])
if n:
    for d in m.fetch('1:*', '(BODY.PEEK[])')[1]:
        if isinstance(d, tuple): print(d[1].decode('utf-8', 'replace').replace('\r', ''))
m.logout()
P`, "TO="+account)
}
