package imap

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tram/internal/mailstore"
	"tram/internal/storage/kv"
)

// examples are one valid form of each command.
var examples = map[string]string{
	"CAPABILITY": "", "NOOP": "", "LOGOUT": "", "ID": "NIL",
	"STARTTLS": "", "AUTHENTICATE": "PLAIN AGFsaWNlAHNlY3JldA==", "LOGIN": "alice secret",
	"ENABLE": "CONDSTORE", "SELECT": "INBOX", "EXAMINE": "INBOX", "CREATE": "new", "DELETE": "old", "RENAME": "old other",
	"SUBSCRIBE": "INBOX", "UNSUBSCRIBE": "INBOX", "LIST": `"" *`, "LSUB": `"" *`, "NAMESPACE": "", "STATUS": "INBOX (MESSAGES)",
	"GETQUOTA": "alice", "GETQUOTAROOT": "INBOX", "SETQUOTA": `"" (STORAGE 5)`,
	"GETACL": "INBOX", "SETACL": "INBOX anyone lr", "DELETEACL": "INBOX anyone", "LISTRIGHTS": "INBOX anyone", "MYRIGHTS": "INBOX",
	"GETMETADATA": "INBOX /private/comment", "SETMETADATA": `INBOX (/private/comment "x")`,
	"COMPRESS": "DEFLATE", "UNAUTHENTICATE": "", "GETJMAPACCESS": "",
	"APPEND": "INBOX {11+}\r\nA: b\r\n\r\nx\r\n", "IDLE": "\r\nDONE", "NOTIFY": "NONE",
	"CHECK": "", "CLOSE": "", "UNSELECT": "", "EXPUNGE": "", "UID EXPUNGE": "1",
	"ESEARCH": "IN (MAILBOXES INBOX) ALL", "CANCELUPDATE": `"none"`,
	"SEARCH": "ALL", "UID SEARCH": "ALL", "SORT": "(DATE) UTF-8 ALL", "UID SORT": "(DATE) UTF-8 ALL",
	"THREAD": "REFERENCES UTF-8 ALL", "UID THREAD": "REFERENCES UTF-8 ALL",
	"FETCH": "1 FLAGS", "UID FETCH": "1 FLAGS", "STORE": "1 FLAGS ()", "UID STORE": "1 FLAGS ()",
	"REPLACE": "1 INBOX {11+}\r\nA: b\r\n\r\nx\r\n", "UID REPLACE": "* INBOX {11+}\r\nA: b\r\n\r\nx\r\n",
	"COPY": "1 INBOX", "UID COPY": "1 INBOX", "MOVE": "1 INBOX", "UID MOVE": "1 INBOX",
}

// next is the state that a command leads to; others stay where they are.
var next = map[string]state{
	"LOGOUT": stateLogout, "AUTHENTICATE": stateAuthenticated, "LOGIN": stateAuthenticated,
	"UNAUTHENTICATE": stateNotAuthenticated,
	"SELECT":         stateSelected, "EXAMINE": stateSelected, "CLOSE": stateAuthenticated, "UNSELECT": stateAuthenticated,
}

// TestStates tries every command in every state: in form, with junk behind it,
// and looks which state the session is in then.
func TestStates(t *testing.T) {
	s := newServer(t, func(o *serverOptions) {
		o.JMAP = "https://example.org/jmap"
		o.Quota = func(context.Context, kv.Account) (mailstore.Quota, error) {
			return mailstore.Quota{Messages: 1000}, nil
		}
	})
	setup := s.login("alice")
	setup.add("INBOX", testMessage(1))
	states := map[state]func() *client{
		stateNotAuthenticated: s.dial,
		stateAuthenticated:    func() *client { return s.login("alice") },
		stateSelected:         func() *client { c := s.login("alice"); c.ok("SELECT INBOX"); return c },
	}
	tried := 0
	for name, cmd := range commands {
		args, ok := examples[name]
		if !ok {
			t.Errorf("%s has no example", name)
		}
		for from, begin := range states {
			setup.cmd("CREATE old")
			setup.cmd("DELETE new")
			setup.cmd("DELETE other")
			c := begin()
			line := strings.TrimSuffix(name+" "+args, " ")
			untagged, status := c.cmd(line)
			if name == "LOGOUT" {
				_, status = c.finish(fmt.Sprint("t", c.tag))
			}
			allowed := cmd.states&from != 0
			if allowed != (strings.HasPrefix(status, "OK") || status == "NO Unknown tag" || strings.HasPrefix(status, "NO [NOPERM] Only the admin")) { // of CANCELUPDATE, SETQUOTA
				t.Errorf("%s in state %d: %s", line, from, status)
			}
			switch {
			case !allowed:
			case name == "STARTTLS":
				c.startTLS()
			case name == "COMPRESS":
				c.useDeflate()
			}
			want := from
			if to, ok := next[name]; ok && allowed {
				want = to
			}
			if got := stateOf(c, name); got != want {
				t.Errorf("%s in state %d: state is %d, want %d", line, from, got, want)
			}
			if cmd.tell&^numbered == tellNoExpunge && slices.ContainsFunc(untagged, func(l string) bool { return strings.HasSuffix(l, "EXPUNGE") }) {
				t.Errorf("%s: EXPUNGE in %q", name, untagged)
			}
			tried++
		}
		if name == "IDLE" || name == "APPEND" {
			continue // what follows them is not junk
		}
		c := states[stateSelected]()
		if cmd.states&stateSelected == 0 {
			c = states[stateNotAuthenticated]()
		}
		if _, status := c.cmd(strings.TrimSuffix(name+" "+args, " ") + " (junk"); !strings.HasPrefix(status, "BAD") {
			t.Errorf("%s with junk: %s", name, status)
		}
	}
	if tried != 3*len(commands) || len(commands) != len(examples) {
		t.Errorf("%d tries for %d commands, %d examples", tried, len(commands), len(examples))
	}
}

// stateOf finds out by asking.
func stateOf(c *client, after string) state {
	if after == "LOGOUT" {
		if _, err := c.read(); err != nil {
			return stateLogout
		}
	}
	if _, status := c.cmd("CHECK"); strings.HasPrefix(status, "OK") {
		return stateSelected
	}
	if _, status := c.cmd("NAMESPACE"); strings.HasPrefix(status, "OK") {
		return stateAuthenticated
	}
	return stateNotAuthenticated
}
