package mailstore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"

	"tram/internal/storage/kv"
)

// keywordRun is random work with more keywords than mailboxes have places, held
// against a model that knows nothing of places: a message has names, and all
// messages of a mailbox have MaxKeywords of them at most.
type keywordRun struct {
	t      *rapid.T
	test   *testing.T
	fs     *vfs.MemFS
	e      *env
	second *Store // another store on the same records: its views advance by the log
	boxes  []keywordBox
	viewer []*keywordSession
	body   Delivery
}

// keywordBox is what a mailbox must be.
type keywordBox struct {
	at   Place
	next UID
	has  map[UID]string // names, sorted
}

func TestKeywordPlaces(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := newKeywordRun(t, rt)
		defer func() { r.e.close() }()
		rt.Repeat(map[string]func(*rapid.T){
			"": r.check, "store": r.store, "store2": r.store, "store3": r.store, "append": r.append, "replace": r.replace,
			"copy": r.copy, "move": r.move, "expunge": r.expunge,
			"sync": r.sync, "sync2": r.sync, "take": r.take, "crash": r.crash, "lose": r.lose,
			"forget": func(*rapid.T) { r.e.Store.views = newViews(1) },
		})
		for _, id := range modelAccounts {
			r.ok(r.e.Verify(context.Background(), id, func(p Problem) { rt.Fatal(p) }))
		}
	})
}

