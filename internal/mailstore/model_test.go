package mailstore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"

	"tram/internal/storage/blob"
	"tram/internal/storage/kv"
)

// The model: what a mail store must be, in the simplest form. The test runs
// random operations on it and on a store, and compares everything after each.
type (
	modelAccount struct {
		seq    ModSeq
		boxes  map[string]*modelBox
		levels map[string]bool // names that stayed without a mailbox
	}
	modelBox struct {
		id       MailboxID
		validity uint32
		uidNext  UID
		highest  ModSeq
		msgs     []modelMsg
		gone     map[UID]ModSeq // expunged when
	}
	modelMsg struct {
		uid      UID
		flags    Flags  // system
		keywords string // sorted, space separated
		seq      ModSeq
		size     int64
		content  blob.ID
	}
)

func (a *modelAccount) usage() (bytes, messages int64) {
	for _, b := range a.boxes {
		for _, m := range b.msgs {
			bytes += m.size
			messages++
		}
	}
	return bytes, messages
}

// change begins a change of a mailbox: it gets the account's next MODSEQ.
func (a *modelAccount) change(boxes ...*modelBox) ModSeq {
	a.seq++
	for _, b := range boxes {
		b.highest = a.seq
	}
	return a.seq
}

func (b *modelBox) add(m modelMsg, seq ModSeq) UID {
	m.uid, m.seq = b.uidNext, seq
	b.uidNext++
	b.msgs = append(b.msgs, m)
	return m.uid
}

func (b *modelBox) remove(seq ModSeq, match func(modelMsg) bool) (gone UIDSet) {
	b.msgs = slices.DeleteFunc(b.msgs, func(m modelMsg) bool {
		if match(m) {
			gone = gone.add(m.uid)
			b.gone[m.uid] = seq
			return true
		}
		return false
	})
	return gone
}

// machine is the state of one run.
type machine struct {
	t       *rapid.T
	test    *testing.T
	fs      *vfs.MemFS
	e       *env
	second  *Store // another store on the same records: its views advance by the log
	model   map[kv.Account]*modelAccount
	views   map[viewKey]*View // what a session saw last
	ids     map[kv.Account]map[MailboxID]bool
	valid   map[kv.Account]map[uint32]bool
	steps   int
	keepLog ModSeq           // of this run
	bodies  map[int]Delivery // by size: storing one for each message would take most of the time
}

var modelAccounts = []kv.Account{alice, bob}

func TestModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := newMachine(t, rt)
		defer func() { m.e.close() }()
		rt.Repeat(map[string]func(*rapid.T){
			"":       m.check,
			"append": m.append, "deliver": m.deliver, "deliver2": m.deliver,
			"store": m.store, "store2": m.store, "expunge": m.expunge, "remove": m.removeSome,
			"copy": m.copy, "move": m.move, "replace": m.replace,
			"create": m.create, "delete": m.delete, "rename": m.rename, "subscribe": m.subscribe,
			"crash":  m.crash,
			"forget": func(*rapid.T) { m.e.Store.views = newViews(1) },
		})
		for _, id := range modelAccounts {
			m.ok(m.e.Verify(context.Background(), id, func(p Problem) { rt.Fatal(p) }))
		}
	})
}

func newMachine(t *testing.T, rt *rapid.T) *machine {
	fs := vfs.NewCrashableMem()
	e := newEnvOn(t, "", fs)
	m := &machine{t: rt, test: t, fs: fs, e: e, second: New(e.db, e.blobs, Options{}), model: map[kv.Account]*modelAccount{},
		views: map[viewKey]*View{}, ids: map[kv.Account]map[MailboxID]bool{}, valid: map[kv.Account]map[uint32]bool{},
		bodies: map[int]Delivery{}}
	// Short logs, so that they are cut all the time.
	m.keepLog = rapid.SampledFrom([]ModSeq{defaultKeepLog, 1, 5, 20}).Draw(rt, "log")
	m.e.keepLog, m.second.keepLog = m.keepLog, m.keepLog
	for _, id := range modelAccounts {
		a := &modelAccount{boxes: map[string]*modelBox{}, levels: map[string]bool{}}
		m.model[id] = a
		m.ids[id], m.valid[id] = map[MailboxID]bool{}, map[uint32]bool{}
		seq := a.change()
		all, err := e.Mailboxes(context.Background(), id)
		m.ok(err)
		for _, box := range all {
			m.learn(id, box, seq)
		}
	}
	return m
}

// crash loses a part of what was not synced. Everything that check has seen is
// still there: the next check finds the same.
func (m *machine) crash(t *rapid.T) {
	seed := rapid.Uint64().Draw(t, "seed")
	cfg := vfs.CrashCloneCfg{UnsyncedDataPercent: rapid.SampledFrom([]int{0, 50, 100}).Draw(t, "kept"), RNG: rand.New(rand.NewPCG(seed, 1))}
	m.fs = m.fs.CrashClone(cfg)
	m.e.close()
	m.e = newEnvOn(m.test, "", m.fs)
	m.second = New(m.e.db, m.e.blobs, Options{})
	m.e.keepLog, m.second.keepLog = m.keepLog, m.keepLog
}

