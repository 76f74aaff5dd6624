package mailstore

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/mail/message"
	"tram/internal/storage/blob"
	"tram/internal/storage/kv"
	"tram/internal/storage/kv/pebble"
)

const alice, bob = kv.FirstUser + 1, kv.FirstUser + 2

// env is a store on real backends in memory.
type env struct {
	*Store
	db    kv.DB
	blobs *memBlobs
}

func newEnv(t testing.TB) *env {
	t.Helper()
	return newEnvOn(t, vfs.NewMem(), &memBlobs{bodies: map[blob.ID][]byte{}})
}

func newEnvOn(t testing.TB, fs vfs.FS, blobs *memBlobs) *env {
	t.Helper()
	return newEnvIn(t, "kv", fs, blobs)
}

func newEnvIn(t testing.TB, dir string, fs vfs.FS, blobs *memBlobs) *env {
	t.Helper()
	db, err := pebble.Open(dir, pebble.Options{FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return &env{Store: New(db, blobs, Options{}), db: db, blobs: blobs}
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
		Blob:         e.blobs.put([]byte(body)),
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

// memBlobs is a blob store in memory.
type memBlobs struct {
	mu     sync.Mutex
	bodies map[blob.ID][]byte
	n      uint64
}

func (m *memBlobs) put(body []byte) (id blob.ID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.n++
	binary.BigEndian.PutUint64(id[8:], m.n)
	m.bodies[id] = body
	return id
}

func (m *memBlobs) get(id blob.ID) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	body, ok := m.bodies[id]
	if !ok {
		return nil, fmt.Errorf("%w: %x", blob.ErrNotFound, id)
	}
	return body, nil
}

func (m *memBlobs) Open(_ context.Context, id blob.ID) (blob.Reader, error) {
	body, err := m.get(id)
	return memBody(body), err
}

func (m *memBlobs) AppendBody(_ context.Context, dst []byte, id blob.ID) ([]byte, error) {
	body, err := m.get(id)
	return append(dst, body...), err
}

func (m *memBlobs) Create(context.Context) (blob.Writer, error) { return nil, errors.ErrUnsupported }
func (m *memBlobs) Collect(context.Context, time.Time, func(func(blob.ID)) error) (blob.Collected, error) {
	return blob.Collected{}, errors.ErrUnsupported
}
func (m *memBlobs) Verify(context.Context, func(blob.ID, error)) error { return nil }
func (m *memBlobs) Failed() <-chan struct{}                            { return nil }
func (m *memBlobs) Close() error                                       { return nil }

type memBody []byte

func (b memBody) ReadAt(p []byte, off int64) (int, error) {
	if off >= int64(len(b)) {
		return 0, io.EOF
	}
	n := copy(p, b[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
func (b memBody) Size() int64  { return int64(len(b)) }
func (b memBody) Close() error { return nil }
