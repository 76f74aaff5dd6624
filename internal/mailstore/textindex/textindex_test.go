package textindex

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tram/internal/mail/fold"
	"tram/internal/storage/kv"
	"tram/internal/storage/kv/pebble"
)

var update = flag.Bool("update", false, "write the golden files")

const account = kv.FirstUser

var prefix = []byte("i\x00\x00\x00\x07")

// records is a store in memory.
type records struct {
	t  testing.TB
	db kv.DB
}

func newRecords(t testing.TB) *records {
	db, err := pebble.Open("kv", pebble.Options{FS: vfs.NewMem()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return &records{t, db}
}

func (r *records) put(key, value []byte) error {
	return r.update(func(s kv.Space) error { return s.Set(key, value) })
}

func (r *records) update(fn func(kv.Space) error) error {
	return r.db.Update(context.Background(), []kv.Account{account}, func(tx kv.Tx) error { return fn(tx.Account(account)) })
}

func (r *records) read(fn func(kv.Reader) error) error {
	return r.db.View(context.Background(), account, fn)
}

// count is the number of records.
func (r *records) count() (n int) {
	r.read(func(rd kv.Reader) error {
		it := rd.Scan(nil, nil)
		defer it.Close()
		for it.Next() {
			n++
		}
		return it.Err()
	})
	return n
}

// search returns the UIDs that have a text.
func (r *records) search(s *State, scope Scope, text string) (uids []uint32) {
	r.t.Helper()
	var found Found
	err := r.read(func(rd kv.Reader) (err error) {
		found, err = Search(rd, prefix, s, fold.NewNeedle(text).Query().Terms, scope)
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	for _, rg := range found.UIDs {
		for u := rg.First; u <= rg.Last; u++ {
			uids = append(uids, u)
		}
	}
	return uids
}

// text is message n of a made-up mailbox: words of which some are everywhere and
// some are nowhere else.
func text(n int) string {
	return fmt.Sprintf("every m%d w%d Đ%d %s", n, n%7, n%3, strings.Repeat("x", n%90+1))
}

// fill makes a segment of messages from first on, every second UID.
func fill(r *records, s *State, first, docs int) {
	r.t.Helper()
	var b Builder
	for n := first; n < first+docs; n++ {
		b.Begin(uint32(2 * n))
		b.Write(Header, []byte("Subject: "+text(n)))
		b.Write(Header, nil)
		b.Write(Body, []byte("body "+text(n)))
		b.End(n%50 != 49)
		s.To = uint32(2 * n)
	}
	seg, err := b.Store(r.put, prefix, s.Next)
	if err != nil {
		r.t.Fatal(err)
	}
	s.Segments, s.Next = append(s.Segments, seg), s.Next+1
}

// checkSearches compares the index with the texts.
func checkSearches(r *records, s *State, messages int, alive func(uint32) bool) {
	r.t.Helper()
	for _, q := range []string{"every", "w3", "m1", "m17", "d2", "đ2", "subject", "body", strings.Repeat("x", 30), "absent", "very"} {
		for _, scope := range []Scope{Header, Body, Header | Body} {
			var want []uint32
			for n := range messages {
				t := map[Scope]string{Header: "Subject: " + text(n), Body: "body " + text(n), Header | Body: "subject body " + text(n)}[scope]
				cased := fold.AppendCased(nil, []byte(t))
				nd := fold.NewNeedle(q)
				if !nd.Marked {
					cased = fold.AppendBare(nil, cased)
				}
				if uid := uint32(2 * n); n%50 != 49 && alive(uid) && bytes.Contains(cased, nd.Folded) {
					want = append(want, uid)
				}
			}
			if got := r.search(s, scope, q); !slices.Equal(got, want) {
				r.t.Fatalf("%q in %d: %v, want %v", q, scope, got, want)
			}
		}
	}
}

func always(uint32) bool { return true }

func TestSegments(t *testing.T) {
	r, s := newRecords(t), State{}
	fill(r, &s, 1, 200)
	fill(r, &s, 201, 1)
	fill(r, &s, 202, 300)
	only := func(uid uint32) bool { return uid >= 2 }
	checkSearches(r, &s, 502, only)

	seg, err := Merge(r.read, r.put, prefix, s.Segments[1:], s.Next, always)
	if err != nil || seg.Docs != 301 {
		t.Fatal(seg, err)
	}
	s.Next, s.Segments = s.Next+1, []Segment{s.Segments[0], seg}
	if err := r.update(func(space kv.Space) error { return DeleteUnlisted(space, prefix, &s) }); err != nil {
		t.Fatal(err)
	}
	checkSearches(r, &s, 502, only)

	alive := func(uid uint32) bool { return uid >= 2 && uid%3 != 0 }
	seg, err = Merge(r.read, r.put, prefix, s.Segments, s.Next, alive)
	if err != nil {
		t.Fatal(err)
	}
	s.Next, s.Segments = s.Next+1, []Segment{seg}
	checkSearches(r, &s, 502, alive)

	before := r.count()
	if err := r.update(func(space kv.Space) error { return DeleteUnlisted(space, prefix, &s) }); err != nil {
		t.Fatal(err)
	}
	if after := r.count(); after >= before || after == 0 {
		t.Errorf("%d records, %d after the old segments are gone", before, after)
	}
	checkSearches(r, &s, 502, alive)
	if err := r.update(func(space kv.Space) error { return DeleteSegment(space, prefix, seg.ID) }); err != nil || r.count() != 0 {
		t.Errorf("%d records are left, %v", r.count(), err)
	}
}

// TestLostRecord spoils and removes each record in turn: a search that needs it
// says so.
func TestLostRecord(t *testing.T) {
	r, s := newRecords(t), State{}
	fill(r, &s, 1, 2000)
	type record struct{ key, value []byte }
	var all []record
	r.read(func(rd kv.Reader) error {
		it := rd.Scan(nil, nil)
		defer it.Close()
		for it.Next() {
			all = append(all, record{bytes.Clone(it.Key()), bytes.Clone(it.Value())})
		}
		return nil
	})
	query := []fold.Term{{Text: []byte("E")}} // in many terms
	for _, rec := range all {
		for name, spoil := range map[string]func(kv.Space) error{
			"lost":  func(space kv.Space) error { return space.Delete(rec.key) },
			"cut":   func(space kv.Space) error { return space.Set(rec.key, rec.value[:len(rec.value)/2]) },
			"other": func(space kv.Space) error { return space.Set(rec.key, append([]byte{9}, rec.value[1:]...)) },
		} {
			if rec.key[len(prefix)] == keyPostings && name == "lost" || rec.key[len(prefix)+1+4:] != nil && len(rec.key) > len(prefix)+5 && rec.key[len(prefix)+5] >= byte(headerMarked) {
				continue // not needed by this search
			}
			if err := r.update(spoil); err != nil {
				t.Fatal(err)
			}
			err := r.read(func(rd kv.Reader) error {
				_, err := Search(rd, prefix, &s, query, Header|Body)
				return err
			})
			needed := rec.key[len(prefix)] != keyPostings
			if !errors.Is(err, ErrCorrupt) && (needed || err != nil) {
				t.Errorf("%s %x: %v", name, rec.key, err)
			}
			if err := r.put(rec.key, rec.value); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestNextMerge(t *testing.T) {
	var s State
	most, written := 0, uint64(0)
	for range 4000 { // of 256 messages each
		s.Segments = append(s.Segments, Segment{ID: s.Next, Docs: 256})
		s.Next++
		for {
			first, end, ok := s.NextMerge(s.Docs())
			if !ok {
				break
			}
			var docs uint32
			for _, seg := range s.Segments[first:end] {
				docs += seg.Docs
			}
			written += uint64(docs)
			s.Segments = slices.Replace(s.Segments, first, end, Segment{ID: s.Next, Docs: docs})
			s.Next++
		}
		most = max(most, len(s.Segments))
	}
	if docs := s.Docs(); docs != 4000*256 || most > 5*MergeFactor || written > 6*docs {
		t.Errorf("%d messages, at most %d segments, %d messages merged", docs, most, written)
	}
	if _, _, ok := s.NextMerge(s.Docs() / 3); !ok {
		t.Error("an index of expunged messages stays")
	}
}

func TestLists(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 2000 {
		docs := uint32(rng.IntN(3000) + 1)
		step := rng.IntN(200) + 1
		var ords []uint32
		for o := rng.IntN(step); o < int(docs); o += rng.IntN(step) + 1 {
			ords = append(ords, uint32(o))
		}
		if len(ords) == 0 {
			continue
		}
		data, bitmap := appendList(nil, ords)
		l := list{data, bitmap}
		var got []uint32
		if !l.each(docs, func(o uint32) { got = append(got, o) }) || !slices.Equal(got, ords) {
			t.Fatalf("%v came back as %v", ords, got)
		}
		set := newBitset(docs)
		if !set.add(l, docs) || !set.has(ords[len(ords)-1]) || set.count() != len(ords) {
			t.Fatal("bitset")
		}
		if l.each(ords[len(ords)-1], func(uint32) {}) {
			t.Fatal("an ordinal that is too large was taken")
		}
	}
}

func TestFormats(t *testing.T) {
	r, s := newRecords(t), State{Validity: 1795226401, Next: 3}
	var b Builder
	for uid, words := range map[uint32]string{5: "one Đường"} {
		b.Begin(uid)
		b.Write(Body, []byte(words))
		b.End(true)
	}
	b.Begin(9)
	b.Write(Header, []byte("one two"))
	b.End(false)
	seg, err := b.Store(r.put, prefix, s.Next)
	if err != nil {
		t.Fatal(err)
	}
	s.Segments, s.Next, s.To = []Segment{seg}, 4, 9
	r.put(StateKey(nil, prefix), s.Append(nil))
	var got bytes.Buffer
	r.read(func(rd kv.Reader) error {
		it := rd.Scan(nil, nil)
		defer it.Close()
		for it.Next() {
			fmt.Fprintf(&got, "%s\n  %s\n", hex.EncodeToString(it.Key()), hex.EncodeToString(it.Value()))
		}
		return it.Err()
	})
	golden := filepath.Join("testdata", "formats.txt")
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || got.String() != string(want) {
		t.Errorf("formats changed: raise Rules. %v, got\n%s", err, got.String())
	}
}

func TestStateOfOtherRules(t *testing.T) {
	s := State{Validity: 7, To: 9, Next: 2, Segments: []Segment{{ID: 1, Docs: 3, Size: 100}}}
	value := s.Append(nil)
	if got, err := DecodeState(value); err != nil || fmt.Sprint(got) != fmt.Sprint(s) {
		t.Errorf("%v, %v", got, err)
	}
	value[1] = Rules + 1
	if _, err := DecodeState(value); !errors.Is(err, ErrCorrupt) {
		t.Errorf("an index of other rules: %v", err)
	}
}

// TestBuilderMemory holds the builder's own account of its memory against what
// it was given.
func TestBuilderMemory(t *testing.T) {
	var b Builder
	for n := range 1000 {
		b.Begin(uint32(n + 1))
		b.Write(Body, []byte(text(n)))
		b.End(true)
	}
	if size := b.Size(); size < 1000*entryCost || size > 1<<20 {
		t.Errorf("%d bytes for 1000 messages", size)
	}
	b.Reset()
	if b.Size() != 0 || b.Docs() != 0 {
		t.Error("Reset forgets nothing")
	}
}

// FuzzDecode feeds damaged records to a search and a merge: an error or an
// answer, never a panic.
func FuzzDecode(f *testing.F) {
	f.Add([]byte{1, 1, 2, 2, 0, 1, 0, 0, 0}, []byte("\x01\nONE\nTWO\n"), []byte{1, 2, 2, 0, 1}, uint32(3))
	f.Fuzz(func(t *testing.T, docs, vocab, postings []byte, n uint32) {
		r := memory{
			string(segmentKey(nil, prefix, keyDocs, 0)):                docs,
			string(blockKey(nil, prefix, keyVocab, 0, bodyBare, 0)):    vocab,
			string(blockKey(nil, prefix, keyPostings, 0, bodyBare, 0)): postings,
		}
		seg := Segment{Docs: n % 5000}
		s := State{Next: 1, Segments: []Segment{seg}}
		DecodeState(docs)
		Search(r, prefix, &s, []fold.Term{{Text: []byte("O")}}, Body)
		read := func(fn func(kv.Reader) error) error { return fn(r) }
		Merge(read, func(_, _ []byte) error { return nil }, prefix, s.Segments, 1, always)
	})
}

// memory is records in a map.
type memory map[string][]byte

func (m memory) Get(key []byte) ([]byte, error) {
	if v, ok := m[string(key)]; ok {
		return v, nil
	}
	return nil, kv.ErrNotFound
}

func (m memory) Scan(lo, hi []byte) kv.Iterator {
	it := &memoryIterator{m: m, at: -1}
	for k := range m {
		if k >= string(lo) && (hi == nil || k < string(hi)) {
			it.keys = append(it.keys, k)
		}
	}
	slices.Sort(it.keys)
	return it
}

type memoryIterator struct {
	m    memory
	keys []string
	at   int
}

func (i *memoryIterator) Next() bool       { i.at++; return i.at < len(i.keys) }
func (i *memoryIterator) Seek([]byte) bool { return false }
func (i *memoryIterator) Last() bool       { return false }
func (i *memoryIterator) Key() []byte      { return []byte(i.keys[i.at]) }
func (i *memoryIterator) Value() []byte    { return i.m[i.keys[i.at]] }
func (i *memoryIterator) Err() error       { return nil }
func (i *memoryIterator) Close() error     { return nil }
