package smtp_test

import (
	"context"
	"crypto/tls"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"

	"tram/internal/access/smtp"
	"tram/internal/mail/smtpwire"
)

// TestRealClients sends one message with each client program, to port 25 in
// plain text and with STARTTLS, and to a submission port with a login. What
// they sent has to be there, whole.
func TestRealClients(t *testing.T) {
	const python = `
import smtplib, ssl, sys
host, port, mode = sys.argv[1], int(sys.argv[2]), sys.argv[3]
s = smtplib.SMTP(host, port, local_hostname='client.test')
context = ssl.create_default_context(); context.check_hostname = False; context.verify_mode = ssl.CERT_NONE
if mode != 'plain': s.starttls(context=context)
if mode == 'login': s.login('ann', 'secret')
s.ehlo(); assert s.has_extn('size') and s.has_extn('pipelining')
s.sendmail('ann@x.test', ['joe@x.test'], 'Subject: clients\r\n\r\n.dot\r\nThư\r\n'.encode(), mail_options=['BODY=8BITMIME'])
try: s.sendmail('ann@x.test', ['unknown@x.test'], b'x'); sys.exit('accepted')
except smtplib.SMTPRecipientsRefused as e: assert e.recipients['unknown@x.test'][0] == 550
assert s.verify('joe')[0] == 250 and s.noop()[0] == 250 and b'Tram' in s.help()
s.quit()
`
	const body = "Subject: clients\n\n.dot\nThư\n"
	type run struct {
		program string
		args    func(host, port, mode string) []string
		stdin   string
	}
	for name, r := range map[string]run{
		"smtplib": {"python3", func(host, port, mode string) []string { return []string{"-c", python, host, port, mode} }, ""},
		"swaks": {"swaks", func(host, port, mode string) []string {
			args := []string{"-n", "--server", host, "--port", port, "--ehlo", "client.test", "--from", "ann@x.test", "--to", "joe@x.test", "--data", strings.ReplaceAll(body, "\n", "\\n")}
			switch mode {
			case "starttls":
				args = append(args, "--tls", "--pipeline")
			case "login":
				args = append(args, "--tls", "--auth", "LOGIN", "--auth-user", "ann", "--auth-password", "secret")
			}
			return args
		}, ""},
		"curl": {"curl", func(host, port, mode string) []string {
			args := []string{"--silent", "--show-error", "--insecure", "--url", "smtp://" + net.JoinHostPort(host, port) + "/client.test", "--mail-from", "ann@x.test", "--mail-rcpt", "joe@x.test", "--upload-file", "-"}
			switch mode {
			case "starttls":
				args = append(args, "--ssl-reqd")
			case "login":
				args = append(args, "--ssl-reqd", "--user", "ann:secret")
			}
			return args
		}, strings.ReplaceAll(body, "\n", "\r\n")},
	} {
		if _, err := exec.LookPath(r.program); err != nil {
			// The set-up of the tests installs it; without it nothing is proved.
			if os.Getenv("CI") != "" {
				t.Errorf("%s is not installed: %v", r.program, err)
			}
			t.Logf("SKIPPED: %s is not installed (make test installs it)", r.program)
			continue
		}
		for _, mode := range []string{"plain", "starttls", "login"} {
			t.Run(name+"/"+mode, func(t *testing.T) {
				t.Parallel()
				s := newServer(t, smtp.Options{}, mx)
				if mode == "login" {
					s = newServer(t, smtp.Options{Mode: smtp.Submission}, sub)
				}
				host, port, _ := net.SplitHostPort(s.onTCP(t))
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				defer cancel()
				cmd := exec.CommandContext(ctx, r.program, r.args(host, port, mode)...)
				cmd.Stdin = strings.NewReader(r.stdin)
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("%v\n%s", err, out)
				}
				checkSent(t, s, body, mode)
			})
		}
	}
}

func checkSent(t *testing.T, s *server, body, mode string) {
	t.Helper()
	got := s.taken()
	if len(got) != 1 {
		t.Fatalf("%d messages", len(got))
	}
	m := got[0]
	if strings.TrimRight(m.body, "\r\n")+"\r\n" != strings.ReplaceAll(body, "\n", "\r\n") || m.envelope.From.String() != "ann@x.test" || m.envelope.Rcpts[0].To.String() != "joe@x.test" {
		t.Errorf("%+v", m)
	}
	if (m.peer.TLS != nil) != (mode != "plain") || (m.peer.User == "ann@x.test") != (mode == "login") || m.peer.Helo != "client.test" || !m.peer.ESMTP {
		t.Errorf("%+v", m.peer)
	}
}

func TestGoSMTP(t *testing.T) {
	s := newServer(t, smtp.Options{Mode: smtp.Submission, Extensions: smtpwire.DSN}, sub)
	c, err := gosmtp.DialStartTLS(s.onTCP(t), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Hello("client.test"); err != nil {
		t.Fatal(err)
	}
	if err := c.Auth(sasl.NewPlainClient("", "ann", "wrong")); err == nil {
		t.Error("wrong password accepted")
	}
	if err := c.Auth(sasl.NewPlainClient("", "ann", "secret")); err != nil {
		t.Fatal(err)
	}
	text := "Subject: go\r\n\r\n.\r\n..\r\nend\r\n"
	for range 2 {
		if err := c.SendMail("ann@x.test", []string{"joe@x.test", "jim@x.test"}, strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Quit(); err != nil {
		t.Error(err)
	}
	got := s.taken()
	if len(got) != 2 || got[1].body != text || len(got[1].envelope.Rcpts) != 2 || got[1].peer.Account != 1024 {
		t.Errorf("%+v", got)
	}
}