// What cannot be read may have any keyword: no place is given away, and mail
// comes in all the same.
func TestKeywordPlacesBesideDamage(t *testing.T) {
	e := newEnv(t)
	in := e.inbox(t, alice)
	e.deliver(t, alice, in, letter, func(d *Delivery) { d.Keywords = poolNames(0, MaxKeywords) })
	for range blockUIDs {
		e.deliver(t, alice, in, letter, nil)
	}
	if _, err := e.StoreFlags(t.Context(), alice, in, UIDs(1), FlagChange{Op: RemoveFlags, Keywords: []string{"n07"}}); err != nil {
		t.Fatal(err)
	}
	e.Store = New(e.db, e.blobs, Options{}) // it has no view
	flags := appendItemKey(nil, kindFlags, in, 0)
	var whole []byte
	set := func(value []byte) {
		err := e.db.Update(t.Context(), []kv.Account{alice}, func(tx kv.Tx) (err error) {
			if whole == nil {
				whole, err = tx.Account(alice).Get(flags)
				whole = slices.Clone(whole)
			}
			return errors.Join(err, tx.Account(alice).Set(flags, value))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	set([]byte{version1, 0xff})
	add := func(uid UID) error {
		_, err := e.StoreFlags(t.Context(), alice, in, UIDs(uid), FlagChange{Op: AddFlags, Keywords: []string{"fresh"}})
		return err
	}
	if err := add(blockUIDs + 1); !errors.Is(err, ErrTooManyKeywords) {
		t.Fatal(err)
	}
	uid := e.deliver(t, alice, in, letter, func(d *Delivery) { d.Keywords = []string{"fresh", "n08"} })
	set(whole)
	v := e.view(t, alice, in)
	if at, ok := v.Index(uid); !ok || namesOf(v, v.At(at).Flags) != "n08" {
		t.Fatalf("%v, keywords %q", ok, v.Keywords())
	}
	if err := add(blockUIDs + 1); err != nil {
		t.Fatal(err)
	}
	if v := e.view(t, alice, in); v.Keywords()[7] != "fresh" {
		t.Fatalf("keywords %q", v.Keywords())
	}
}

func newKeywordRun(t *testing.T, rt *rapid.T) *keywordRun {
	r := &keywordRun{t: rt, test: t, fs: vfs.NewCrashableMem()}
	r.open()
	r.body = r.e.delivery(letter)
	for _, id := range modelAccounts {
		for _, name := range []string{"INBOX", "Archive"} {
			r.boxes = append(r.boxes, keywordBox{at: Place{id, r.e.box(t, id, name)}, next: 1, has: map[UID]string{}})
		}
	}
	for i := range r.boxes[:3] { // in the last one there is still room
		r.deliver(&r.boxes[i], poolNames(0, 30)...)
		r.deliver(&r.boxes[i])
		r.deliver(&r.boxes[i], poolNames(28, MaxKeywords)...)
	}
	r.connect()
	return r
}

// poolNames are the names from one number to another.
func poolNames(from, to int) (names []string) {
	for i := from; i < to; i++ {
		names = append(names, fmt.Sprintf("n%02d", i))
	}
	return names
}

// genNames are some names, which tell no case apart.
var genNames = rapid.SliceOfNDistinct(rapid.SampledFrom(append(poolNames(0, 75), "N03", "N60")), 0, 12, strings.ToLower)

func lowerSet(names []string) string {
	return keywordSet(strings.Fields(strings.ToLower(strings.Join(names, " "))))
}

func (r *keywordRun) ok(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatalf("unexpected error: %v", err)
	}
}

func (r *keywordRun) open() {
	r.e = newEnvOn(r.test, "", r.fs)
	r.second = New(r.e.db, r.e.blobs, Options{})
}

// namesOf is what a client is shown of flags.
func namesOf(v *View, f Flags) string {
	var names []string
	for k, name := range v.Keywords() {
		if f&Keyword(k) != 0 {
			names = append(names, name)
		}
	}
	return lowerSet(names)
}

// inUse are the names that messages have.
func (b *keywordBox) inUse() string {
	var all []string
	for _, names := range b.has {
		all = append(all, strings.Fields(names)...)
	}
	return keywordSet(all)
}

func together(a, b string) string { return keywordSet(append(strings.Fields(a), strings.Fields(b)...)) }

func count(names string) int { return len(strings.Fields(names)) }

func within(a, b string) bool { return together(a, b) == b }

// check compares all mailboxes, in both stores.
func (r *keywordRun) check(*rapid.T) {
	for i := range r.boxes {
		b := &r.boxes[i]
		r.checkBox(b, r.e.Store)
		if rapid.IntRange(0, 3).Draw(r.t, "second") == 0 {
			r.checkBox(b, r.second)
		}
	}
}

func (r *keywordRun) checkBox(b *keywordBox, s *Store) {
	v, err := s.View(context.Background(), b.at.Account, b.at.Mailbox)
	r.ok(err)
	if v.Len() != len(b.has) || v.UIDNext() != b.next {
		r.t.Fatalf("%v: %d messages below %d, want %d below %d", b.at, v.Len(), v.UIDNext(), len(b.has), b.next)
	}
	for _, e := range entries(v) {
		if got := namesOf(v, e.Flags); got != b.has[e.UID] {
			r.t.Fatalf("%v: message %d has %q, want %q", b.at, e.UID, got, b.has[e.UID])
		}
	}
	names := v.Keywords()
	if len(names) > MaxKeywords || count(lowerSet(names)) != len(names) {
		r.t.Fatalf("%v: keywords %q", b.at, names)
	}
	if v.TakesKeywords() != (count(b.inUse()) < MaxKeywords || len(names) < MaxKeywords) {
		r.t.Fatalf("%v: takes keywords: %v, with %d in use", b.at, v.TakesKeywords(), count(b.inUse()))
	}
}

func (r *keywordRun) pick(t *rapid.T, label string) *keywordBox {
	return &r.boxes[rapid.IntRange(0, len(r.boxes)-1).Draw(t, label)]
}

// some draws UIDs, many of which exist.
func (b *keywordBox) some(t *rapid.T) UIDSet {
	return UIDs(rapid.SliceOfN(rapid.Map(rapid.Uint32Range(1, uint32(b.next)), func(n uint32) UID { return UID(n) }), 1, 4).Draw(t, "uids")...)
}

// store is refused exactly when the names that messages have and those that are
// wanted are too many together.
func (r *keywordRun) store(t *rapid.T) {
	b, names := r.pick(t, "box"), genNames.Draw(t, "names")
	set := b.some(t)
	op := rapid.SampledFrom([]FlagOp{AddFlags, AddFlags, RemoveFlags, RemoveFlags, ReplaceFlags}).Draw(t, "op")
	if op == RemoveFlags && rapid.Bool().Draw(t, "many") {
		names = append(names, poolNames(0, rapid.IntRange(0, 75).Draw(t, "below"))...)
	}
	wanted := lowerSet(names)
	_, err := r.e.StoreFlags(context.Background(), b.at.Account, b.at.Mailbox, set, FlagChange{Op: op, Keywords: names})
	if op != RemoveFlags && count(together(b.inUse(), wanted)) > MaxKeywords {
		if !errors.Is(err, ErrTooManyKeywords) {
			t.Fatalf("%d names in use, stored %q: %v", count(b.inUse()), wanted, err)
		}
		return
	}
	r.ok(err)
	for uid, had := range b.has {
		if !set.Contains(uid) {
			continue
		}
		switch op {
		case AddFlags:
			b.has[uid] = together(had, wanted)
		case RemoveFlags:
			b.has[uid] = keywordSet(slices.DeleteFunc(strings.Fields(had), func(k string) bool { return within(k, wanted) }))
		case ReplaceFlags:
			b.has[uid] = wanted
		}
	}
}

// arrived takes messages into the model that came into a mailbox and were to
// have some names. What they lack there was no room for: all places are in use
// then.
func (r *keywordRun) arrived(b *keywordBox, uids []UID, wanted []string) {
	v := r.e.view(r.test, b.at.Account, b.at.Mailbox)
	before, left := b.inUse(), ""
	for i, uid := range uids {
		at, ok := v.Index(uid)
		if !ok || uid != b.next {
			r.t.Fatalf("%v: UID %d came, want %d", b.at, uid, b.next)
		}
		names := namesOf(v, v.At(at).Flags)
		lacks := keywordSet(slices.DeleteFunc(strings.Fields(wanted[i]), func(k string) bool { return within(k, names) }))
		if !within(names, wanted[i]) || lacks != "" && within(lacks, before) {
			r.t.Fatalf("%v: message %d has %q, want %q", b.at, uid, names, wanted[i])
		}
		left = together(left, lacks)
		b.has[uid] = names
		b.next++
	}
	if left != "" && count(b.inUse()) != MaxKeywords {
		r.t.Fatalf("%v: %q left out, with %d in use", b.at, left, count(b.inUse()))
	}
}

func (r *keywordRun) deliver(b *keywordBox, names ...string) {
	d := r.body
	d.Keywords = names
	_, uids, err := r.e.Append(context.Background(), b.at.Account, b.at.Mailbox, d)
	r.ok(err)
	r.arrived(b, uids, []string{lowerSet(names)})
}

func (r *keywordRun) append(t *rapid.T) {
	b := r.pick(t, "box")
	var ds []Delivery
	var wanted []string
	for range rapid.IntRange(1, 3).Draw(t, "messages") {
		d := r.body
		d.Keywords = genNames.Draw(t, "names")
		ds, wanted = append(ds, d), append(wanted, lowerSet(d.Keywords))
	}
	_, uids, err := r.e.Append(context.Background(), b.at.Account, b.at.Mailbox, ds...)
	r.ok(err)
	r.arrived(b, uids, wanted)
}

// replace takes the names of the old message for free.
func (r *keywordRun) replace(t *rapid.T) {
	from, to := r.pick(t, "from"), r.pick(t, "to")
	d := r.body
	d.Keywords = genNames.Draw(t, "names")
	uid := from.some(t)[0].First
	_, fresh, err := r.e.Replace(context.Background(), from.at, uid, to.at, d)
	if _, there := from.has[uid]; !there {
		if !errors.Is(err, ErrNoMessage) {
			t.Fatal(err)
		}
		return
	}
	r.ok(err)
	delete(from.has, uid)
	r.arrived(to, []UID{fresh}, []string{lowerSet(d.Keywords)})
}

func (r *keywordRun) copy(t *rapid.T) { r.transfer(t, r.e.Copy) }

func (r *keywordRun) move(t *rapid.T) {
	if from := r.transfer(t, r.e.Move); from != nil {
		from()
	}
}

// transfer copies messages and returns what takes the originals out of the
// model.
func (r *keywordRun) transfer(t *rapid.T, do func(context.Context, Place, Place, UIDSet, Quota) (Copied, error)) func() {
	from, to := r.pick(t, "from"), r.pick(t, "to")
	out, err := do(context.Background(), from.at, to.at, from.some(t), Quota{})
	r.ok(err)
	var wanted []string
	for uid := range out.Source.All() {
		wanted = append(wanted, from.has[uid])
	}
	r.arrived(to, slices.Collect(out.Dest.All()), wanted)
	return func() {
		for uid := range out.Source.All() {
			delete(from.has, uid)
		}
	}
}

func (r *keywordRun) expunge(t *rapid.T) {
	b := r.pick(t, "box")
	gone, err := r.e.Remove(context.Background(), b.at.Account, b.at.Mailbox, b.some(t))
	r.ok(err)
	for uid := range gone.All() {
		delete(b.has, uid)
	}
}

// crash loses nothing: all was synced when it was done.
func (r *keywordRun) crash(t *rapid.T) {
	seed := rapid.Uint64().Draw(t, "seed")
	r.fs = r.fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: rapid.SampledFrom([]int{0, 50, 100}).Draw(t, "kept"), RNG: rand.New(rand.NewPCG(seed, 1))})
	r.e.close()
	r.open()
	r.connect()
}

// lose is a local delivery that a crash may lose, and with it the places that
// its keywords got.
func (r *keywordRun) lose(t *rapid.T) {
	b := r.pick(t, "box")
	d := r.body
	d.Mailbox, d.Keywords = b.at.Mailbox, genNames.Draw(t, "names")
	r.ok(r.e.db.Update(context.Background(), modelAccounts, func(tx kv.Tx) error {
		_, err := r.e.AppendTx(tx, b.at.Account, []Delivery{d})
		return err
	}))
	r.crash(t)
	if v := r.e.view(r.test, b.at.Account, b.at.Mailbox); v.UIDNext() > b.next {
		r.arrived(b, []UID{b.next}, []string{lowerSet(d.Keywords)})
	}
}
