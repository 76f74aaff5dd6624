package imap

import (
	"crypto/tls"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// endless writes n bytes of a repeated text.
func (c *client) endless(text string, n int) {
	c.t.Helper()
	block := strings.Repeat(text, 1+(64<<10)/len(text))
	for n > 0 {
		p := block[:min(n, len(block))]
		c.send(p)
		n -= len(p)
	}
}

// expectEnd reads up to the end of the connection and returns what came.
func (c *client) expectEnd() string {
	c.t.Helper()
	c.conn.SetReadDeadline(time.Now().Add(patience))
	p, _ := io.ReadAll(c.r)
	return string(p)
}

// TestHugeLine answers a line of ten million bytes and goes on.
func TestHugeLine(t *testing.T) {
	s := newServer(t)
	c := s.dial()
	for _, login := range []bool{false, true} {
		if login {
			c.ok("LOGIN alice secret")
		}
		c.send("x NOOP ")
		c.endless("y", 10_000_000)
		c.send("\r\n")
		if got := c.line(); got != "x BAD Junk after the command" {
			t.Errorf("login %v: %q", login, got)
		}
		c.send("x SELECT ")
		c.endless("y", 10_000_000)
		c.send("\r\n")
		want := "x BAD Command line too long"
		if !login {
			want = "x BAD Please log in first, with LOGIN or AUTHENTICATE"
		}
		if got := c.line(); got != want {
			t.Errorf("login %v: %q, want %q", login, got, want)
		}
		c.ok("NOOP")
	}
}

// TestHugeLiteral refuses literals by what they announce.
func TestHugeLiteral(t *testing.T) {
	s := newServer(t)
	for _, size := range []string{"4294967296", "4294967295", "99999999999999999999999999"} {
		c := s.login("alice")
		c.ok("SELECT INBOX")
		for _, command := range []string{"SELECT {%s}", "APPEND INBOX {%s}", "SEARCH SUBJECT {%s}"} {
			if _, status := c.cmd(fmt.Sprintf(command, size)); !strings.HasPrefix(status, "NO [TOOBIG]") {
				t.Errorf(command+": %s", size, status)
			}
		}
		// What is sent unasked cannot be skipped for hours.
		c.send("x APPEND INBOX {" + size + "+}\r\n")
		if got := c.expectEnd(); got != "* BYE Command too large\r\n" {
			t.Errorf("{%s+}: %q", size, got)
		}
	}
	c := s.dial()
	if _, status := c.cmd("LOGIN {1000000}"); !strings.HasPrefix(status, "NO [TOOBIG]") {
		t.Errorf("before login: %s", status)
	}
}

// TestHugeAppend skips a message that is too large and was sent unasked.
func TestHugeAppend(t *testing.T) {
	s := newServer(t, func(o *serverOptions) { o.Limits.Append = 1 << 20 })
	c := s.login("alice")
	c.send("x APPEND INBOX {2000000+}\r\n")
	c.endless("y", 2_000_000)
	c.send("\r\n")
	if got := c.line(); got != "x NO [TOOBIG] Message too large" {
		t.Errorf("%q", got)
	}
	c.add("INBOX", testMessage(1))
}

// TestParentheses refuses a million of them.
func TestParentheses(t *testing.T) {
	s := newServer(t)
	c := s.login("alice")
	c.add("INBOX", testMessage(1))
	c.ok("SELECT INBOX")
	for _, start := range []string{"SEARCH ", "FETCH 1 ", "STORE 1 FLAGS ", "ID ", "LIST ", "STATUS INBOX ", "SORT "} {
		c.send("x " + start)
		c.endless("(", 1_000_000)
		c.send("\r\n")
		if got := c.line(); !strings.HasPrefix(got, "x BAD ") {
			t.Errorf("%s: %q", start, got)
		}
	}
	for _, chain := range []string{"FUZZY ", "OR "} {
		if _, status := c.cmd("SEARCH " + strings.Repeat(chain, 2000) + "ALL"); status != "BAD Search keys nested too deeply" {
			t.Errorf("%s: %s", chain, status)
		}
	}
	for _, chain := range []string{"NOT ", "OR ALL "} { // these are read as lists
		c.ok("SEARCH " + strings.Repeat(chain, 2000) + "ALL")
	}
	c.ok("NOOP")
}

// TestTokens refuses more arguments than any client needs.
func TestTokens(t *testing.T) {
	s := newServer(t, func(o *serverOptions) { o.Limits.Tokens = 1000 })
	c := s.login("alice")
	c.ok("SELECT INBOX")
	if _, status := c.cmd("SEARCH" + strings.Repeat(" ALL", 1001)); status != "BAD Too many arguments" {
		t.Error(status)
	}
}

// TestNUL refuses NULs wherever they stand.
func TestNUL(t *testing.T) {
	s := newServer(t)
	c := s.login("alice")
	for _, line := range []string{"x NOOP\x00", "x \x00", "\x00", "x SELECT \"a\x00\"", "x SELECT {1+}\r\n\x00", "x SELECT a\x00b"} {
		c.send(line + "\r\n")
		if got := c.line(); !strings.Contains(got, " BAD ") {
			t.Errorf("%q: %q", line, got)
		}
	}
	c.ok("NOOP")
}

// TestBadCommands ends a session that sends nothing else.
func TestBadCommands(t *testing.T) {
	s := newServer(t)
	c := s.login("alice")
	for range DefaultBadCommands - 1 {
		c.send("x NONSENSE\r\n")
		c.line()
	}
	c.ok("NOOP") // begins anew
	c.send(strings.Repeat("x NONSENSE\r\n", DefaultBadCommands+1))
	if got := c.expectEnd(); !strings.HasSuffix(got, "* BYE Too many invalid commands\r\n") {
		t.Errorf("%q", got)
	}
}

// TestCommandsBeforeLogin ends a session that does not log in.
func TestCommandsBeforeLogin(t *testing.T) {
	s := newServer(t)
	c := s.dial()
	c.send(strings.Repeat("x NOOP\r\n", DefaultLoginCommands+1))
	if got := c.expectEnd(); !strings.HasSuffix(got, "* BYE Too many commands before login\r\n") {
		t.Errorf("%q", got)
	}
}

// TestTimeouts ends sessions that say nothing, or half of something.
func TestTimeouts(t *testing.T) {
	s := newServer(t, func(o *serverOptions) {
		o.Limits.LoginTimeout = 50 * time.Millisecond
		o.Limits.IdleTimeout = 50 * time.Millisecond
		o.Limits.ReadTimeout = 50 * time.Millisecond
		o.Limits.Handshake = 50 * time.Millisecond
	})
	for name, begin := range map[string]func() *client{
		"before login": s.dial,
		"half a line before login": func() *client {
			c := s.dial()
			c.send("x LOG")
			return c
		},
		"idle":    func() *client { return s.login("alice") },
		"IDLE":    func() *client { c := s.login("alice"); c.send("x IDLE\r\n"); c.line(); return c },
		"command": func() *client { c := s.login("alice"); c.send("x SELECT INB"); return c },
		"literal": func() *client { c := s.login("alice"); c.send("x SELECT {5+}\r\nINB"); return c },
		"message": func() *client {
			c := s.login("alice")
			c.send("x APPEND INBOX {5}\r\n")
			c.line()
			c.send("x")
			return c
		},
	} {
		if got := begin().expectEnd(); got != "* BYE Disconnected for inactivity\r\n" {
			t.Errorf("%s: %q", name, got)
		}
	}
	c := s.dial()
	c.ok("STARTTLS")
	if got := c.expectEnd(); got != "" {
		t.Errorf("half-open TLS: %q", got)
	}
}

// TestHostileMemory holds what connections cost that never finish a command
// before login.
func TestHostileMemory(t *testing.T) {
	const conns, budget = 50, 1 << 20
	s := newServer(t)
	before := heldMemory()
	var all []*client
	for i := range conns {
		c := s.dial()
		all = append(all, c)
		switch i % 4 {
		case 0: // a line that does not end
			c.send("x NOOP ")
			c.endless("y", 4<<20)
		case 1: // a literal that does not end
			c.send("x LOGIN {16384+}\r\n")
			c.endless("y", 16_000)
		case 2: // skipping a literal that does not end
			c.send("x LOGIN {4000000+}\r\n")
			c.endless("y", 3_900_000)
		case 3: // many words
			c.send("x ID (")
			c.endless("\"a\" ", 16_000)
		}
	}
	per := (heldMemory() - before) / conns
	t.Logf("%d bytes a hostile connection", per)
	if per > budget {
		t.Errorf("a hostile connection costs %d bytes", per)
	}
	runtime.KeepAlive(all)
}

// TestSlowReader gives up on a client that asks and does not read.
func TestSlowReader(t *testing.T) {
	s := newServer(t, func(o *serverOptions) { o.Limits.WriteTimeout = 100 * time.Millisecond })
	c := s.login("alice")
	big := strings.Repeat("0123456789\r\n", 100_000)
	c.add("INBOX", "Subject: big\r\n\r\n"+big)
	c.ok("SELECT INBOX")
	c.send(strings.Repeat("x FETCH 1 BODY.PEEK[]\r\n", 20))
	// The server has closed the connection when nothing can be sent any more.
	for err := error(nil); err == nil; {
		c.conn.SetWriteDeadline(time.Now().Add(patience))
		_, err = io.WriteString(c.conn, "x NOOP\r\n")
	}
	if got := len(c.expectEnd()); got > 15*len(big) {
		t.Errorf("%d bytes were sent to a client that did not read", got)
	}
	s.login("alice").ok("NOOP")
}

// TestStop tells everyone when the server stops.
func TestStop(t *testing.T) {
	s := newServer(t)
	idle, inIDLE, fresh := s.login("alice"), s.login("bob"), s.dial()
	inIDLE.send("x IDLE\r\n")
	inIDLE.line()
	var all sync.WaitGroup
	for name, c := range map[string]*client{"idle": idle, "in IDLE": inIDLE, "fresh": fresh} {
		all.Go(func() {
			if got := c.expectEnd(); got != "* BYE Server is shutting down\r\n" {
				t.Errorf("%s: %q", name, got)
			}
		})
	}
	s.stop()
	all.Wait()
}

// TestPanic ends the session that panics and no other.
func TestPanic(t *testing.T) {
	s := newServer(t, func(o *serverOptions) { o.Auth = nil })
	other := s.dial()
	c := s.dial()
	c.send("x LOGIN alice secret\r\n")
	if got := c.expectEnd(); got != "" {
		t.Errorf("%q", got)
	}
	other.ok("NOOP")
}

// TestFailureDelay answers a refused login late, others at once.
func TestFailureDelay(t *testing.T) {
	const delay = 200 * time.Millisecond
	s := newServer(t, func(o *serverOptions) { o.Limits.FailureDelay = delay })
	c := s.dial()
	began := time.Now()
	c.cmd("LOGIN alice wrong")
	if took := time.Since(began); took < delay {
		t.Errorf("a refused login was answered after %v", took)
	}
	began = time.Now()
	c.ok("LOGIN alice secret")
	if took := time.Since(began); took >= delay {
		t.Errorf("a login was answered after %v", took)
	}
}

// TestImplicitTLS serves a connection whose handshake is pending.
func TestImplicitTLS(t *testing.T) {
	s := newServer(t, func(o *serverOptions) { o.info.TLSMode = implicit; o.info.PlaintextLogin = false })
	c := s.dialTLS()
	c.ok("LOGIN alice secret")
}

// TestLoginDisabled takes no password in the clear where that is not allowed.
func TestLoginDisabled(t *testing.T) {
	s := newServer(t, func(o *serverOptions) { o.info.PlaintextLogin = false })
	c := s.dial()
	untagged := c.ok("CAPABILITY")
	if !strings.Contains(untagged[0], "LOGINDISABLED") || strings.Contains(untagged[0], "AUTH=") {
		t.Errorf("%q", untagged)
	}
	for _, command := range []string{"LOGIN alice secret", "AUTHENTICATE PLAIN AGFsaWNlAHNlY3JldA=="} {
		if _, status := c.cmd(command); !strings.HasPrefix(status, "NO [PRIVACYREQUIRED]") {
			t.Errorf("%s: %s", command, status)
		}
	}
	c.ok("STARTTLS")
	c.startTLS()
	c.ok("LOGIN alice secret")
}

func (c *client) startTLS() {
	conn := tls.Client(c.conn, &tls.Config{InsecureSkipVerify: true})
	check(c.t, conn.Handshake())
	c.use(conn)
}
