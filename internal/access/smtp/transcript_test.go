package smtp_test

import (
	"context"
	"fmt"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"tram/internal/access/listen"
	"tram/internal/access/smtp"
	"tram/internal/mail/smtpwire"
)

// TestTranscripts plays test/transcripts/smtp/*.txtar, one server a file.
//
// The file "server" has settings, one a line: "mode submission" or "lmtp", "tls none",
// "plaintext-login", "dsn", "recipients 2", "size 100", "errors 3", and so on.
// Files named "session" are played in order, each on a connection of its own:
//
//	C: a line of the client, CR LF is added
//	C! "a Go string, sent as it is"
//	S: the start of the next line of the server
//	S: EOF
//	TLS            the client's side of the handshake
//
// Lines of the client are sent when a line of the server or the end follows,
// so that lines in a row are pipelined. The file "messages", if there, is what
// was accepted in all sessions.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("../../../test/transcripts/smtp/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no transcripts found", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			play(t, archive)
		})
	}
}

func play(t *testing.T, archive *txtar.Archive) {
	opts, info := smtp.Options{}, mx
	for _, f := range archive.Files {
		if f.Name == "server" {
			configure(t, string(f.Data), &opts, &info)
		}
	}
	s := newServer(t, opts, info)
	addr := s.onTCP(t)
	checked := false
	for _, f := range archive.Files {
		switch f.Name {
		case "session":
			playSession(t, dial(t, addr), string(f.Data))
		case "messages":
			checked = true
			if got := summary(s.taken()); got != string(f.Data) {
				t.Errorf("accepted:\n%s\nwant:\n%s", got, f.Data)
			}
		}
	}
	if got := s.taken(); !checked && len(got) > 0 {
		t.Errorf("accepted:\n%s\nwant none", summary(got))
	}
}

func configure(t *testing.T, text string, opts *smtp.Options, info *listen.Info) {
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		n, _ := strconv.Atoi(value)
		switch key {
		case "mode":
			opts.Mode = map[string]smtp.Mode{"submission": smtp.Submission, "lmtp": smtp.LMTP}[value]
		case "extension":
			opts.Extensions |= extensionBits[value]
		case "xclient":
			opts.XClient = []netip.Prefix{netip.MustParsePrefix(value)}
		case "etrn":
			opts.Queue = runner{}
		case "tls":
			info.TLSMode = listen.None
		case "plaintext-login":
			info.PlaintextLogin = true
		case "dsn":
			opts.Extensions |= smtpwire.DSN
		case "size":
			opts.Limits.MessageBytes = int64(n)
		case "recipients":
			opts.Limits.Recipients = n
		case "errors":
			opts.Limits.Errors = n
		case "commands":
			opts.Limits.Commands = n
		case "idle":
			opts.Limits.Idle = time.Duration(n) * time.Millisecond
		default:
			t.Fatalf("unknown setting %q", key)
		}
	}
}

var extensionBits = map[string]smtpwire.Extensions{
	"BINARYMIME": smtpwire.BinaryMIME, "DSN": smtpwire.DSN, "REQUIRETLS": smtpwire.RequireTLS,
	"FUTURERELEASE": smtpwire.FutureRelease, "DELIVERBY": smtpwire.DeliverByTime, "MT-PRIORITY": smtpwire.MTPriority,
}

// runner is a queue with three messages for three.test.
type runner struct{}

func (runner) RunQueue(_ context.Context, _ *smtpwire.Peer, domain string) (int, error) {
	if domain == "three.test" {
		return 3, nil
	}
	return 0, nil
}

func playSession(t *testing.T, c *client, script string) {
	var pending strings.Builder
	number := 0
	flush := func() {
		if pending.Len() > 0 {
			c.send(pending.String())
			pending.Reset()
		}
	}
	for line := range strings.Lines(script) {
		number++
		line = strings.TrimSuffix(line, "\n")
		kind, rest, _ := strings.Cut(line, " ")
		switch kind {
		case "C:":
			pending.WriteString(rest + "\r\n")
		case "C!":
			raw, err := strconv.Unquote(rest)
			if err != nil {
				t.Fatalf("line %d: %v", number, err)
			}
			pending.WriteString(raw)
		case "S:":
			flush()
			got, err := c.r.ReadString('\n')
			if rest == "EOF" && err != nil && got == "" {
				continue
			}
			if err != nil || !strings.HasSuffix(got, "\r\n") || !strings.HasPrefix(got, rest) {
				t.Fatalf("line %d: want %q, got %q, %v", number, rest, got, err)
			}
		case "TLS":
			flush()
			c.startTLS()
		case "", "#":
		default:
			t.Fatalf("line %d: %q", number, line)
		}
	}
	flush()
}

// summary is the text form of accepted messages.
func summary(messages []message) string {
	var b strings.Builder
	for _, m := range messages {
		e := m.envelope
		if m.peer.Proxied.IsValid() {
			fmt.Fprintf(&b, "client=%s name=%s ", m.peer.Remote, m.peer.Name)
		}
		fmt.Fprintf(&b, "helo=%s tls=%v user=%s from=%s", m.peer.Helo, m.peer.TLS != nil, m.peer.User, e.From.Path())
		if p := e.FromParams; p.Size != 0 || p.Body != 0 || p.SMTPUTF8 || p.Ret != "" || p.EnvID != "" || p.Auth != "" {
			fmt.Fprintf(&b, " size=%d body=%s smtputf8=%v ret=%s envid=%s auth=%s", p.Size, p.Body, p.SMTPUTF8, p.Ret, p.EnvID, p.Auth)
		}
		for _, r := range e.Rcpts {
			fmt.Fprintf(&b, " to=%s", r.To.Path())
			if r.Notify != "" || r.ORcpt != "" {
				fmt.Fprintf(&b, ",notify=%s,orcpt=%s", r.Notify, r.ORcpt)
			}
		}
		fmt.Fprintf(&b, "\n%q\n", m.body)
	}
	return b.String()
}
