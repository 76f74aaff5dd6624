package queue

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"

	"tram/internal/mail/address"
	"tram/internal/storage/kv"
	"tram/internal/storage/kv/pebble"
)

// picture is the whole queue as a text an entry: recipients with attempts, and
// hold. One is kept for every commit, so that after a crash the queue can be
// looked up among what it may have fallen back to.
type picture map[ID]string

func describe(e *Entry) string {
	var b strings.Builder
	for _, r := range e.Rcpts {
		fmt.Fprintf(&b, "%s:%d ", r.To.Local, r.Attempts)
	}
	if e.Hold {
		b.WriteString("hold")
	}
	return b.String()
}

// world is a queue on a crashable disk beside the model of it.
type world struct {
	t  *rapid.T
	fs *vfs.MemFS
	db kv.DB
	q  *Queue
	n  int // messages so far

	commits []picture // since the last sync; [0] is surely on disk
	flights []*Entry
	acked   map[ID]bool // by Add, ever
}

// now is the model's current picture.
func (w *world) now() picture { return w.commits[len(w.commits)-1] }

// commit notes the effect of one commit.
func (w *world) commit(change func(picture)) {
	p := maps.Clone(w.now())
	change(p)
	w.commits = append(w.commits, p)
}

func (w *world) synced() { w.commits = w.commits[len(w.commits)-1:] }

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) open(fs *vfs.MemFS) {
	w.fs = fs
	db, err := pebble.Open("kv", pebble.Options{FS: fs, MemTableBytes: 64 << 10, CacheBytes: 1 << 20})
	w.must(err)
	w.db = db
	q, err := Open(context.Background(), w.db, Options{Shards: 3, MaxInFlight: 1000})
	w.must(err)
	w.q, w.flights = q, nil
}

func (w *world) close() {
	w.q.Close()
	w.must(w.db.Close())
}

// actual reads the queue back through List.
func (w *world) actual() picture {
	all, err := w.q.List(context.Background(), Filter{})
	w.must(err)
	p := picture{}
	for _, l := range all {
		p[l.ID] = describe(&l.Entry)
	}
	return p
}

func (w *world) letter() Message {
	m := letter(w.n)
	w.n++
	for i := range rapid.IntRange(1, 3).Draw(w.t, "rcpts") {
		m.Rcpts = append(m.Rcpts, rcptOf(fmt.Sprintf("m%dr%d@example.net", w.n, i)))
	}
	return m
}

func (w *world) added(id ID, m Message) {
	if w.acked[id] {
		w.t.Fatalf("ID %s was used before", id)
	}
	w.commit(func(p picture) { p[id] = describe(&Entry{Message: m}) })
}

func (w *world) add() {
	m := w.letter()
	id, err := w.q.Add(context.Background(), m)
	w.must(err)
	w.added(id, m)
	w.synced()
	w.acked[id] = true
}

// addTx adds without a sync, as a bounce does.
func (w *world) addTx() {
	m := w.letter()
	p, err := w.q.Prepare(m)
	w.must(err)
	w.must(w.db.Update(context.Background(), []kv.Account{p.Shard()}, func(tx kv.Tx) error { return w.q.AddTx(tx, p) }))
	w.q.Added(p)
	w.added(p.ID(), m)
}

func (w *world) next() {
	e, err := w.q.TryNext(context.Background())
	w.must(err)
	if e == nil {
		return
	}
	if got, want := describe(e), w.now()[e.ID]; got != want || e.Hold {
		w.t.Fatalf("handed out %s as %q, it is %q", e.ID, got, want)
	}
	if slices.ContainsFunc(w.flights, func(f *Entry) bool { return f.ID == e.ID }) {
		w.t.Fatalf("%s is in flight twice", e.ID)
	}
	w.flights = append(w.flights, e)
}

