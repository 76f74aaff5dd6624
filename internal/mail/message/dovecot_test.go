package message

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// dovecotIMAP serves one mail user on its standard input and output.
const dovecotIMAP = "/usr/lib/dovecot/imap"

// TestDovecotAgrees gives all test mail to Dovecot and compares ENVELOPE,
// BODYSTRUCTURE and BODY.
func TestDovecotAgrees(t *testing.T) {
	messages := comparableMail(t)
	names := slices.Sorted(maps.Keys(messages))
	server := startDovecot(t)
	go func() {
		server.command("CREATE box")
		for _, name := range names {
			server.command("APPEND box {%d+}\r\n%s", len(messages[name]), messages[name])
		}
		server.command("SELECT box")
		server.command("FETCH 1:* (ENVELOPE BODYSTRUCTURE BODY)")
		server.command("LOGOUT")
	}()
	answers := map[int]fetchItems{}
	for {
		response, err := server.response()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if n, items, ok := fetched(response); ok {
			answers[n] = items
		} else if bytes.Contains(response, []byte(" NO ")) || bytes.Contains(response, []byte(" BAD ")) {
			t.Fatalf("Dovecot says %.200q", response)
		}
	}
	if len(answers) != len(names) {
		t.Fatalf("Dovecot showed %d of %d messages", len(answers), len(names))
	}
	for i, name := range names {
		d := digestOf(t, messages[name])
		ours := fetchItems{
			"ENVELOPE", string(d.Envelope), "BODYSTRUCTURE", string(d.BodyStructure),
			"BODY", string(AppendBody(nil, d.BodyStructure)),
		}
		for k := 1; k < len(ours); k += 2 {
			if got, want := canonical(t, ours[k]), canonical(t, answers[i+1][k]); got != want {
				t.Errorf("%s: %s\n   ours %s\nDovecot %s", name, ours[k-1], got, want)
			}
		}
	}
	t.Logf("%d messages compared", len(names))
}

// comparableMail is the test mail that Dovecot stores as it is.
func comparableMail(t *testing.T) map[string][]byte {
	messages := map[string][]byte{}
	files, _ := filepath.Glob("testdata/digest/*.eml")
	for _, file := range files {
		messages[file], _ = os.ReadFile(file)
	}
	if _, err := os.Stat("../../../../shared/data"); err == nil {
		maps.Copy(messages, corpus(t))
	}
	maps.DeleteFunc(messages, func(_ string, msg []byte) bool {
		bare := bytes.ReplaceAll(msg, []byte("\r\n"), nil)
		return len(msg) == 0 || bytes.ContainsAny(bare, "\r\n\x00")
	})
	return messages
}

type dovecot struct {
	in   io.WriteCloser
	out  *bufio.Reader
	tags int
}

func startDovecot(t *testing.T) *dovecot {
	if _, err := os.Stat(dovecotIMAP); err != nil {
		t.Skip("no Dovecot to compare with (Debian package dovecot-imapd)")
	}
	home, err := os.MkdirTemp("", "tram-dovecot")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(home) })
	config := filepath.Join(home, "dovecot.conf")
	settings := fmt.Sprintf("protocols = imap\nssl = no\nmail_location = sdbox:%[1]s/mail\nbase_dir = %[1]s\n"+
		"state_dir = %[1]s\nmail_fsync = never\nfirst_valid_uid = 1\nlog_path = %[1]s/log\nstats_writer_socket_path =\n", home)
	if err := os.WriteFile(config, []byte(settings), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(dovecotIMAP, "-c", config)
	cmd.Env = append(os.Environ(), "USER=test", "HOME="+home)
	if os.Getuid() == 0 { // Dovecot does not serve root's mail
		const nobody = 65534
		if err := errors.Join(os.Chown(home, nobody, nobody), os.Chmod(home, 0o755)); err != nil {
			t.Fatal(err)
		}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			log, _ := os.ReadFile(filepath.Join(home, "log"))
			t.Errorf("Dovecot: %v\n%s", err, log)
		}
	})
	return &dovecot{in: in, out: bufio.NewReader(out)}
}

func (d *dovecot) command(format string, args ...any) {
	d.tags++
	fmt.Fprintf(d.in, "t%d "+format+"\r\n", append([]any{d.tags}, args...)...)
}

// response reads one response with the literals in it.
func (d *dovecot) response() ([]byte, error) {
	var all []byte
	for {
		line, err := d.out.ReadBytes('\n')
		all = append(all, line...)
		if err != nil {
			return all, err
		}
		open := bytes.LastIndexByte(line, '{')
		if open < 0 || !bytes.HasSuffix(line, []byte("}\r\n")) {
			return all, nil
		}
		n, err := strconv.Atoi(string(line[open+1 : len(line)-3]))
		if err != nil {
			return all, err
		}
		literal := make([]byte, n)
		if _, err := io.ReadFull(d.out, literal); err != nil {
			return all, err
		}
		all = append(all, literal...)
	}
}

// fetchItems is the items of a FETCH response: name, value, name, value.
type fetchItems []string

// fetched takes "* n FETCH (name value ...)" apart.
func fetched(response []byte) (n int, items fetchItems, ok bool) {
	head, rest, ok := strings.Cut(string(response), " FETCH (")
	if !ok || !strings.HasPrefix(head, "* ") {
		return 0, nil, false
	}
	n, _ = strconv.Atoi(head[2:])
	for !strings.HasPrefix(rest, ")") {
		rest = strings.TrimPrefix(rest, " ")
		name, value, _ := strings.Cut(rest, " ")
		after, err := wireValue([]byte(value), 0)
		if err != nil {
			return 0, nil, false
		}
		items = append(items, name, value[:len(value)-len(after)])
		rest = string(after)
	}
	return n, items, true
}

// canonical writes a value with all its strings quoted the same way.
func canonical(t *testing.T, value string) string {
	var b strings.Builder
	for p := []byte(value); len(p) > 0; {
		switch p[0] {
		case '(', ')', ' ':
			b.WriteByte(p[0])
			p = p[1:]
			continue
		}
		rest, err := wireValue(p, 0)
		if err != nil {
			t.Fatalf("%v in %q", err, value)
		}
		b.WriteString(canonicalString(p[:len(p)-len(rest)]))
		p = rest
	}
	return strings.ReplaceAll(b.String(), ") (", ")(")
}

func canonicalString(p []byte) string {
	switch p[0] {
	case '{':
		_, content, _ := bytes.Cut(p, []byte("}\r\n"))
		return strconv.Quote(string(content))
	case '"':
		content := strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(string(p[1 : len(p)-1]))
		return strconv.Quote(content)
	}
	return string(p)
}
