package interop

import (
	"fmt"
	"os/exec"
	"testing"
	"time"
)

const dovecotConf = `
base_dir = %[1]s/run
state_dir = %[1]s/run
log_path = %[1]s/log
protocols = lmtp
ssl = no
listen = %[2]s
mail_location = maildir:%[1]s/mail/%%n
mail_uid = nobody
mail_gid = nogroup
first_valid_uid = 1
passdb {
  driver = passwd-file
  args = %[1]s/users
}
userdb {
  driver = passwd-file
  args = %[1]s/users
}
service lmtp {
  unix_listener %[1]s/lmtp {
    mode = 0666
  }
  inet_listener lmtp {
    address = %[2]s
    port = %[3]d
  }
}
`

// startDovecot starts Debian's Dovecot as a mail store behind LMTP, on a socket
// and on a port.
func startDovecot(t testing.TB, ip, domain string) *peer {
	t.Helper()
	need(t, "dovecot")
	p := newPeer(t, ip, domain)
	p.folder("run", "root")
	p.folder("mail", "nobody")
	p.write("users", fmt.Sprintf("box@%[1]s:{PLAIN}x:65534:65534::%[2]s/mail/box\n", domain, p.dir))
	p.write("conf", fmt.Sprintf(dovecotConf, p.dir, ip, peerPort))
	daemon := exec.Command("dovecot", "-c", p.path("conf"), "-F")
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		exec.Command("dovecot", "-c", p.path("conf"), "stop").Run() // gone with its directory
		done := make(chan error, 1)
		go func() { done <- daemon.Wait() }()
		select {
		case <-done:
		case <-time.After(patience):
			daemon.Process.Kill()
			<-done
		}
	})
	p.awaitGreeting()
	return p
}

// TestDovecot delivers into another store by LMTP: on the socket and on the
// port, with a reply for each recipient.
func TestDovecot(t *testing.T) {
	i := newInstance(t, "127.0.77.1", peerPort, "", here)
	p := startDovecot(t, "127.0.77.2", "store.test")
	i.must("", "domain", "add", "store.test", "--relay")
	i.must("", "domain", "add", "port.test", "--relay")
	i.must("", "route", "add", "store.test", "lmtp:"+p.path("lmtp"))
	i.must("", "route", "add", "port.test", fmt.Sprintf("lmtp:[%s]:%d", p.ip, peerPort))
	i.start()
	hand(t, i.ip, "MAIL FROM:<"+here+">", "RCPT TO:<box@store.test> NOTIFY=SUCCESS", note(here, "box@store.test", "socket"))
	p.await("box", "about socket: mật")
	i.await(here, "Action: delivered", "box@store.test")
	hand(t, i.ip, "MAIL FROM:<"+here+">", "RCPT TO:<nobody@port.test>", note(here, "nobody@port.test", "nobody"))
	i.await(here, "Action: failed", "nobody@port.test", "5.1.1")
}