func (m *machine) ok(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatalf("unexpected error: %v", err)
	}
}

// learn puts a mailbox that the store made into the model.
func (m *machine) learn(id kv.Account, box Mailbox, seq ModSeq) {
	if m.ids[id][box.ID] || m.valid[id][box.UIDValidity] {
		m.t.Fatalf("mailbox ID %d or UIDVALIDITY %d given out twice", box.ID, box.UIDValidity)
	}
	m.ids[id][box.ID], m.valid[id][box.UIDValidity] = true, true
	m.model[id].boxes[box.Name] = &modelBox{id: box.ID, validity: box.UIDValidity, uidNext: 1, highest: seq, gone: map[UID]ModSeq{}}
}

func (m *machine) pick(t *rapid.T) (kv.Account, *modelAccount, string, *modelBox) {
	id := rapid.SampledFrom(modelAccounts).Draw(t, "account")
	a := m.model[id]
	name := rapid.SampledFrom(slices.Sorted(maps.Keys(a.boxes))).Draw(t, "mailbox")
	return id, a, name, a.boxes[name]
}

// set draws UIDs: dense, sparse or everything.
func (m *machine) set(t *rapid.T, b *modelBox) UIDSet {
	if rapid.IntRange(0, 3).Draw(t, "all") == 0 {
		return AllUIDs()
	}
	var ranges []UIDRange
	for range rapid.IntRange(0, 4).Draw(t, "ranges") {
		first := rapid.Uint32Range(1, uint32(b.uidNext)+1).Draw(t, "first")
		length := rapid.Uint32Range(0, 150).Draw(t, "length")
		ranges = append(ranges, UIDRange{UID(first), UID(first + length)})
	}
	return NewUIDSet(ranges)
}

var (
	genFlags    = rapid.Custom(func(t *rapid.T) Flags { return Flags(rapid.Uint64Range(0, uint64(SystemFlags)).Draw(t, "flags")) })
	genKeywords = rapid.SliceOfN(rapid.SampledFrom([]string{"$Forwarded", "$Junk", "work", "Zuhause"}), 0, 3)
)

func keywordSet(names []string) string {
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	return strings.Join(names, " ")
}

func (m *machine) draw(t *rapid.T) (Delivery, modelMsg) {
	flags, keywords := genFlags.Draw(t, "flags"), genKeywords.Draw(t, "keywords")
	size := rapid.IntRange(1, len(letter)).Draw(t, "size")
	d, known := m.bodies[size]
	if !known {
		d = m.e.delivery(letter[:size])
		m.bodies[size] = d
	}
	d.Flags, d.Keywords = flags, keywords
	return d, modelMsg{flags: flags, keywords: keywordSet(keywords), size: d.BlobSize + int64(len(d.Own)), content: d.Blob}
}

func (m *machine) append(t *rapid.T) {
	id, a, _, b := m.pick(t)
	var ds []Delivery
	seq := a.change(b)
	var want []UID
	for range rapid.IntRange(1, 160).Draw(t, "messages") {
		d, msg := m.draw(t)
		ds = append(ds, d)
		want = append(want, b.add(msg, seq))
	}
	validity, uids, err := m.e.Append(context.Background(), id, b.id, ds...)
	m.ok(err)
	if validity != b.validity || !slices.Equal(uids, want) {
		t.Fatalf("append gave %d %v, want %d %v", validity, uids, b.validity, want)
	}
}

// deliver is a local delivery to several accounts in one commit, some of them
// rolled back.
func (m *machine) deliver(t *rapid.T) {
	type target struct {
		id   kv.Account
		ds   []Delivery
		want []UID
	}
	var targets []target
	fail := rapid.IntRange(0, 4).Draw(t, "fail") == 0
	for _, id := range modelAccounts {
		a := m.model[id]
		tg := target{id: id}
		touched := map[*modelBox]bool{}
		for range rapid.IntRange(0, 3).Draw(t, "deliveries") {
			name := rapid.SampledFrom(slices.Sorted(maps.Keys(a.boxes))).Draw(t, "mailbox")
			d, msg := m.draw(t)
			b := a.boxes[name]
			if d.Name = name; rapid.Bool().Draw(t, "byID") {
				d.Name, d.Mailbox = "", b.id
			}
			tg.ds = append(tg.ds, d)
			if !fail {
				touched[b] = true
				tg.want = append(tg.want, b.add(msg, a.seq+1))
			}
		}
		if len(touched) > 0 {
			a.change(slices.Collect(maps.Keys(touched))...)
		}
		targets = append(targets, tg)
	}
	failure := errors.New("rolled back")
	err := m.e.db.Update(context.Background(), modelAccounts, func(tx kv.Tx) error {
		for _, tg := range targets {
			uids, err := m.e.AppendTx(tx, tg.id, tg.ds)
			if err != nil {
				return err
			}
			if !fail && !slices.Equal(uids, tg.want) {
				return fmt.Errorf("UIDs %v, want %v", uids, tg.want)
			}
		}
		if fail {
			return failure
		}
		return nil
	})
	if fail != errors.Is(err, failure) || !fail && err != nil {
		t.Fatal(err)
	}
	if rapid.Bool().Draw(t, "told") {
		m.e.Committed(modelAccounts...)
	}
}

