package imap

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// mbsyncConfig synchronizes a mailbox with a Maildir.
const mbsyncConfig = `IMAPStore far
Host 127.0.0.1
Port %[1]d
User alice
Pass secret
SSLType None
AuthMechs LOGIN

MaildirStore near
Path %[2]s/mail/
Inbox %[2]s/mail/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns INBOX
Create Near
Expunge Both
Sync All
SyncState *
`

// TestMbsync has mbsync fetch messages, and bring a flag and a message, over a
// connection that it compresses.
func TestMbsync(t *testing.T) {
	if _, err := exec.LookPath("mbsync"); err != nil {
		t.Skip("mbsync is not installed")
	}
	s := newServer(t)
	c := s.login("alice")
	for i := range 30 {
		c.add("INBOX", testMessage(i)+strings.Repeat("text of some length\r\n", 50*i))
	}
	dir := t.TempDir()
	check(t, os.Mkdir(filepath.Join(dir, "mail"), 0o700))
	config := filepath.Join(dir, "mbsyncrc")
	port := s.listener.Addr().(*net.TCPAddr).Port
	check(t, os.WriteFile(config, fmt.Appendf(nil, mbsyncConfig, port, dir), 0o600))
	run := func() string {
		t.Helper()
		out, err := exec.Command("mbsync", "-c", config, "-Dn", "-a").CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out)
	}
	if out := run(); !strings.Contains(out, "COMPRESS DEFLATE") {
		t.Skip("this mbsync does not compress")
	}
	got, err := filepath.Glob(filepath.Join(dir, "mail/INBOX/*/*"))
	check(t, err)
	if len(got) != 30 {
		t.Fatalf("%d messages", len(got))
	}
	name, _, _ := strings.Cut(filepath.Base(got[3]), ":")
	check(t, os.Rename(got[3], filepath.Join(dir, "mail/INBOX/cur", name+":2,FS")))
	body := "Subject: from here\n\n" + strings.Repeat("0123456789\n", 20_000)
	check(t, os.WriteFile(filepath.Join(dir, "mail/INBOX/cur/1.1_1.here:2,S"), []byte(body), 0o600))
	run()
	c.ok("SELECT INBOX")
	if found := c.ok("SEARCH FLAGGED SEEN"); found[0] == "* SEARCH" {
		t.Error("the flag did not arrive")
	}
	if found := c.ok(`SEARCH SUBJECT "from here"`); found[0] != "* SEARCH 31" {
		t.Errorf("the message did not arrive: %s", found)
	}
}

// imapFlow is a client in JavaScript that compresses when it can: it downloads,
// uploads and waits for news.
const imapFlow = `
const {ImapFlow} = require("imapflow");
(async () => {
	const c = new ImapFlow({host: "127.0.0.1", port: +process.argv[1], secure: false, tls: {rejectUnauthorized: false},
		auth: {user: "alice", pass: "secret"}, logger: false});
	await c.connect();
	await c.mailboxOpen("INBOX");
	let bytes = 0;
	for await (const m of c.fetch("1:*", {envelope: true, source: true, flags: true})) bytes += m.source.length;
	await c.append("INBOX", Buffer.from("Subject: big\r\n\r\n" + "0123456789abcdef\r\n".repeat(20000)), ["\\Seen"]);
	const told = new Promise(done => c.on("exists", done));
	c.idle();
	console.log("idle");
	await told;
	await c.noop();
	console.log(c._deflate ? "compressed" : "plain", bytes > 10000 ? "ok" : bytes);
	await c.logout();
	process.exit(0);
})().catch(e => { console.error(e); process.exit(1); });
`

// TestImapFlow has imapflow do the same, and be told of a message in IDLE.
func TestImapFlow(t *testing.T) {
	modules, err := filepath.Abs("../../../.cache/clients/node_modules")
	check(t, err)
	if _, err := os.Stat(filepath.Join(modules, "imapflow")); err != nil {
		t.Skip("imapflow is not installed:", err)
	}
	s := newServer(t)
	c := s.login("alice")
	for i := range 30 {
		c.add("INBOX", testMessage(i)+strings.Repeat("text of some length\r\n", 50*i))
	}
	cmd := exec.CommandContext(t.Context(), "node", "-e", imapFlow, fmt.Sprint(s.listener.Addr().(*net.TCPAddr).Port))
	cmd.Env = append(os.Environ(), "NODE_PATH="+modules)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	check(t, err)
	check(t, cmd.Start())
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		switch lines.Text() {
		case "idle":
			c.add("INBOX", testMessage(99))
		case "compressed ok":
			check(t, cmd.Wait())
			return
		default:
			t.Error(lines.Text())
		}
	}
	t.Error("imapflow ended:", cmd.Wait())
}
