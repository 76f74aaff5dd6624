package mailstore

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"tram/internal/storage/kv"
)

// TestGoneRuns merges random expunged UIDs into a record, many more than it
// holds exactly, and compares it with the truth: no UID is missing or counts as
// expunged too early, and as long as there is room nothing else is said.
func TestGoneRuns(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct {
		name string
		runs int // a merge
		most int // UIDs of a run
	}{{"single", 50, 1}, {"rows", 50, 300}, {"crowd", 900, 1}} {
		t.Run(c.name, func(t *testing.T) {
			const base = 3 << goneShift
			truth := map[UID]ModSeq{}
			var runs []goneRun
			exact := true
			for seq := ModSeq(1); seq <= 30; seq++ {
				var set []UIDRange
				for range c.runs {
					first := UID(base + rng.IntN(1<<goneShift))
					last := min(first+UID(rng.IntN(c.most)), base+1<<goneShift-1)
					set = append(set, UIDRange{first, last})
				}
				var later []goneRun
				goneRuns(NewUIDSet(set), seq, func(group uint32, r goneRun) {
					if group != 3 {
						t.Fatalf("group %d", group)
					}
					later = append(later, r)
				})
				for uid := range NewUIDSet(set).All() {
					truth[uid] = seq
				}
				runs = mergeGone(runs, later)
				if len(runs) > maxGoneRuns {
					t.Fatalf("%d runs", len(runs))
				}
				exact = exact && len(runs) < maxGoneRuns/2
				back, err := decodeGone(3, appendGone(nil, 3, runs), 0)
				if err != nil || !slices.Equal(back, runs) {
					t.Fatalf("%v: %d runs became %d", err, len(runs), len(back))
				}
				checkGone(t, runs, truth, exact)
			}
			if exact == (c.name == "crowd") {
				t.Errorf("exact to the end: %v", exact)
			}
		})
	}
}

func checkGone(t *testing.T, runs []goneRun, truth map[UID]ModSeq, exact bool) {
	t.Helper()
	said := map[UID]ModSeq{}
	last := UID(0)
	for _, r := range runs {
		if r.first <= last || r.last < r.first {
			t.Fatalf("run %v after %d", r, last)
		}
		last = r.last
		for uid := r.first; uid <= r.last; uid++ {
			said[uid] = r.seq
		}
	}
	for uid, seq := range truth {
		if said[uid] < seq || exact && said[uid] != seq {
			t.Fatalf("UID %d went at %d, said %d", uid, seq, said[uid])
		}
	}
	if exact && len(said) != len(truth) {
		t.Fatalf("%d UIDs, not %d", len(said), len(truth))
	}
}

// countingReader counts the records that are read.
type countingReader struct {
	kv.Reader
	records int
}

func (r *countingReader) Get(key []byte) ([]byte, error) {
	r.records++
	return r.Reader.Get(key)
}

func (r *countingReader) Scan(lo, hi []byte) kv.Iterator {
	return &countingIterator{r.Reader.Scan(lo, hi), r}
}

type countingIterator struct {
	kv.Iterator
	r *countingReader
}

func (it *countingIterator) Next() bool {
	it.r.records++
	return it.Iterator.Next()
}

// TestLongAway lets a client be away for many times as many changes as the log
// keeps. What it is told, and the records that are read for it, grow with what
// it missed, not with how long it was away.
func TestLongAway(t *testing.T) {
	const messages, keep = 1000, 50
	e := newEnv(t)
	e.keepLog = keep
	in := e.inbox(t, alice)
	e.deliver(t, alice, in, letter, nil)
	for e.view(t, alice, in).Len() < messages {
		if _, err := e.Copy(t.Context(), Place{alice, in}, Place{alice, in}, AllUIDs(), Quota{}); err != nil {
			t.Fatal(err)
		}
	}
	change := func(n int) {
		t.Helper()
		for i := range n {
			op := [...]FlagOp{AddFlags, RemoveFlags}[i%2]
			if _, err := e.StoreFlags(t.Context(), alice, in, UIDs(500), FlagChange{Op: op, Flags: Seen}); err != nil {
				t.Fatal(err)
			}
		}
	}
	expunge := func(uids ...UID) {
		t.Helper()
		if _, err := e.Remove(t.Context(), alice, in, UIDs(uids...)); err != nil {
			t.Fatal(err)
		}
	}
	expunge(10, 11, 12, 700)
	change(20 * keep)
	then := e.view(t, alice, in)
	expunge(3, 701, 702, 900)
	change(20 * keep)
	expunge(4, 5)
	change(5)
	uids, records := readVanished(t, e, in, then.HighestModSeq())
	if want := UIDs(3, 4, 5, 701, 702, 900); !slices.Equal(uids, want) {
		t.Errorf("vanished %v, want %v", uids, want)
	}
	if most := keep + keep/10 + 10; records > most {
		t.Errorf("%d records read, more than %d", records, most)
	}
	now := e.view(t, alice, in)
	if uids, records := readVanished(t, e, in, now.HighestModSeq()); len(uids) != 0 || records > 1 {
		t.Errorf("nothing changed: %v, %d records", uids, records)
	}
	changed := 0
	for range now.ChangedSince(AllUIDs(), then.HighestModSeq()) {
		changed++
	}
	if changed != 1 {
		t.Errorf("%d messages changed, not 1", changed)
	}
}

func readVanished(t *testing.T, e *env, m MailboxID, since ModSeq) (uids UIDSet, records int) {
	t.Helper()
	err := e.db.View(t.Context(), alice, func(r kv.Reader) error {
		counting := &countingReader{Reader: r}
		var complete bool
		var err error
		uids, complete, err = vanished(counting, m, since)
		if err == nil && !complete {
			err = fmt.Errorf("unknown since %d", since)
		}
		records = counting.records
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return uids, records
}

// TestGoneIsForgotten has what is not known be said so: after damage, after a
// repair, and of the time before the store remembered it.
func TestGoneIsForgotten(t *testing.T) {
	e := newEnv(t)
	e.keepLog = 5
	in := e.inbox(t, alice)
	for range 10 {
		e.deliver(t, alice, in, letter, nil)
	}
	then := e.view(t, alice, in).HighestModSeq()
	for uid := range UID(9) {
		if _, err := e.Remove(t.Context(), alice, in, UIDs(uid+1)); err != nil {
			t.Fatal(err)
		}
	}
	complete := func() bool {
		t.Helper()
		_, complete, err := e.Vanished(t.Context(), alice, in, then)
		if err != nil {
			t.Fatal(err)
		}
		return complete
	}
	if !complete() {
		t.Fatal("unknown already")
	}
	key := appendItemKey(nil, kindGone, in, 0)
	err := e.db.Update(t.Context(), []kv.Account{alice}, func(tx kv.Tx) error {
		return tx.Account(alice).Set(key, []byte{version1})
	})
	if err != nil {
		t.Fatal(err)
	}
	if complete() {
		t.Error("a damaged record says something")
	}
	// The next cut finds it and begins anew.
	for range 10 {
		e.deliver(t, alice, in, letter, nil)
	}
	if complete() {
		t.Error("what was lost is known again")
	}
	then = e.view(t, alice, in).HighestModSeq()
	if _, err := e.Remove(t.Context(), alice, in, UIDs(12)); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		e.deliver(t, alice, in, letter, nil)
	}
	if !complete() {
		t.Error("what is new is unknown too")
	}
}