func (m *machine) store(t *rapid.T) {
	id, a, _, b := m.pick(t)
	set := m.set(t, b)
	c := FlagChange{Op: rapid.SampledFrom([]FlagOp{AddFlags, RemoveFlags, ReplaceFlags}).Draw(t, "op"),
		Flags: genFlags.Draw(t, "flags"), Keywords: genKeywords.Draw(t, "keywords")}
	if c.Conditional = rapid.Bool().Draw(t, "conditional"); c.Conditional {
		c.UnchangedSince = ModSeq(rapid.Uint64Range(0, uint64(a.seq)).Draw(t, "since"))
	}
	var want Stored
	for i := range b.msgs {
		msg := &b.msgs[i]
		if !set.Contains(msg.uid) {
			continue
		}
		if c.Conditional && msg.seq > c.UnchangedSince {
			want.Modified = want.Modified.add(msg.uid)
			continue
		}
		flags, keywords := c.Op.apply(msg.flags, c.Flags), keywordSet(c.Keywords)
		have := strings.Fields(msg.keywords)
		switch c.Op {
		case AddFlags:
			keywords = keywordSet(append(have, c.Keywords...))
		case RemoveFlags:
			keywords = keywordSet(slices.DeleteFunc(have, func(k string) bool { return slices.Contains(c.Keywords, k) }))
		}
		if flags != msg.flags || keywords != msg.keywords {
			msg.flags, msg.keywords, msg.seq = flags, keywords, a.seq+1
			want.Changed = want.Changed.add(msg.uid)
		}
	}
	if len(want.Changed) > 0 {
		want.ModSeq = a.change(b)
	}
	got, err := m.e.StoreFlags(context.Background(), id, b.id, set, c)
	m.ok(err)
	if !slices.Equal(got.Changed, want.Changed) || !slices.Equal(got.Modified, want.Modified) || got.ModSeq != want.ModSeq {
		t.Fatalf("store gave %+v, want %+v", got, want)
	}
}

func (m *machine) expunge(t *rapid.T) {
	id, a, _, b := m.pick(t)
	set := m.set(t, b)
	want := b.remove(a.seq+1, func(msg modelMsg) bool { return set.Contains(msg.uid) && msg.flags&Deleted != 0 })
	if len(want) > 0 {
		a.change(b)
	}
	got, err := m.e.Expunge(context.Background(), id, b.id, set)
	m.ok(err)
	if !slices.Equal(got, want) {
		t.Fatalf("expunged %v, want %v", got, want)
	}
}

func (m *machine) removeSome(t *rapid.T) {
	id, a, _, b := m.pick(t)
	set := m.set(t, b)
	want := b.remove(a.seq+1, func(msg modelMsg) bool { return set.Contains(msg.uid) })
	if len(want) > 0 {
		a.change(b)
	}
	got, err := m.e.Remove(context.Background(), id, b.id, set)
	m.ok(err)
	if !slices.Equal(got, want) {
		t.Fatalf("removed %v, want %v", got, want)
	}
}

func (m *machine) copy(t *rapid.T) { m.transfer(t, false) }
func (m *machine) move(t *rapid.T) { m.transfer(t, true) }

func (m *machine) transfer(t *rapid.T, move bool) {
	id, a, _, src := m.pick(t)
	dst := a.boxes[rapid.SampledFrom(slices.Sorted(maps.Keys(a.boxes))).Draw(t, "to")]
	set := m.set(t, src)
	want := Copied{UIDValidity: dst.validity}
	for _, msg := range slices.Clone(src.msgs) {
		if set.Contains(msg.uid) {
			want.Source = want.Source.add(msg.uid)
			want.Dest = want.Dest.add(dst.add(msg, a.seq+1))
		}
	}
	if len(want.Source) > 0 {
		if move {
			src.remove(a.seq+1, func(msg modelMsg) bool { return want.Source.Contains(msg.uid) })
			a.change(src, dst)
		} else {
			a.change(dst)
		}
	}
	var got Copied
	var err error
	if move {
		got, err = m.e.Move(context.Background(), Place{id, src.id}, Place{id, dst.id}, set, Quota{})
	} else {
		got, err = m.e.Copy(context.Background(), Place{id, src.id}, Place{id, dst.id}, set, Quota{})
	}
	m.ok(err)
	if got.UIDValidity != want.UIDValidity || !slices.Equal(got.Source, want.Source) || !slices.Equal(got.Dest, want.Dest) {
		t.Fatalf("copied %+v, want %+v", got, want)
	}
}

func (m *machine) seqOf(id kv.Account) (seq ModSeq) {
	m.ok(m.e.db.View(context.Background(), id, func(r kv.Reader) error {
		a, _, err := readAccount(r)
		seq = a.modSeq
		return err
	}))
	return seq
}
