package interop

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// localInstance is an instance that takes mail from its machine, in a
// directory that unprivileged users can reach, beside the link sendmail.
func localInstance(t *testing.T, ip string) (i *instance, spool string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root, to become another user")
	}
	dir, err := os.MkdirTemp("", "tram-sendmail")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		os.Chmod(dir, 0o755),
		os.WriteFile(filepath.Join(dir, "tram"), program, 0o755),
		os.Symlink("tram", filepath.Join(dir, "sendmail")),
		os.Symlink("tram", filepath.Join(dir, "mailq")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	spool = filepath.Join(dir, "spool")
	i = newInstance(t, ip, 2525, "", an, binh)
	i.extra = "[local]\ndirectory = \"" + spool + "\"\n"
	i.configure()
	i.start()
	return i, spool
}

// TestSendmailUnprivileged: a user who may read neither configuration nor data
// sends by sendmail and by mail(1), while the server runs and while it does not.
func TestSendmailUnprivileged(t *testing.T) {
	need(t, "setpriv", "s-nail")
	i, spool := localInstance(t, "127.0.71.21")
	const asNobody = `setpriv --reuid=65534 --regid=65534 --clear-groups env -i HOME=/ LANG=C.UTF-8 PATH=/usr/bin:/bin TRAM_LOCAL=`
	sendmail := filepath.Join(filepath.Dir(spool), "sendmail")
	i.sh(`printf 'To: %s\nSubject: one\n\nhello\n' ` + an + ` | ` + asNobody + spool + ` ` + sendmail + ` -t -i`)
	got := i.awaitMessage(t, an, 1)
	for _, want := range []string{"Received: from nobody (local user)", "with LOCAL", "From: \"nobody\" <nobody@", "Return-Path: <nobody@"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	i.sh(`echo hello | ` + asNobody + spool + ` s-nail -n -S mta=` + sendmail + ` -s 'two: chào' ` + an)
	if got := i.awaitMessage(t, an, 2); !strings.Contains(got, "hello") {
		t.Errorf("by mail(1):\n%s", got)
	}
	// mailq shows users their own mail, and root everybody's.
	i.must("", "route", "add", "held.test", "hold")
	env := "TRAM_LOCAL=" + spool
	i.sh(`printf 'Subject: x\n\n' | "$SENDMAIL" -i by-root@held.test`, "SENDMAIL="+sendmail, env)
	i.sh(`printf 'Subject: x\n\n' | ` + asNobody + spool + ` ` + sendmail + ` -i by-nobody@held.test`)
	for user, want := range map[string]string{asNobody + spool: "by-nobody", "env " + env: "by-root by-nobody"} {
		var got string
		for began := time.Now(); time.Since(began) < 20*time.Second && got != want; time.Sleep(50 * time.Millisecond) {
			got = strings.Join(strings.Fields(i.sh(user+` `+filepath.Dir(spool)+`/mailq | grep -o '\bby-[a-z]*' || true`)), " ")
		}
		if got != want {
			t.Errorf("%s: mailq shows %q, want %q", user, got, want)
		}
	}
	i.stop()
	i.sh(`printf 'Subject: three\n\nhello\n' | ` + asNobody + spool + ` ` + sendmail + ` -i ` + an)
	// What others have dropped cannot be seen or removed.
	if out, err := exec.Command("bash", "-c", asNobody+spool+` ls `+spool+`/drop`).CombinedOutput(); err == nil {
		t.Errorf("nobody may list the dropped mail: %s", out)
	}
	i.start()
	if got := i.awaitMessage(t, an, 3); !strings.Contains(got, "Subject: three") {
		t.Errorf("dropped:\n%s", got)
	}
}

// TestCron runs the real cron with sendmail bound over /usr/sbin/sendmail, in
// mounts of its own. A job can run once a minute.
func TestCron(t *testing.T) {
	need(t, "cron", "unshare")
	if testing.Short() {
		t.Skip("takes a minute")
	}
	if out, err := exec.Command("unshare", "-m", "mount", "--make-rprivate", "/").CombinedOutput(); err != nil {
		t.Skipf("no mounts of its own here: %s", out)
	}
	t.Parallel()
	i, spool := localInstance(t, "127.0.71.22")
	i.must("", "alias", "add", "root@"+strings.TrimPrefix(an[strings.IndexByte(an, '@'):], "@"), an)
	i.sh(`unshare -m bash -eu <<'N'
mount --make-rprivate /
mount -t tmpfs tram /run
mount -t tmpfs tram /etc/cron.d
mount -t tmpfs tram /var/spool/cron
mkdir -m 1730 /var/spool/cron/crontabs
[ -e /usr/sbin/sendmail ] || { echo 'no /usr/sbin/sendmail to bind over' >&2; exit 3; }
mount --bind "$SENDMAIL" "$(readlink -f /usr/sbin/sendmail)"
printf 'TRAM_LOCAL=%s\n* * * * * root echo the job has run\n' "$SPOOL" > /etc/cron.d/tram
chmod 600 /etc/cron.d/tram
TRAM_LOCAL=$SPOOL timeout $((70 - 10#$(date +%S))) cron -f || [ $? = 124 ]
N`, "SENDMAIL="+filepath.Join(filepath.Dir(spool), "tram"), "SPOOL="+spool)
	got := i.awaitMessage(t, an, 1)
	for _, want := range []string{"Subject: Cron <root@", "the job has run", "with LOCAL"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}
