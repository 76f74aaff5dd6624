package imap

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// TestTranscripts plays test/transcripts/imap/*.txtar. Each file is a server of
// its own. Files named "session" are played in order, the others are messages:
//
//	> alice      goes on with the connection of this name; the first time it
//	             is opened, and logged in as alice (as is "alice2")
//	> raw1       the same without login: the greeting comes next
//	C: a line of the client, CR LF is added
//	C! "a Go string, sent as it is"
//	S: a line of the server, all of it; "..." stands for anything, {NAME}
//	   for a word that is remembered
//	S~: the same after any number of other lines
//	S: EOF
//	TLS          the client's side of the handshake
//	DEFLATE      from here on the connection is compressed
//	add BOX (flags) FILE   appends a message
//
// At the end of a session each connection is logged out, so that a line which
// the server sent and the transcript does not have is found.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("../../../test/transcripts/imap/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no transcripts found", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			check(t, err)
			p := player{t: t, messages: map[string]string{}, words: map[string]string{}}
			p.serverFor(file)
			for _, f := range archive.Files {
				if f.Name != "session" {
					p.messages[f.Name] = strings.ReplaceAll(string(f.Data), "\n", "\r\n")
				}
			}
			for _, f := range archive.Files {
				if f.Name == "session" {
					p.play(string(f.Data))
				}
			}
		})
	}
}

// player plays the sessions of one file.
type player struct {
	t        *testing.T
	srv      *testServer
	messages map[string]string
	words    map[string]string
	conns    map[string]*client
	now      *client
	line     int
	failed   bool
}

func (p *player) play(script string) {
	p.conns, p.line = map[string]*client{}, 0
	for line := range strings.Lines(script) {
		p.line++
		line = strings.TrimSuffix(line, "\n")
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			continue
		}
		p.step(line)
		if p.failed {
			return
		}
	}
	for name, c := range p.conns {
		if c == nil {
			continue
		}
		c.send("zz LOGOUT\r\n")
		for _, want := range []string{"* BYE Logging out", "zz OK LOGOUT completed"} {
			if got := c.line(); got != want {
				p.t.Errorf("left over for %s: %q", name, got)
				return
			}
		}
	}
}

func (p *player) step(line string) {
	kind, rest, _ := strings.Cut(line, " ")
	if kind != ">" && p.now == nil && kind != "S:" {
		p.fail("no connection")
		return
	}
	switch kind {
	case ">":
		p.open(rest)
	case "C:":
		p.now.send(p.fill(rest) + "\r\n")
	case "C!":
		data, err := strconv.Unquote(rest)
		check(p.t, err)
		p.now.send(data)
	case "S:":
		p.expect(rest)
	case "S~:":
		for !p.failed && !p.matches(rest, p.now.line()) {
		}
	case "TLS":
		conn := tls.Client(p.now.conn, &tls.Config{InsecureSkipVerify: true})
		check(p.t, conn.Handshake())
		p.now.conn, p.now.r = conn, bufio.NewReader(conn)
	case "DEFLATE":
		p.now.useDeflate()
	case "add":
		p.add(rest)
	default:
		p.fail("unknown line " + line)
	}
}

func (p *player) fail(text string) {
	p.t.Helper()
	p.failed = true
	p.t.Errorf("line %d: %s", p.line, text)
}

// open goes on with a connection.
func (p *player) open(name string) {
	if c := p.conns[name]; c != nil {
		p.now = c
		return
	}
	if strings.HasPrefix(name, "raw") {
		conn, err := net.Dial("tcp", p.srv.listener.Addr().String())
		check(p.t, err)
		p.t.Cleanup(func() { conn.Close() })
		p.now = &client{t: p.t, conn: conn, r: bufio.NewReader(conn)}
	} else {
		p.now = p.srv.login(strings.TrimRight(name, "0123456789"))
	}
	p.conns[name] = p.now
}

// add appends a message: BOX (flags) FILE.
func (p *player) add(rest string) {
	open, end := strings.IndexByte(rest, '('), strings.IndexByte(rest, ')')
	body, ok := p.messages[strings.TrimSpace(rest[end+1:])]
	if open < 0 || end < open || !ok {
		p.fail("cannot add " + rest)
		return
	}
	p.now.ok(fmt.Sprintf("APPEND %s%s {%d+}\r\n%s", rest[:open], rest[open:end+1], len(body), body))
}

var word = regexp.MustCompile(`\\\{([A-Z]+)\\\}`)

// fill replaces words that are remembered.
func (p *player) fill(line string) string {
	for name, value := range p.words {
		line = strings.ReplaceAll(line, "{"+name+"}", value)
	}
	return line
}

// expect reads a line of the server and compares it.
func (p *player) expect(want string) {
	got, err := p.now.read()
	if want == "EOF" {
		if !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) {
			p.fail(fmt.Sprintf("got %q, %v; want the end of the connection", got, err))
		}
		for name, c := range p.conns {
			if c == p.now {
				p.conns[name] = nil
			}
		}
		return
	}
	if err != nil {
		p.fail(fmt.Sprintf("%v; want %q", err, want))
		return
	}
	if !p.matches(want, got) {
		p.fail(fmt.Sprintf("got  %q\nwant %q", got, want))
	}
}

// matches compares a line with what is wanted, and remembers its words.
func (p *player) matches(want, got string) bool {
	pattern := regexp.QuoteMeta(p.fill(want))
	pattern = strings.ReplaceAll(pattern, `\.\.\.`, `.*`)
	pattern = word.ReplaceAllString(pattern, `(?P<$1>\S+?)`)
	re := regexp.MustCompile("^(?s:" + pattern + ")$")
	m := re.FindStringSubmatch(got)
	if m == nil {
		return false
	}
	for i, name := range re.SubexpNames() {
		if name != "" {
			p.words[name] = m[i]
		}
	}
	return true
}
