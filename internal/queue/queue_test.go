package queue

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/mail/address"
	"tram/internal/mail/message"
	"tram/internal/storage/blob"
	"tram/internal/storage/kv"
	"tram/internal/storage/kv/pebble"
)

// openStore opens a key-value store on a file system.
func openStore(t testing.TB, fs vfs.FS) kv.DB {
	t.Helper()
	db, err := pebble.Open("kv", pebble.Options{FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func openQueue(t testing.TB, db kv.DB, o Options) *Queue {
	t.Helper()
	q, err := Open(context.Background(), db, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(q.Close)
	return q
}

// newQueue opens a queue on a new store that is closed when the test ends.
func newQueue(t testing.TB, o Options) *Queue {
	t.Helper()
	db := openStore(t, vfs.NewMem())
	q := openQueue(t, db, o)
	t.Cleanup(func() { db.Close() })
	return q
}

// bodyOf makes a body name that differs by n.
func bodyOf(n int) (id blob.ID) {
	copy(id[:], fmt.Sprintf("body %011d", n))
	return id
}

func rcptOf(s string) Rcpt {
	a, err := address.ParseAddress(s)
	if err != nil {
		panic(err)
	}
	return Rcpt{To: a}
}

// letter is a small message to some recipients.
func letter(n int, to ...string) Message {
	m := Message{
		Sender: address.Address{Local: "an", Domain: "example.org"},
		Body:   bodyOf(n), Size: int64(1000 + n),
		Header: []byte("Received: from test\r\n"),
	}
	for _, s := range to {
		m.Rcpts = append(m.Rcpts, rcptOf(s))
	}
	return m
}

func add(t testing.TB, q *Queue, m Message) ID {
	t.Helper()
	id, err := q.Add(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// take returns the entry that is due, which there must be.
func take(t testing.TB, q *Queue) *Entry {
	t.Helper()
	e, err := q.TryNext(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if e == nil {
		t.Fatal("no entry is due")
	}
	return e
}

// idle checks that no entry is due.
func idle(t testing.TB, q *Queue) {
	t.Helper()
	e, err := q.TryNext(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if e != nil {
		t.Fatalf("entry %s is due", e.ID)
	}
}

// hold is Hold without a reason.
func (q *Queue) hold(ctx context.Context, f Filter) (int, error) { return q.Hold(ctx, f, "") }

func settle(t testing.TB, q *Queue, e *Entry, outcomes ...Outcome) {
	t.Helper()
	if err := q.Settle(t.Context(), e, outcomes); err != nil {
		t.Fatal(err)
	}
}

func show(t testing.TB, q *Queue, id ID) Listed {
	t.Helper()
	l, err := q.Show(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestLife(t *testing.T) {
	q := newQueue(t, Options{})
	idle(t, q)
	m := letter(1, "binh@example.net", "chi@example.com")
	m.Digest = &message.Digest{Size: 7}
	id := add(t, q, m)
	e := take(t, q)
	if e.ID != id || e.Digest != m.Digest || len(e.Rcpts) != 2 || !e.Due(0) || !e.Due(1) {
		t.Fatalf("got %+v", e)
	}
	if got := e.Expires.Sub(e.Received); got != 5*24*time.Hour {
		t.Errorf("expires after %v", got)
	}
	idle(t, q)
	if s := q.Stats(); s.InFlight != 1 || s.Entries != 1 || s.Added != 1 {
		t.Errorf("stats %+v", s)
	}
	settle(t, q, e, Outcome{Result: Delivered}, Outcome{Result: Failed})
	if s := q.Stats(); s != (Stats{Added: 1}) {
		t.Errorf("stats %+v", s)
	}
	if _, err := q.Show(t.Context(), id); err == nil {
		t.Error("settled entry is still there")
	}
}

func TestOrderIsThatOfArrival(t *testing.T) {
	q := newQueue(t, Options{})
	var ids []ID
	for i := range 50 {
		ids = append(ids, add(t, q, letter(i, "binh@example.net")))
	}
	for i, id := range ids {
		if e := take(t, q); e.ID != id {
			t.Fatalf("entry %d is %s, want %s", i, e.ID, id)
		}
	}
}

func TestManyRecipientsAreSplit(t *testing.T) {
	q := newQueue(t, Options{})
	m := letter(1)
	for i := range 2*MaxRcptsPerEntry + 1 {
		m.Rcpts = append(m.Rcpts, rcptOf(fmt.Sprintf("user%d@example.net", i)))
	}
	m.ID = q.NewID()
	if id := add(t, q, m); id != m.ID {
		t.Errorf("first entry is %s, want %s", id, m.ID)
	}
	seen := map[string]bool{}
	for _, want := range []int{MaxRcptsPerEntry, MaxRcptsPerEntry, 1} {
		e := take(t, q)
		if len(e.Rcpts) != want || e.Body != m.Body || Shard(e.ID) != Shard(m.ID) {
			t.Errorf("entry with %d recipients, want %d", len(e.Rcpts), want)
		}
		for _, r := range e.Rcpts {
			seen[r.To.String()] = true
		}
	}
	if len(seen) != len(m.Rcpts) {
		t.Errorf("%d recipients, want %d", len(seen), len(m.Rcpts))
	}
	idle(t, q)
}

// TestMemoryIsBounded adds more than may be remembered: all of it comes out,
// the rest without a digest.
func TestMemoryIsBounded(t *testing.T) {
	q := newQueue(t, Options{MaxInFlight: 1 << 20})
	m := letter(1, "binh@example.net")
	m.Digest = &message.Digest{BodyStructure: make([]byte, 64<<10)}
	n := MaxRememberedBytes/(64<<10) + 10
	for range n {
		add(t, q, m)
	}
	if got := q.Stats().Remembered; got >= n || got < n/2 {
		t.Errorf("%d of %d are remembered", got, n)
	}
	with := 0
	for range n {
		if e := take(t, q); e.Digest != nil {
			with++
		}
	}
	if with >= n || with == 0 || q.memory.bytes != 0 || q.Stats().Remembered != 0 {
		t.Errorf("%d of %d had a digest, %d bytes are left", with, n, q.memory.bytes)
	}
}

func TestNextWaitsForMail(t *testing.T) {
	q := newQueue(t, Options{})
	got := make(chan ID)
	for range 3 {
		go func() {
			e, err := q.Next(t.Context())
			if err != nil {
				t.Error(err)
				got <- 0
				return
			}
			got <- e.ID
		}()
	}
	want := map[ID]bool{}
	for i := range 3 {
		want[add(t, q, letter(i, "binh@example.net"))] = true
	}
	for range 3 {
		delete(want, <-got)
	}
	if len(want) > 0 {
		t.Errorf("never came: %v", want)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := q.Next(ctx); err != context.Canceled {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

// TestReopen checks that what is on disk is what was in memory.
func TestReopen(t *testing.T) {
	fs := vfs.NewMem()
	db := openStore(t, fs)
	q := openQueue(t, db, Options{})
	a := add(t, q, letter(1, "a@example.net"))
	b := add(t, q, letter(2, "b@example.net"))
	c := add(t, q, letter(3, "c@example.net"))
	d := add(t, q, letter(4, "d@example.net"))
	settle(t, q, take(t, q), Outcome{Result: Delivered}) // a
	settle(t, q, take(t, q), Outcome{Result: Deferred, Reply: "451 later"})
	if _, err := q.Hold(t.Context(), Only(c), ""); err != nil {
		t.Fatal(err)
	}
	take(t, q) // d is in flight when the process ends
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	db = openStore(t, fs)
	defer db.Close()
	q = openQueue(t, db, Options{Shards: 1}) // fewer shards: all entries are still served
	for id, want := range map[ID]State{b: Waiting, c: Held, d: Fresh} {
		if got := show(t, q, id); got.State != want {
			t.Errorf("%s is %v, want %v", id, got.State, want)
		}
	}
	if _, err := q.Show(t.Context(), a); err == nil {
		t.Error("delivered entry came back")
	}
	r := show(t, q, b).Rcpts[0]
	if r.Attempts != 1 || r.LastReply != "451 later" || r.Tried.IsZero() || r.Next.Sub(r.Tried) != 5*time.Minute {
		t.Errorf("deferred recipient: %+v", r)
	}
	if e := take(t, q); e.ID != d {
		t.Errorf("got %s, want %s", e.ID, d)
	}
	idle(t, q)
}

func TestFull(t *testing.T) {
	q := newQueue(t, Options{MaxEntries: 2})
	add(t, q, letter(1, "a@example.net"))
	add(t, q, letter(2, "a@example.net"))
	if _, err := q.Add(t.Context(), letter(3, "a@example.net")); err != ErrFull {
		t.Errorf("got %v, want %v", err, ErrFull)
	}
	// What comes out of the queue's own mail must go in even then.
	p, err := q.Prepare(letter(4, "a@example.net"))
	if err != nil {
		t.Fatal(err)
	}
	err = kv.Durable(t.Context(), q.db, []kv.Account{p.Shard()}, func(tx kv.Tx) error { return q.AddTx(tx, p) })
	if err != nil {
		t.Fatal(err)
	}
	q.Added(p)
	q.Added(p) // twice does no harm
	if q.Len() != 3 {
		t.Errorf("%d entries, want 3", q.Len())
	}
}
