package interop

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

const postfixMain = `
compatibility_level = 3.6
queue_directory = %[1]s/spool
data_directory = %[1]s/data
mail_owner = postfix
setgid_group = postdrop
maillog_file_prefixes = %[1]s
maillog_file = %[1]s/log
syslog_name = peer
inet_interfaces = loopback-only
inet_protocols = ipv4
smtp_bind_address = %[2]s
myhostname = mail.%[3]s
mydestination =
alias_maps =
alias_database =
mynetworks = 127.0.0.0/8
smtpd_peername_lookup = no
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtpd_tls_cert_file = %[1]s/cert.pem
smtpd_tls_key_file = %[1]s/key.pem
smtpd_tls_security_level = may
smtpd_tls_received_header = yes
smtp_tls_security_level = encrypt
smtputf8_enable = yes
relayhost = [%[4]s]:%[5]d
minimal_backoff_time = 2s
queue_run_delay = 2s
virtual_mailbox_domains = %[3]s
virtual_mailbox_base = %[1]s/mail
virtual_mailbox_maps = inline:{ {box@%[3]s = box/} {hộp@%[3]s = box/} {late@%[3]s = box/} }
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
transport_maps = inline:{ {late@%[3]s = late:} }
`

const postfixMaster = `
%[1]s:%[2]d inet n - n - - smtpd -v
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
pickup unix n - n 60 1 pickup
postlog unix-dgram n - n - 1 postlogd
late unix - n n - - pipe user=nobody argv=%[3]s
`

// startPostfix starts Debian's Postfix with files of its own, which sends all
// mail for others to a Tram.
func startPostfix(t testing.TB, ip, domain string, next *instance) *peer {
	t.Helper()
	need(t, "postfix")
	p := newPeer(t, ip, domain)
	for _, dir := range []string{"spool", "conf"} {
		p.folder(dir, "root")
	}
	p.folder("data", "postfix")
	p.folder("mail", "nobody")
	p.folder("mail/box", "nobody")
	p.write("nouser", "#!/bin/sh\nexit 67\n") // EX_NOUSER
	p.run("chmod", "755", p.path("nouser"))
	main := fmt.Sprintf(postfixMain, p.dir, ip, domain, next.ip, next.mxPort)
	p.write("conf/main.cf", main)
	p.write("conf/master.cf", fmt.Sprintf(postfixMaster, ip, peerPort, p.path("nouser")))
	t.Cleanup(func() { exec.Command("postfix", "-c", p.path("conf"), "stop").Run() }) // gone with its directory
	p.run("postfix", "-c", p.path("conf"), "start")
	p.awaitGreeting()
	return p
}

// TestPostfix sends mail from Tram to Postfix and back.
func TestPostfix(t *testing.T) {
	i := newInstance(t, "127.0.75.1", peerPort, "", "an@tram.test")
	i.extra = fmt.Sprintf("[relay]\nhost = \"127.0.75.2\"\nport = %d\nnetworks = [\"127.0.0.0/8\"]\n", peerPort)
	i.configure()
	p := startPostfix(t, "127.0.75.2", "postfix.test", i)
	i.start()
	tests := peerTests{i, p, "box@postfix.test", "hộp@postfix.test", "late@postfix.test"}
	tests.there(t)
	tests.back(t)
	if !strings.Contains(p.log(), "]: BDAT ") {
		t.Error("Tram did not send by BDAT")
	}
}

// peerTests are the same for every peer.
type peerTests struct {
	i    *instance
	p    *peer
	box  string // an address of the peer
	utf8 string // one that needs SMTPUTF8
	late string // one that the peer takes and then cannot deliver
}

const here = "an@tram.test"

// there is mail from Tram to the peer: text, notifications, SMTPUTF8.
func (pt peerTests) there(t *testing.T) {
	i, p := pt.i, pt.p
	hand(t, i.ip, "MAIL FROM:<"+here+"> BODY=8BITMIME", "RCPT TO:<"+pt.box+">", note(here, pt.box, "there"))
	if got := p.await("box", "about there"); !strings.HasSuffix(got, "about there: mật\n.\n..\n") {
		t.Errorf("the text is another one:\n%s", got)
	}
	i.awaitLog("delivered", pt.box, "TLS 1.")
	hand(t, i.ip, "MAIL FROM:<"+here+"> BODY=8BITMIME", "RCPT TO:<"+pt.box+">", note(here, pt.box, "long")+strings.Repeat(strings.Repeat("x", 70)+"\n", 5000))
	p.await("box", "about long", strings.Repeat("x", 70))
	hand(t, i.ip, "MAIL FROM:<"+here+"> BODY=8BITMIME RET=HDRS ENVID=there-ok", "RCPT TO:<"+pt.box+"> NOTIFY=SUCCESS ORCPT=rfc822;first@old.test", note(here, pt.box, "success"))
	i.await(here, "there-ok", "first@old.test", "Final-Recipient:", "Action: ")
	hand(t, i.ip, "MAIL FROM:<"+here+"> BODY=8BITMIME", "RCPT TO:<"+pt.late+"> NOTIFY=FAILURE", note(here, pt.late, "failure"))
	i.await(here, "Action: failed", pt.late)
	hand(t, i.ip, "MAIL FROM:<"+here+">", "RCPT TO:<nobody@"+p.domain+">", "Subject: none\n\nabout nobody\n")
	i.await(here, "Action: failed", "nobody@"+p.domain)
	hand(t, i.ip, "MAIL FROM:<"+here+"> BODY=8BITMIME SMTPUTF8", "RCPT TO:<"+pt.utf8+">", note(here, pt.utf8, "tiếng Việt"))
	p.await("box", "about tiếng Việt", "To: <"+pt.utf8+">")
}

// back is mail from the peer to Tram.
func (pt peerTests) back(t *testing.T) {
	i, p := pt.i, pt.p
	hand(t, p.ip, "MAIL FROM:<"+pt.box+"> BODY=8BITMIME", "RCPT TO:<"+here+">", note(pt.box, here, "back"))
	got := i.await(here, "about back")
	if !strings.HasSuffix(got, "about back: mật\r\n.\r\n..\r\n") || !strings.Contains(got, "with ESMTPS") && !strings.Contains(got, "with UTF8SMTPS") {
		t.Errorf("the text is another one, or came in the clear:\n%s", got)
	}
	hand(t, p.ip, "MAIL FROM:<"+pt.box+"> BODY=8BITMIME RET=HDRS ENVID=back-ok", "RCPT TO:<"+here+"> NOTIFY=SUCCESS", note(pt.box, here, "thanks"))
	p.await("box", "Action: delivered", here, "back-ok")
	hand(t, p.ip, "MAIL FROM:<"+pt.box+">", "RCPT TO:<nobody@tram.test>", "Subject: none\n\nabout nobody\n")
	p.await("box", "Action: failed", "nobody@tram.test")
	hand(t, p.ip, "MAIL FROM:<"+pt.utf8+"> BODY=8BITMIME SMTPUTF8", "RCPT TO:<"+here+">", note(pt.utf8, here, "thư"))
	i.await(here, "about thư", "From: <"+pt.utf8+">")
}
