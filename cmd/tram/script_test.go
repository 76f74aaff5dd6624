package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/smtp"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/crypto/bcrypt"

	"tram/internal/server/control"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"tram": main, "sendmail": main, "mailq": main, "newaliases": main, "rmail": main})
}

// TestScripts runs the real command, and the real server, as people do. Beside
// the usual commands of testscript there are:
//
//	exits CODE PROGRAM ARG...     runs a program that must end with this code
//	serving                       waits for the server; sets $SMTP, $IMAP, $POP3, $METRICS
//	mail FROM TO SUBJECT          hands a message to $SMTP
//	eventually PATTERN ARG...     repeats tram ARG... until it prints the pattern
//	get URL                       prints what HTTP answers
//	greeting ADDRESS              prints the first line of a server
//	gone ADDRESS                  waits until nobody listens there
//	accepting ADDRESS             waits until somebody listens there
//	flood FROM TO                 sends large messages until one is refused; writes their number to accepted
//	hangup                        sends SIGHUP to the server
//	substitute FILE               puts the values of variables into a file
//	thousand FILE                 writes CSV with a thousand accounts
//	field NAME KEY                sets $NAME to a key of the JSON in stdout (of the first item of a list)
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("TRAM_CONFIG", "tram.toml")
			e.Setenv("TZ", "UTC")
			e.Setenv("LANG", "C")
			return nil
		},
		Condition: func(name string) (bool, error) { return name == "root" && os.Geteuid() == 0, nil },
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "serving": serving, "mail": mail, "eventually": eventually, "get": get, "field": field,
			"greeting": greeting, "accepting": accepting, "flood": flood, "gone": gone, "hangup": hangup, "substitute": substitute, "thousand": thousand,
		},
	})
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit := new(exec.ExitError)
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		code = exit.ExitCode()
	}
	if (code == want) == neg {
		ts.Fatalf("exit code %d", code)
	}
}

// patience is how long anything may take on a slow machine.
const patience = 20 * time.Second

// retry calls fn until it returns true.
func retry(ts *testscript.TestScript, what string, fn func() bool) {
	for began := time.Now(); !fn(); time.Sleep(20 * time.Millisecond) {
		if time.Since(began) > patience {
			ts.Fatalf("%s: not in %v", what, patience)
		}
	}
}

func serving(ts *testscript.TestScript, _ bool, _ []string) {
	retry(ts, "the server answers", func() bool {
		var st control.Status
		out, err := output(ts, "status", "--json")
		if err != nil || json.Unmarshal([]byte(out), &st) != nil || !st.Running {
			return false
		}
		for _, l := range st.Listeners {
			ts.Setenv(strings.ToUpper(l.Protocol), l.Address)
		}
		return true
	})
}

// output runs tram and returns what it prints, leaving the script's own stdout
// alone.
func output(ts *testscript.TestScript, args ...string) (string, error) {
	c := exec.Command("tram", args...)
	c.Dir = ts.Getenv("WORK")
	c.Env = append(os.Environ(), "TRAM_CONFIG="+ts.Getenv("TRAM_CONFIG"), "PATH="+ts.Getenv("PATH"), "LANG=C")
	out, err := c.CombinedOutput()
	return string(out), err
}

func greeting(ts *testscript.TestScript, _ bool, args []string) {
	c, err := net.Dial("tcp", args[0])
	ts.Check(err)
	defer c.Close()
	line, err := bufio.NewReader(c).ReadString('\n')
	ts.Check(err)
	fmt.Fprint(ts.Stdout(), line)
}

func accepting(ts *testscript.TestScript, _ bool, args []string) {
	retry(ts, args[0]+" opens", func() bool {
		c, err := net.Dial("tcp", args[0])
		if err == nil {
			c.Close()
		}
		return err == nil
	})
}

func flood(ts *testscript.TestScript, _ bool, args []string) {
	const most = 1000
	text := "Subject: large\r\n\r\n" + strings.Repeat(strings.Repeat("x", 76)+"\r\n", 4000)
	for n := range most {
		if err := send(ts.Getenv("SMTP"), args[0], args[1], text); err != nil {
			ts.Logf("after %d messages: %v", n, err)
			ts.Check(os.WriteFile(ts.MkAbs("accepted"), []byte(strconv.Itoa(n)), 0o600))
			return
		}
	}
	ts.Fatalf("%d messages were accepted", most)
}

func gone(ts *testscript.TestScript, _ bool, args []string) {
	retry(ts, args[0]+" closes", func() bool {
		c, err := net.Dial("tcp", args[0])
		if err == nil {
			c.Close()
		}
		return err != nil
	})
}

func hangup(ts *testscript.TestScript, _ bool, _ []string) {
	for _, c := range ts.BackgroundCmds() {
		ts.Check(c.Process.Signal(syscall.SIGHUP))
	}
}

func substitute(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	ts.Check(os.WriteFile(path, []byte(os.Expand(ts.ReadFile(path), ts.Getenv)), 0o600))
}

func thousand(ts *testscript.TestScript, _ bool, args []string) {
	hash, err := bcrypt.GenerateFromPassword([]byte("secret"), bcrypt.MinCost)
	ts.Check(err)
	var b strings.Builder
	b.WriteString("address,name,quota,hash\n")
	for i := range 1000 {
		fmt.Fprintf(&b, "user%d@many.example,Người %d,1GiB,%s\n", i, i, hash)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(b.String()), 0o600))
}

func eventually(ts *testscript.TestScript, _ bool, args []string) {
	retry(ts, strings.Join(args, " "), func() bool {
		out, err := output(ts, args[1:]...)
		return err == nil && strings.Contains(out, args[0])
	})
}

func mail(ts *testscript.TestScript, neg bool, args []string) {
	from, to, subject := args[0], args[1], args[2]
	text := fmt.Sprintf("From: <%s>\r\nTo: <%s>\r\nSubject: %s\r\n\r\nHello.\r\n", from, to, subject)
	err := send(ts.Getenv("SMTP"), from, to, text)
	if (err != nil) != neg {
		ts.Fatalf("mail from %s to %s: %v", from, to, err)
	}
}

// send is smtp.SendMail without TLS, which would not know the certificate.
func send(server, from, to, text string) error {
	c, err := smtp.Dial(server)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := errors.Join(c.Mail(from), c.Rcpt(to)); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, text); err != nil {
		return err
	}
	return errors.Join(w.Close(), c.Quit())
}

func get(ts *testscript.TestScript, _ bool, args []string) {
	c, err := net.Dial("tcp", strings.TrimPrefix(args[0], "http://"))
	ts.Check(err)
	defer c.Close()
	path := "/"
	if len(args) > 1 {
		path = args[1]
	}
	fmt.Fprintf(c, "GET %s HTTP/1.0\r\n\r\n", path)
	_, err = io.Copy(ts.Stdout(), c)
	ts.Check(err)
}

func field(ts *testscript.TestScript, _ bool, args []string) {
	var v any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &v))
	if list, ok := v.([]any); ok && len(list) > 0 {
		v = list[0]
	}
	object, ok := v.(map[string]any)
	if !ok || object[args[1]] == nil {
		ts.Fatalf("no %s in it", args[1])
	}
	ts.Setenv(args[0], fmt.Sprint(object[args[1]]))
}
