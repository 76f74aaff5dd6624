package interop

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// The servers that Tram is compared with. Dovecot is always there; Cyrus where
// it has been unpacked (tools/need.sh), for it does not install beside Dovecot.

const dovecotIMAPConf = `
base_dir = %[1]s/run
state_dir = %[1]s/run
log_path = %[1]s/log
protocols = imap pop3
ssl = no
disable_plaintext_auth = no
listen = %[2]s
mail_location = sdbox:%[1]s/mail/%%n/sdbox
mail_uid = nobody
mail_gid = nogroup
first_valid_uid = 1
mail_attribute_dict = file:%[1]s/mail/%%n/dict
passdb {
  driver = passwd-file
  args = %[1]s/users
}
userdb {
  driver = passwd-file
  args = %[1]s/users
}
namespace inbox {
  inbox = yes
  separator = /
}
protocol imap {
  imap_metadata = yes
}
service imap-login {
  inet_listener imap {
    port = %[3]d
  }
  inet_listener imaps {
    port = 0
  }
}
service pop3-login {
  inet_listener pop3 {
    port = %[4]d
  }
  inet_listener pop3s {
    port = 0
  }
}
`

// startDovecotIMAP starts Dovecot with one user and gives the user's name.
func startDovecotIMAP(t testing.TB, ip string) (user string) {
	t.Helper()
	need(t, "dovecot")
	p := newPeer(t, ip, "dovecot.test")
	p.folder("run", "root")
	p.folder("mail", "nobody")
	user = "box@" + p.domain
	p.write("users", fmt.Sprintf("%s:{PLAIN}%s:65534:65534::%s/mail/box\n", user, password, p.dir))
	p.write("conf", fmt.Sprintf(dovecotIMAPConf, p.dir, ip, imapPort, pop3Port))
	startServer(t, exec.Command("dovecot", "-c", p.path("conf"), "-F"), net.JoinHostPort(ip, itoa(imapPort)), p.log)
	return user
}

const cyrusIMAPConf = `
configdirectory: %[1]s/lib
proc_path: %[1]s/proc
mboxname_lockpath: %[1]s/lock
defaultpartition: default
partition-default: %[1]s/spool
cyrus_user: nobody
cyrus_group: nogroup
altnamespace: yes
unixhierarchysep: yes
virtdomains: off
admins: admin
allowplaintext: yes
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: %[1]s/sasldb2
sasl_mech_list: PLAIN
autocreate_post: yes
autocreate_quota: 0
expunge_mode: immediate
delete_mode: immediate
conversations: no
timeout: 60
lmtpsocket: %[1]s/sock/lmtp
idlesocket: %[1]s/sock/idle
notifysocket: %[1]s/sock/notify
syslog_prefix: cyrus-test
maxheaderlines: 100000
reject8bit: no
munge8bit: no
`

const cyrusMasterConf = `
START {
  recover cmd="%[2]s/ctl_cyrusdb -C %[1]s/imapd.conf -r"
}
SERVICES {
  imap cmd="%[2]s/imapd -C %[1]s/imapd.conf -U 1000" listen="%[3]s:%[4]d" prefork=0 maxchild=20
}
EVENTS {
  checkpoint cmd="%[2]s/ctl_cyrusdb -C %[1]s/imapd.conf -c" period=3000
}
`

// startCyrus starts Cyrus with one user and gives the user's name, or "" where
// there is no Cyrus.
func startCyrus(t testing.TB, ip string) (user string) {
	t.Helper()
	root, err := filepath.Abs("../../.cache/cyrus")
	if err != nil {
		t.Fatal(err)
	}
	programs := filepath.Join(root, "usr/lib/cyrus/bin")
	if _, err := os.Stat(filepath.Join(programs, "master")); err != nil {
		t.Log("without Cyrus: tools/need.sh tests unpacks it in CI")
		return ""
	}
	// Its processes drop their rights, and must still reach its programs.
	look := exec.Command("test", "-x", filepath.Join(programs, "imapd"))
	look.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	if os.Geteuid() == 0 && look.Run() != nil {
		t.Log("without Cyrus: its user cannot enter", root)
		return ""
	}
	p := newPeer(t, ip, "cyrus.test")
	for _, name := range []string{"lib", "spool", "proc", "lock", "sock"} {
		p.folder(name, "nobody:nogroup")
	}
	p.write("imapd.conf", fmt.Sprintf(cyrusIMAPConf, p.dir))
	p.write("cyrus.conf", fmt.Sprintf(cyrusMasterConf, p.dir, programs, ip, imapPort))
	environment := append(os.Environ(), "LD_LIBRARY_PATH="+filepath.Join(root, "usr/lib/x86_64-linux-gnu"))
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	add := exec.Command("sh", "-c", fmt.Sprintf("echo %s | %s/usr/sbin/saslpasswd2 -p -c -f %s -u %s box", password, root, p.path("sasldb2"), host))
	add.Env = environment
	if out, err := add.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	p.run("chown", "nobody:nogroup", p.path("sasldb2"), p.dir)
	master := exec.Command(filepath.Join(programs, "master"), "-C", p.path("imapd.conf"), "-M", p.path("cyrus.conf"), "-p", p.path("pid"), "-D")
	master.Env = environment
	startServer(t, master, net.JoinHostPort(ip, itoa(imapPort)), p.log)
	return "box"
}

// startServer starts a server in the foreground and ends it with the test.
func startServer(t testing.TB, server *exec.Cmd, address string, log func() string) {
	t.Helper()
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.Process.Signal(os.Interrupt)
		done := make(chan error, 1)
		go func() { done <- server.Wait() }()
		select {
		case <-done:
		case <-time.After(patience):
			server.Process.Kill()
			<-done
		}
	})
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		c, err := net.Dial("tcp", address)
		if err == nil {
			c.Close()
			return
		}
		if time.Since(began) > patience {
			t.Fatalf("%s does not answer: %v\n%s", address, err, log())
		}
	}
}

// trio is the same user's account in Tram and in the references.
type trio struct {
	server               *instance   // Tram
	tram, dovecot, cyrus *imapClient // cyrus may be nil
}

// startTrio starts the servers, on net.1 to net.3, and logs in.
func startTrio(t testing.TB, net string) *trio {
	t.Helper()
	const user = "box@tram.test"
	dovecot := startDovecotIMAP(t, net+".2")
	cyrus := startCyrus(t, net+".3")
	i := newInstance(t, net+".1", 2525, "", user)
	i.start()
	at := func(host string) string { return net + "." + host + ":" + itoa(imapPort) }
	all := &trio{
		server:  i,
		tram:    dialIMAP(t, "Tram", at("1"), user, password),
		dovecot: dialIMAP(t, "Dovecot", at("2"), dovecot, password),
	}
	if cyrus != "" {
		all.cyrus = dialIMAP(t, "Cyrus", at("3"), cyrus, password)
	}
	return all
}

// each are those that there are.
func (s *trio) each() []*imapClient {
	if s.cyrus == nil {
		return []*imapClient{s.tram, s.dovecot}
	}
	return []*imapClient{s.tram, s.dovecot, s.cyrus}
}