// land takes one flight out of the list.
func (w *world) land() *Entry {
	if len(w.flights) == 0 {
		return nil
	}
	i := rapid.IntRange(0, len(w.flights)-1).Draw(w.t, "flight")
	e := w.flights[i]
	w.flights = slices.Delete(w.flights, i, i+1)
	return e
}

// settle settles in one to three commits, some recipients in each.
func (w *world) settle() {
	e := w.land()
	if e == nil {
		return
	}
	total := make([]Outcome, len(e.Rcpts))
	for range rapid.IntRange(1, 3).Draw(w.t, "commits") {
		step := slices.Clone(total)
		for i := range step {
			if step[i].Result == Untouched {
				step[i].Result = Result(rapid.IntRange(0, int(Failed)).Draw(w.t, "result"))
			}
		}
		total = slices.Clone(step)
		if rapid.IntRange(0, 9).Draw(w.t, "roll back") == 0 {
			w.rolledBack(e, step)
			return
		}
		w.must(w.db.Update(context.Background(), []kv.Account{Shard(e.ID)}, func(tx kv.Tx) error { return w.q.SettleTx(tx, e, step) }))
		w.commit(func(p picture) { applyOutcomes(p, e, total, p[e.ID]) })
	}
	w.q.Settled(e)
}

// rolledBack runs SettleTx in a commit that fails.
func (w *world) rolledBack(e *Entry, step []Outcome) {
	failure := errors.New("rolled back")
	err := w.db.Update(context.Background(), []kv.Account{Shard(e.ID)}, func(tx kv.Tx) error {
		w.must(w.q.SettleTx(tx, e, step))
		return failure
	})
	if err != failure {
		w.t.Fatal(err)
	}
	w.q.Release(e)
}

// applyOutcomes is the model of all SettleTx of one flight so far.
func applyOutcomes(p picture, e *Entry, total []Outcome, was string) {
	left := Entry{Message: Message{Hold: strings.Contains(was, "hold")}}
	for i, r := range e.Rcpts {
		switch total[i].Result {
		case Delivered, Failed:
			continue
		case Deferred:
			r.Attempts++
		}
		left.Rcpts = append(left.Rcpts, r)
	}
	delete(p, e.ID)
	if len(left.Rcpts) > 0 {
		p[e.ID] = describe(&left)
	}
}

func (w *world) release() {
	if e := w.land(); e != nil {
		w.q.Release(e)
	}
}

// command runs an administrator's command on some entry.
func (w *world) command() {
	ids := slices.Sorted(maps.Keys(w.now()))
	if len(ids) == 0 {
		return
	}
	id := rapid.SampledFrom(ids).Draw(w.t, "id")
	held := strings.HasSuffix(w.now()[id], "hold")
	flying := slices.ContainsFunc(w.flights, func(e *Entry) bool { return e.ID == id })
	switch rapid.SampledFrom([]string{"hold", "unhold", "retry", "delete", "redirect"}).Draw(w.t, "command") {
	case "hold":
		w.expect(!held, nil, id, w.q.hold, func(p picture) { p[id] += "hold" })
	case "unhold":
		w.expect(held, nil, id, w.q.Unhold, func(p picture) { p[id] = strings.TrimSuffix(p[id], "hold") })
	case "retry":
		var want error
		if held && !flying {
			want = ErrHeld
		}
		w.expect(!held && !flying, want, id, w.q.Retry, func(picture) {})
	case "redirect":
		var want error
		if flying {
			want = ErrInFlight
		}
		to := address.Address{Local: fmt.Sprintf("m%dnew", w.n), Domain: "example.net"}
		redirect := func(ctx context.Context, f Filter) (int, error) { return w.q.Redirect(ctx, f, to) }
		w.expect(!flying, want, id, redirect, func(p picture) {
			p[id] = describe(&Entry{Message: Message{Rcpts: []Rcpt{{To: to}}, Hold: held}})
		})
	case "delete":
		var want error
		if flying {
			want = ErrInFlight
		}
		w.expect(!flying, want, id, w.q.Delete, func(p picture) { delete(p, id) })
	}
}

