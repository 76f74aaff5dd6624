package interop

import (
	"encoding/base64"
	"net"
	"net/textproto"
	"os/exec"
	"strings"
	"testing"

	"github.com/xdg-go/scram"
)

// TestSASL logs in with GNU SASL, with the right password and a wrong one, by
// every mechanism over SMTP and IMAP.
func TestSASL(t *testing.T) {
	need(t, "gsasl")
	i := newInstance(t, "127.0.71.1", peerPort, "", "user@sasl.test")
	i.extra = "[auth]\nscram = \"plus\"\ncram_md5 = true\n"
	i.configure()
	i.start()
	i.must(password+"\n", "account", "passwd", "user@sasl.test", "--password-stdin") // for CRAM-MD5
	for door, port := range map[string]int{"--smtp": submissionPort, "--imap": imapPort} {
		for _, mechanism := range []string{"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256 --no-cb", "CRAM-MD5", "PLAIN", "LOGIN"} {
			t.Run(door+" "+mechanism, func(t *testing.T) {
				t.Parallel() // a wrong password takes its time
				for _, pw := range []string{password, "wrong-horse-battery"} {
					args := []string{door, "--connect", i.ip + ":" + itoa(port), "-a", "user@sasl.test", "-p", pw, "--x509-ca-file=", "--quality=0", "-m"}
					out, err := exec.Command("gsasl", append(args, strings.Fields(mechanism)...)...).CombinedOutput()
					if (err == nil) != (pw == password) {
						t.Errorf("password right %v: %v\n%s", pw == password, err, out)
					}
				}
			})
		}
	}
}

// TestSCRAMOverPOP3 does by hand what no client program does.
func TestSCRAMOverPOP3(t *testing.T) {
	i := newInstance(t, "127.0.71.2", peerPort, "", "user@sasl.test")
	i.start()
	for _, pw := range []string{password, "wrong-horse-battery"} {
		client, err := scram.SHA256.NewClient("user@sasl.test", pw, "")
		if err != nil {
			t.Fatal(err)
		}
		answer := scramOverPOP3(t, i, client.NewConversation())
		if strings.HasPrefix(answer, "+OK") != (pw == password) {
			t.Errorf("password right %v: %s", pw == password, answer)
		}
	}
}

// scramOverPOP3 returns the last line of the server.
func scramOverPOP3(t *testing.T, i *instance, client *scram.ClientConversation) string {
	t.Helper()
	c, err := textproto.Dial("tcp", net.JoinHostPort(i.ip, itoa(pop3Port)))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	say := func(line string) string {
		if line != "greeting" {
			c.PrintfLine("%s", line)
		}
		answer, err := c.ReadLine()
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
	say("greeting")
	text, err := client.Step("")
	if err != nil {
		t.Fatal(err)
	}
	answer := say("AUTH SCRAM-SHA-256 " + base64.StdEncoding.EncodeToString([]byte(text)))
	for strings.HasPrefix(answer, "+ ") {
		raw, err := base64.StdEncoding.DecodeString(answer[2:])
		if err != nil {
			t.Fatal(err)
		}
		text := ""
		if !client.Done() {
			if text, err = client.Step(string(raw)); err != nil {
				t.Fatal(err)
			}
		}
		answer = say(base64.StdEncoding.EncodeToString([]byte(text)))
	}
	return answer
}
