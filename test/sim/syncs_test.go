package sim

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/storage/blob/disk"
	"tram/internal/storage/faultfs"
	"tram/internal/storage/ground"
	"tram/internal/storage/kv/pebble"
)

// TestOneSync counts the syncs of the disk until a client has its answer: one for
// a small message, two for one that is too large to ride in the log.
func TestOneSync(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	fs := faultfs.New(vfs.NewMem())
	w, err := openWorld(ctx, fs, worldOptions{relay: nobody, open: func(fs vfs.FS) (*pebble.DB, *disk.Store, error) {
		o := sizes(fs)
		o.KV.MemTableBytes = pebble.DefaultMemTableBytes // nothing is flushed meanwhile
		return ground.Open("kv", "blobs", o)
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	if err := w.furnish(ctx); err != nil {
		t.Fatal(err)
	}
	// Nothing delivers: the agents do not run.
	open := func(serve func(context.Context, net.Conn)) *talk {
		t.Helper()
		addr, err := door(ctx, serve)
		if err != nil {
			t.Fatal(err)
		}
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		return newTalk(c)
	}
	user := &inbox{talk: open(func(ctx context.Context, c net.Conn) { w.imap.ServeConn(ctx, c, info(c)) })}
	defer user.close()
	if _, _, err := user.login(accountNames[0], "INBOX"); err != nil {
		t.Fatal(err)
	}
	sender := open(func(ctx context.Context, c net.Conn) { w.smtp.Handle(ctx, c, info(c)) })
	defer sender.close()
	if err := sender.greet(); err != nil {
		t.Fatal(err)
	}
	message := func(size int) string {
		return "Subject: x\r\n\r\n" + strings.Repeat(strings.Repeat("x", 70)+"\r\n", size/72)
	}
	appends := func(size, n int) error {
		text := message(size)
		one := fmt.Sprintf(" {%d+}\r\n%s", len(text), text)
		_, err := user.imap("APPEND INBOX" + strings.Repeat(one, n))
		return err
	}
	for _, c := range []struct {
		name string
		want int64
		do   func() error
	}{
		{"the first body of a pack: it, its name, the log", 3, func() error { return appends(1000, 1) }},
		{"APPEND", 1, func() error { return appends(1000, 1) }},
		{"APPEND of 12,000 octets", 1, func() error { return appends(12_000, 1) }},
		{"APPEND of 100,000 octets", 2, func() error { return appends(100_000, 1) }},
		{"APPEND of three messages", 1, func() error { return appends(1000, 3) }},
		{"SMTP", 1, func() error { return sender.sendMail("a@elsewhere.test", accountNames[1], "", message(3000)) }},
		{"SMTP to an alias", 1, func() error { return sender.sendMail("a@elsewhere.test", aliasName, "", message(3000)) }},
		{"SMTP, 100,000 octets", 2, func() error { return sender.sendMail("a@elsewhere.test", accountNames[1], "", message(100_000)) }},
	} {
		before := fs.Count(faultfs.Sync)
		if err := c.do(); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if got := fs.Count(faultfs.Sync) - before; got != c.want {
			t.Errorf("%s: %d syncs, want %d", c.name, got, c.want)
		}
	}
}
