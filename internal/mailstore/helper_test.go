package mailstore

import (
	"context"
	"flag"
	"io"
	"os"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/mail/message"
	"tram/internal/storage/blob"
	"tram/internal/storage/ground"
	"tram/internal/storage/kv"
)

const alice, bob = kv.FirstUser + 1, kv.FirstUser + 2

// env is a store on the real backends.
type env struct {
	*Store
	db    kv.DB
	blobs blob.Store
}

// newEnv is a store in memory.
func newEnv(t testing.TB) *env {
	t.Helper()
	return newEnvOn(t, "", vfs.NewMem())
}

// newEnvOn opens the store in a directory.
func newEnvOn(t testing.TB, dir string, fs vfs.FS) *env {
	t.Helper()
	db, blobs, err := ground.Open(dir+"kv", dir+"blobs", ground.Options{FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		db.Close()
		blobs.Close()
	})
	return &env{Store: New(db, blobs, Options{}), db: db, blobs: blobs}
}

func (e *env) close() {
	e.db.Close()
	e.blobs.Close()
}

// put stores a body.
func (e *env) put(body string) blob.ID {
	w, err := e.blobs.Create(context.Background())
	if err != nil {
		panic(err)
	}
	defer w.Abort()
	io.WriteString(w, body)
	id, err := w.Commit(context.Background())
	if err != nil {
		panic(err)
	}
	return id
}

// inbox returns the ID of INBOX.
func (e *env) inbox(t testing.TB, id kv.Account) MailboxID { return e.box(t, id, "INBOX") }

func (e *env) box(t testing.TB, id kv.Account, name string) MailboxID {
	t.Helper()
	m, err := e.Lookup(t.Context(), id, name)
	if err != nil {
		t.Fatal(err)
	}
	return m.ID
}

func (e *env) view(t testing.TB, id kv.Account, m MailboxID) *View {
	t.Helper()
	v, err := e.View(context.Background(), id, m)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// deliver appends a message with a body of its own.
func (e *env) deliver(t testing.TB, id kv.Account, m MailboxID, body string, change func(*Delivery)) UID {
	t.Helper()
	d := e.delivery(body)
	if change != nil {
		change(&d)
	}
	_, uids, err := e.Append(t.Context(), id, m, d)
	if err != nil {
		t.Fatal(err)
	}
	return uids[0]
}

func (e *env) delivery(body string) Delivery {
	s := message.NewScanner()
	s.Write([]byte(body))
	digest := s.Close()
	return Delivery{
		Blob:         e.put(body),
		BlobSize:     int64(len(body)),
		Digest:       digest,
		Own:          []byte("Return-Path: <>\r\n"),
		InternalDate: time.Date(2026, 11, 21, 8, 30, 0, 0, time.FixedZone("", 7*3600)),
	}
}

// entries returns all entries of a view.
func entries(v *View) []Entry {
	var all []Entry
	for _, b := range v.Blocks(0) {
		all = append(all, b...)
	}
	return all
}

// TestMain makes the usual run of the model short; -rapid.checks overrides it.
func TestMain(m *testing.M) {
	flag.Set("rapid.checks", "50")
	os.Exit(m.Run())
}
