package interop

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const eximConf = `
exim_path = %[6]s
spool_directory = %[1]s/spool
log_file_path = %[1]s/spool/log.%%slog
pid_file_path = %[1]s/spool/pid
deliver_drop_privilege = true
local_interfaces = %[2]s
daemon_smtp_ports = %[7]d
primary_hostname = mail.%[3]s
tls_advertise_hosts = *
tls_certificate = %[1]s/cert.pem
tls_privatekey = %[1]s/key.pem
chunking_advertise_hosts = *
dsn_advertise_hosts = *
smtputf8_advertise_hosts = *
accept_8bitmime = true
host_lookup =
rfc1413_query_timeout = 0s
queue_run_in_order = true
dns_csa_search_limit = 0
keep_environment =
log_selector = +tls_cipher +received_recipients +8bitmime
acl_smtp_rcpt = check
begin acl
check:
  accept domains = %[3]s
         verify = recipient
  accept domains = ! %[3]s
  deny
begin routers
away:
  driver = manualroute
  domains = ! %[3]s
  transport = remote
  route_list = * "%[4]s::%[5]d" byname
  self = send
late:
  driver = accept
  domains = %[3]s
  local_parts = late
  transport = fails
here:
  driver = accept
  domains = %[3]s
  local_parts = box : hộp
  transport = maildir
begin transports
remote:
  driver = smtp
  allow_localhost = true
  hosts_try_chunking = *
  hosts_require_tls = *
  interface = %[2]s
fails:
  driver = pipe
  command = %[1]s/nouser
  return_fail_output = true
  user = Debian-exim
maildir:
  driver = appendfile
  directory = %[1]s/mail/box
  maildir_format = true
  user = Debian-exim
begin retry
* * F,1h,1s
`

// exim finds the program: that of the system, or the one that tools/need.sh
// has unpacked, for Debian does not install it beside Postfix. Without one that
// runs the test skips.
func exim(t testing.TB) string {
	t.Helper()
	unpacked, err := filepath.Abs("../../.cache/exim/usr/sbin/exim4")
	if err != nil {
		t.Fatal(err)
	}
	why := "it is not there"
	for _, name := range []string{"exim4", unpacked} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		out, err := exec.Command(path, "-bV").CombinedOutput()
		if err == nil {
			return path
		}
		why = fmt.Sprintf("%s: %v: %s", path, err, out)
	}
	t.Skipf("no Exim: %s; CI=1 tools/need.sh tests unpacks it", why)
	return ""
}

// startExim starts Debian's Exim with files of its own, which sends all mail
// for others to a Tram.
func startExim(t testing.TB, ip, domain string, next *instance) *peer {
	t.Helper()
	program := exim(t)
	if out, err := exec.Command("id", "Debian-exim").CombinedOutput(); err != nil {
		t.Skipf("Exim needs its user: %s", out)
	}
	p := newPeer(t, ip, domain)
	for _, dir := range []string{"spool", "mail", "mail/box"} {
		p.folder(dir, "Debian-exim")
	}
	p.run("chown", "Debian-exim", p.path("key.pem"))
	p.write("nouser", "#!/bin/sh\necho no such user; exit 67\n") // EX_NOUSER
	p.run("chmod", "755", p.path("nouser"))
	// It runs as another user, who may not come to where it was unpacked.
	p.run("install", "-m", "755", program, p.path("exim4"))
	program = p.path("exim4")
	p.write("conf", fmt.Sprintf(eximConf, p.dir, ip, domain, next.ip, next.mxPort, program, peerPort))
	daemon := exec.Command(program, "-C", p.path("conf"), "-bdf", "-q2s")
	var out strings.Builder
	daemon.Stdout, daemon.Stderr = &out, &out
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		daemon.Process.Kill() // its children end with their message
		daemon.Wait()
		if t.Failed() {
			t.Logf("exim: %s\n%s", out.String(), p.log())
		}
	})
	p.awaitGreeting()
	return p
}

// TestExim sends mail from Tram to Exim and back.
func TestExim(t *testing.T) {
	i := newInstance(t, "127.0.76.1", peerPort, "", here)
	i.extra = fmt.Sprintf("[relay]\nhost = \"127.0.76.2\"\nport = %d\nnetworks = [\"127.0.0.0/8\"]\n", peerPort)
	i.configure()
	p := startExim(t, "127.0.76.2", "exim.test", i)
	i.start()
	tests := peerTests{i, p, "box@exim.test", "hộp@exim.test", "late@exim.test"}
	tests.there(t)
	tests.back(t)
	// "K" in Exim's log is a message that came, or went, in chunks.
	for _, line := range []string{"<= " + here, "=> " + here} {
		if !logged(p.log(), line, " K") {
			t.Errorf("no line with %q says that chunks were used:\n%s", line, p.log())
		}
	}
}

func logged(log string, words ...string) bool {
	for line := range strings.SplitSeq(log, "\n") {
		if holdsAll(line, words) {
			return true
		}
	}
	return false
}
