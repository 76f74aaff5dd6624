package mda_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/user"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/goleak"

	"tram/internal/agent/mda"
	"tram/internal/agent/mda/outlet"
	"tram/internal/agent/mta"
	"tram/internal/directory"
	"tram/internal/mail/address"
	"tram/internal/mail/message"
	"tram/internal/mailstore"
	"tram/internal/queue"
	"tram/internal/storage/blob"
	"tram/internal/storage/ground"
	"tram/internal/storage/kv"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var _ mta.LocalDeliverer = (*mda.Deliverer)(nil)

// world is the real stores on a file system in memory, with the domain
// here.example and some people.
type world struct {
	t     testing.TB
	db    kv.DB
	blobs blob.Store
	queue *queue.Queue
	dir   *directory.Directory
	mail  *mailstore.Store
	files string // what files are below
	*mda.Deliverer
}

func newWorld(t testing.TB) *world { return openWorld(t, vfs.NewMem(), queue.Options{}) }

func openWorld(t testing.TB, fs vfs.FS, o queue.Options) *world {
	t.Helper()
	ctx := context.Background()
	w := &world{t: t}
	var err error
	w.db, w.blobs, err = ground.Open("kv", "blobs", ground.Options{FS: fs})
	w.must(err)
	w.queue, err = queue.Open(ctx, w.db, o)
	w.must(err)
	w.dir, err = directory.Open(ctx, w.db, directory.Options{})
	w.must(err)
	w.mail = mailstore.New(w.db, w.blobs, mailstore.Options{})
	w.files = safeDir(t)
	w.Deliverer = mda.New(mda.Options{
		DB: w.db, Blobs: w.blobs, Queue: w.queue, Mail: w.mail, Directory: w.dir,
		Reporter: mta.NewReporter(mta.ReporterOptions{Hostname: "mail.here.example", Queue: w.queue, Blobs: w.blobs}),
		Outlets:  outlet.Options{Hostname: "mail.here.example", Root: w.files, Programs: programs(t)},
	})
	t.Cleanup(func() {
		w.queue.Close()
		w.db.Close()
		w.blobs.Close()
	})
	return w
}

// safeDir is a directory that only its owner can write to.
func safeDir(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// programs run as nobody, or as who runs the test when that is not root.
func programs(t testing.TB) outlet.Programs {
	t.Helper()
	name := "nobody"
	if uid := os.Geteuid(); uid != 0 {
		u, err := user.LookupId(strconv.Itoa(uid))
		if err != nil {
			t.Fatal(err)
		}
		name = u.Username
	}
	u, err := outlet.LookupUser(name)
	if err != nil {
		t.Fatal(err)
	}
	return outlet.Programs{User: u, OwnUser: true}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// people makes the domain and its accounts.
func (w *world) people(names ...string) {
	w.t.Helper()
	_, err := w.dir.AddDomain(w.t.Context(), directory.Domain{Name: "here.example"})
	w.must(err)
	for _, name := range names {
		w.account(directory.Account{Address: name + "@here.example"})
	}
}

func (w *world) account(a directory.Account) directory.Account {
	w.t.Helper()
	a, err := w.dir.AddAccount(w.t.Context(), a, "")
	w.must(err)
	return a
}

func (w *world) alias(address string, targets ...string) {
	w.t.Helper()
	w.must(w.dir.AddAlias(w.t.Context(), directory.Alias{Address: address, Targets: targets}))
}

func to(t testing.TB, s string) address.Address {
	t.Helper()
	if s == "postmaster" {
		return address.Address{Local: s}
	}
	a, err := address.ParseAddress(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

const letter = "Subject: hello\r\nFrom: a@there.example\r\n\r\nHow are you?\r\n"

// add queues a message and takes it out again, as the transfer agent does.
// With hint it is fresh from the intake.
func (w *world) add(text string, hint bool, change func(*queue.Message), rcpts ...string) *queue.Entry {
	w.t.Helper()
	w.put(text, hint, change, rcpts...)
	return w.next()
}

// put queues a message.
func (w *world) put(text string, hint bool, change func(*queue.Message), rcpts ...string) {
	w.t.Helper()
	ctx := w.t.Context()
	b, err := w.blobs.Create(ctx)
	w.must(err)
	_, err = io.WriteString(b, text)
	w.must(err)
	m := queue.Message{Sender: to(w.t, "a@there.example"), Size: b.Size()}
	m.Body, err = b.Commit(ctx)
	w.must(err)
	for _, r := range rcpts {
		m.Rcpts = append(m.Rcpts, queue.Rcpt{To: to(w.t, r)})
	}
	if hint {
		m.Digest, err = message.Scan(strings.NewReader(text))
		w.must(err)
	}
	if change != nil {
		change(&m)
	}
	_, err = w.queue.Add(ctx, m)
	w.must(err)
}

func (w *world) next() *queue.Entry {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	e, err := w.queue.Next(ctx)
	w.must(err)
	return e
}

// deliver delivers to all recipients and returns their outcomes in short.
func (w *world) deliver(e *queue.Entry) string {
	w.t.Helper()
	outcomes := make([]queue.Outcome, len(e.Rcpts))
	rcpts := make([]int, len(e.Rcpts))
	for i := range rcpts {
		rcpts[i] = i
	}
	w.must(w.Deliver(w.t.Context(), e, rcpts, w.found(e), outcomes))
	w.queue.Settled(e)
	var words []string
	for _, o := range outcomes {
		code, _, _ := strings.Cut(o.Reply, " ")
		words = append(words, fmt.Sprintf("%s %s", [...]string{"untouched", "delivered", "deferred", "failed"}[o.Result], code))
	}
	return strings.Join(words, ", ")
}

// found is what the directory says about the recipients.
func (w *world) found(e *queue.Entry) []directory.Resolution {
	w.t.Helper()
	found := make([]directory.Resolution, len(e.Rcpts))
	for i := range e.Rcpts {
		var err error
		found[i], err = w.dir.Resolve(context.Background(), e.Rcpts[i].To)
		w.must(err)
	}
	return found
}

// inbox returns the whole texts of the messages in a mailbox.
func (w *world) inbox(name string) []string {
	w.t.Helper()
	ctx := w.t.Context()
	a, err := w.dir.AccountByAddress(ctx, name+"@here.example")
	w.must(err)
	box, err := w.mail.Lookup(ctx, a.ID, "INBOX")
	w.must(err)
	var texts []string
	w.must(w.mail.Messages(ctx, a.ID, box.ID, mailstore.AllUIDs(), mailstore.WantMeta, func(m *mailstore.Message) error {
		text, err := w.mail.AppendBody(ctx, nil, m)
		texts = append(texts, string(text))
		return err
	}))
	return texts
}
