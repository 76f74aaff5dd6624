package pop_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"tram/internal/access/pop"
	"tram/internal/mailstore"
	"tram/internal/storage/kv"
)

// TestLineLength: a line of the limit is a command, a longer one ends the
// session. RFC 2449 4 asks for 255 octets at least.
func TestLineLength(t *testing.T) {
	s := newServer(t)
	c := s.dial("")
	s.expect(c, "+OK")
	io.WriteString(c.conn, "USER "+strings.Repeat("a", 255-len("USER \r\n"))+"\r\n")
	s.expect(c, "+OK")
	io.WriteString(c.conn, "PASS "+strings.Repeat("b", pop.MaxLine-len("PASS \r\n"))+"\r\n")
	s.expect(c, "-ERR [AUTH]")
	io.WriteString(c.conn, "PASS "+strings.Repeat("b", pop.MaxLine-len("PASS \r\n")+1)+"\r\n")
	s.expect(c, "-ERR command line too long")
	s.expect(c, "EOF")
}

// TestLoginCommands: nobody stays before the door for ever.
func TestLoginCommands(t *testing.T) {
	s := newServer(t)
	c := s.dial("")
	s.expect(c, "+OK")
	for range pop.DefaultLoginCommands {
		io.WriteString(c.conn, "LANG en\r\n")
		s.expect(c, "+OK en")
	}
	io.WriteString(c.conn, "LANG en\r\n")
	s.expect(c, "-ERR too many commands before login")
	s.expect(c, "EOF")
}

// TestDeepPipeline sends more commands at once than any buffer holds, among them
// some that fail, and gets each answer in its place.
func TestDeepPipeline(t *testing.T) {
	s := newServer(t)
	for i := range 20 {
		s.deliver(fmt.Sprintf("Subject: %d\r\n\r\n.%s\r\n", i, strings.Repeat("y\r\n", i*1000)))
	}
	c := s.dial("")
	const rounds = 30
	go func() {
		fmt.Fprintf(c.conn, "USER %s\r\nPASS %s\r\n", user, password)
		for range rounds {
			for i := range 20 {
				fmt.Fprintf(c.conn, "RETR %d\r\nRETR 21\r\nTOP %d 1\r\n", i+1, 20-i)
			}
		}
		fmt.Fprintf(c.conn, "QUIT\r\n")
	}()
	s.expect(c, "+OK")
	s.expect(c, "+OK")
	s.expect(c, "+OK maildrop has 20")
	text := func(want string) (lines int) {
		t.Helper()
		s.expect(c, "+OK")
		s.expect(c, "Subject: "+want)
		for {
			line, err := c.r.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			if line == ".\r\n" {
				return lines
			}
			lines++
		}
	}
	for range rounds {
		for i := range 20 {
			if n := text(fmt.Sprint(i)); n != 2+i*1000 {
				t.Fatalf("message %d: %d lines", i, n)
			}
			s.expect(c, "-ERR no such message, there are 20")
			if n := text(fmt.Sprint(19 - i)); n != 2 {
				t.Fatalf("top of %d: %d lines", 19-i, n)
			}
		}
	}
	s.expect(c, "+OK bye")
	s.expect(c, "EOF")
}

// uidls asks for all unique ids.
func (s *server) uidls() (ids []string) {
	s.t.Helper()
	c := s.dial("")
	fmt.Fprintf(c.conn, "USER %s\r\nPASS %s\r\nUIDL\r\nUIDL 1\r\nQUIT\r\n", user, password)
	for range 4 {
		s.expect(c, "+OK")
	}
	for {
		line, err := c.r.ReadString('\n')
		if err != nil {
			s.t.Fatal(err)
		}
		if line == ".\r\n" {
			break
		}
		_, id, _ := strings.Cut(strings.TrimSpace(line), " ")
		ids = append(ids, id)
	}
	s.expect(c, "+OK 1 "+ids[0])
	s.expect(c, "+OK")
	s.expect(c, "EOF")
	return ids
}

// TestUniqueIDs: the form of RFC 1939 7, no two the same even of the same message
// copied, the same when asked again, and after the message was moved away and
// back, which gives it another UID.
func TestUniqueIDs(t *testing.T) {
	s := newServer(t)
	ctx := t.Context()
	for i := range 3 {
		s.deliver(fmt.Sprintf("Subject: %d\r\n\r\n", i))
	}
	inbox, err := s.store.Lookup(ctx, s.account, "INBOX")
	if err != nil {
		t.Fatal(err)
	}
	trash, err := s.store.Lookup(ctx, s.account, "Trash")
	if err != nil {
		t.Fatal(err)
	}
	in, out := mailstore.Place{Account: s.account, Mailbox: inbox.ID}, mailstore.Place{Account: s.account, Mailbox: trash.ID}
	if _, err := s.store.Copy(ctx, in, in, mailstore.AllUIDs(), mailstore.Quota{}); err != nil {
		t.Fatal(err)
	}
	before := s.uidls()
	form := regexp.MustCompile(`^[\x21-\x7e]{1,70}$`)
	seen := map[string]bool{}
	for _, id := range before {
		if !form.MatchString(id) || seen[id] {
			t.Errorf("%q", id)
		}
		seen[id] = true
	}
	if len(before) != 6 {
		t.Fatalf("%q", before)
	}
	for _, step := range [][2]mailstore.Place{{in, out}, {out, in}} {
		if _, err := s.store.Move(ctx, step[0], step[1], mailstore.AllUIDs(), mailstore.Quota{}); err != nil {
			t.Fatal(err)
		}
	}
	if after := s.uidls(); strings.Join(after, " ") != strings.Join(before, " ") {
		t.Errorf("%q\nafter the messages came back\n%q", before, after)
	}
}

// TestDamagedRecord: a record that cannot be read costs its own message, also
// amidst a pipeline, and none of the lists.
func TestDamagedRecord(t *testing.T) {
	s := newServer(t)
	for i := range 9 {
		s.deliver(fmt.Sprintf("Subject: %d\r\n\r\n", i+1))
	}
	inbox, err := s.store.Lookup(t.Context(), s.account, "INBOX")
	if err != nil {
		t.Fatal(err)
	}
	err = kv.Durable(t.Context(), s.db, []kv.Account{s.account}, func(tx kv.Tx) error {
		for _, uid := range []uint32{4, 7} {
			key := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte{'m'}, uint32(inbox.ID)), uid)
			if err := tx.Account(s.account).Set(key, []byte{1, 2}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if ids := s.uidls(); len(ids) != 9 {
		t.Errorf("%q", ids)
	}
	c := s.dial("")
	fmt.Fprintf(c.conn, "USER %s\r\nPASS %s\r\n", user, password)
	for i := range 9 {
		fmt.Fprintf(c.conn, "RETR %d\r\n", i+1)
	}
	for range 3 {
		s.expect(c, "+OK")
	}
	for i := range 9 {
		if i == 3 || i == 6 {
			s.expect(c, "-ERR [SYS/PERM] this message is damaged")
			continue
		}
		s.expect(c, "+OK")
		s.expect(c, fmt.Sprint("Subject: ", i+1))
		s.expect(c, "")
		s.expect(c, ".")
	}
}