func (w *world) expect(changed bool, want error, id ID, do func(context.Context, Filter) (int, error), change func(picture)) {
	n, err := do(context.Background(), Only(id))
	if !errors.Is(err, want) || (n == 1) != changed {
		w.t.Fatalf("%d changed, %v; want %v, %v", n, err, changed, want)
	}
	if changed {
		w.commit(change)
		w.synced()
	}
}

func (w *world) restart() {
	w.close()
	w.synced()
	w.open(w.fs)
}

// crash cuts the power: what is found afterwards is one of the pictures since
// the last sync.
func (w *world) crash() {
	keep := rapid.SampledFrom([]int{0, 50, 100}).Draw(w.t, "keep")
	seed := rapid.Uint64().Draw(w.t, "seed")
	left := w.fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: keep, RNG: rand.New(rand.NewPCG(seed, 1))})
	w.close()
	w.open(left)
	got := w.actual()
	i := slices.IndexFunc(w.commits, func(p picture) bool { return maps.Equal(p, got) })
	if i < 0 {
		w.t.Fatalf("after the crash: %v\nmay be one of %v", got, w.commits)
	}
	w.commits = []picture{got}
}

// check compares the queue with the model.
func (w *world) check() {
	if got := w.actual(); !maps.Equal(got, w.now()) {
		w.t.Fatalf("got  %v\nwant %v", got, w.now())
	}
	s := w.q.Stats()
	if s.Entries != len(w.now()) || s.InFlight != len(w.flights) ||
		s.Entries != s.Fresh+s.Waiting+s.InFlight+s.Held || s.Damaged != 0 {
		w.t.Fatalf("stats %+v with %d flights", s, len(w.flights))
	}
}

// drain delivers all that is not held: nothing may be forgotten.
func (w *world) drain() {
	for _, e := range w.flights {
		w.q.Release(e)
	}
	w.flights = nil
	time.Sleep(48 * time.Hour)
	for {
		e, err := w.q.TryNext(context.Background())
		w.must(err)
		if e == nil {
			break
		}
		w.must(w.q.Settle(context.Background(), e, slices.Repeat([]Outcome{{Result: Delivered}}, len(e.Rcpts))))
		w.commit(func(p picture) { delete(p, e.ID) })
	}
	for id, state := range w.now() {
		if !strings.HasSuffix(state, "hold") {
			w.t.Fatalf("%s was forgotten: %q", id, state)
		}
	}
	w.check()
}

// TestModel plays random games against the model, with restarts and crashes.
func TestModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var failure any
		synctest.Test(t, func(*testing.T) {
			w := &world{t: rt, commits: []picture{{}}, acked: map[ID]bool{}}
			// rapid ends a failed game with a panic, which must not leave the
			// goroutines of the store in the bubble.
			defer func() {
				failure = recover()
				w.q.Close()
				w.db.Close()
			}()
			w.open(vfs.NewCrashableMem())
			w.play()
		})
		// On two lines, for rapid tells failures apart by where they come from:
		// one that ran out of random data while shrinking, and a real one.
		switch fmt.Sprint(failure) {
		case "<nil>":
		case "overrun":
			panic(failure)
		default:
			rt.Fatal(failure)
		}
	})
}

func (w *world) play() {
	moves := map[string]func(){
		"add": w.add, "addTx": w.addTx, "next": w.next, "settle": w.settle,
		"release": w.release, "command": w.command, "restart": w.restart, "crash": w.crash,
		"sleep": func() {
			time.Sleep(time.Duration(rapid.IntRange(1, 600).Draw(w.t, "seconds")) * time.Second)
		},
	}
	names := slices.Sorted(maps.Keys(moves))
	names = append(names, "add", "add", "next", "next", "next", "settle", "settle", "command")
	for range rapid.IntRange(1, 60).Draw(w.t, "moves") {
		moves[rapid.SampledFrom(names).Draw(w.t, "move")]()
		w.check()
	}
	w.drain()
}
