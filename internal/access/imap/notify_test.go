package imap

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"tram/internal/mail/imapwire"
	"tram/internal/mailstore"
	"tram/internal/storage/kv"
)

// TestNotifyShared follows a mailbox that another user shares, and loses it.
func TestNotifyShared(t *testing.T) {
	accounts := accounts{"an@example.org": 3001, "binh@example.org": 3002}
	s := newServer(t, func(o *serverOptions) {
		o.Auth = accounts
		o.Neighbours = sharers(accounts)
	})
	owner, guest := s.login("an@example.org"), s.login("binh@example.org")
	owner.ok("CREATE project")
	owner.ok("CREATE secret")
	owner.ok("SETACL project binh@example.org lr")
	guest.ok(`NOTIFY SET (SUBTREE Shared (MessageNew MessageExpunge FlagChange MailboxName))`)

	const name = "Shared/an@example.org/project"
	owner.add("secret", testMessage(1))
	owner.add("project", testMessage(2))
	guest.wants("* STATUS " + name + " (MESSAGES 1 UIDNEXT 2 UNSEEN 1)")
	owner.ok("RENAME project plan")
	guest.wants(`* LIST () "/" Shared/an@example.org/plan ("OLDNAME" (` + name + "))")
	owner.ok("SETACL secret binh@example.org lr")
	guest.wants(`* LIST () "/" Shared/an@example.org/secret`)
	owner.ok("DELETEACL secret binh@example.org")
	guest.wants(`* LIST (\NonExistent) "/" Shared/an@example.org/secret`)
	owner.add("secret", testMessage(3))
	owner.ok("DELETE secret")
	owner.ok("DELETE plan")
	guest.wants(`* LIST (\NonExistent) "/" Shared/an@example.org/plan`)
}

// sharers are accounts as others see them.
type sharers accounts

func (a sharers) AccountOf(_ context.Context, address string) (kv.Account, string, error) {
	return kv.Account(a[address]), address, nil
}

func (a sharers) AddressOf(_ context.Context, id kv.Account) (string, error) {
	for address, n := range a {
		if kv.Account(n) == id {
			return address, nil
		}
	}
	return "", nil
}

func (sharers) PublicOf(context.Context, string) (kv.Account, error) { return 0, nil }

// wants reads one line.
func (c *client) wants(line string) {
	c.t.Helper()
	if got := c.line(); got != line {
		c.t.Fatalf("got  %q\nwant %q", got, line)
	}
}

// says returns what a session says that has no connection.
func (s *session) says(t *testing.T, tell func() error) string {
	t.Helper()
	var out bytes.Buffer
	var enc imapwire.Encoder
	enc.Reset(&out)
	s.enc = &enc
	check(t, tell())
	check(t, enc.Flush())
	return out.String()
}

// TestNotifyOverflow: a client that is further behind than the store's log
// reaches is told so, and hears nothing more.
func TestNotifyOverflow(t *testing.T) {
	s := newServer(t)
	writer := s.login("alice")
	writer.add("INBOX", testMessage(1))
	behind := &session{srv: s.Server, ctx: t.Context(), account: 2001, mail: s.store.As(mailstore.Actor{Address: "alice", Account: 2001})}
	behind.notify = &notifier{groups: []eventGroup{{filter: filterPersonal, events: eventMailboxName}},
		feeds: []feed{{account: 2001, cancel: func() {}}}}
	inbox, err := s.store.Lookup(t.Context(), 2001, "INBOX")
	check(t, err)
	for n := range 20_100 { // twice what the log keeps
		op := mailstore.AddFlags
		if n%2 == 1 {
			op = mailstore.RemoveFlags
		}
		_, err := s.store.StoreFlags(t.Context(), 2001, inbox.ID, mailstore.AllUIDs(), mailstore.FlagChange{Op: op, Flags: mailstore.Flagged})
		check(t, err)
	}
	said := behind.says(t, behind.tellNews)
	if !strings.HasPrefix(said, "* OK [NOTIFICATIONOVERFLOW] ") || strings.Count(said, "\r\n") != 1 {
		t.Errorf("%q", said)
	}
	writer.ok("CREATE new")
	if said := behind.says(t, behind.tellNews); said != "" || behind.listens() {
		t.Errorf("%q after the overflow", said)
	}
}

// TestStillHere: a client in IDLE hears that the connection lives.
func TestStillHere(t *testing.T) {
	s := newServer(t, func(o *serverOptions) { o.Limits.IdleNotice = 64 * time.Millisecond })
	c := s.idleIn("alice")
	for range 3 {
		c.wants("* OK Still here")
	}
	c.send("DONE\r\n")
	if !c.hears("i OK Idle completed") {
		t.Fatal("IDLE does not end")
	}
	s.beat.mu.Lock()
	defer s.beat.mu.Unlock()
	if s.beat.count != 0 {
		t.Errorf("%d sessions are left in the wheel", s.beat.count)
	}
}

// TestNotifyBoundsMemory: however much a session does itself between two
// commands, what it remembers of it is bounded.
func TestNotifyBoundsMemory(t *testing.T) {
	var n notifier
	for seq := range mailstore.ModSeq(10 * maxOwn) {
		n.note(mailstore.OwnChange{Account: 1, ModSeq: seq})
	}
	if len(n.own) > maxOwn || !n.isOwn(1)(10*maxOwn-1) || n.isOwn(2)(10*maxOwn-1) {
		t.Errorf("%d own changes", len(n.own))
	}
	names := fmt.Sprint(strings.Repeat(" x", maxNotifyNames+1))
	c := newServer(t).login("alice")
	if _, status := c.cmd("NOTIFY SET (MAILBOXES (" + names[1:] + ") (MessageNew MessageExpunge))"); !strings.HasPrefix(status, "NO [NOTIFICATIONOVERFLOW]") {
		t.Error(status)
	}
}
