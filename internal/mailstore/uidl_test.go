package mailstore

import (
	"testing"

	"tram/internal/storage/kv"
)

// TestUIDLsOfAnOlderStore: an INBOX that was made before the record existed
// keeps the ids of its messages, also when its counters are lost and it gets
// another UIDVALIDITY.
func TestUIDLsOfAnOlderStore(t *testing.T) {
	e, in := damaged(t)
	key := appendBoxKey(nil, kindUIDL, in)
	before, err := e.UIDLs(t.Context(), alice, in)
	if err != nil || before.From != 1 {
		t.Fatalf("a new INBOX: %+v, %v", before, err)
	}
	change := func(fn func(kv.Space) error) {
		t.Helper()
		err := kv.Durable(t.Context(), e.db, []kv.Account{alice}, func(tx kv.Tx) error { return fn(tx.Account(alice)) })
		if err != nil {
			t.Fatal(err)
		}
	}
	change(func(s kv.Space) error { return s.Delete(key) })
	view, err := e.View(t.Context(), alice, in)
	if err != nil {
		t.Fatal(err)
	}
	want := UIDLs{Validity: view.UIDValidity(), From: view.UIDNext()}
	for range 2 {
		if u, err := e.UIDLs(t.Context(), alice, in); err != nil || u != want {
			t.Fatalf("%+v, %v, want %+v", u, err, want)
		}
	}

	rebuild := func() {
		t.Helper()
		if err := e.Rebuild(t.Context(), alice, func(Problem) {}); err != nil {
			t.Fatal(err)
		}
	}
	for _, lost := range []bool{false, true} { // with the record and without it
		change(func(s kv.Space) error {
			if lost {
				if err := s.Delete(key); err != nil {
					return err
				}
			}
			return s.Delete(appendBoxKey(nil, kindCounters, in))
		})
		rebuild()
		fresh, err := e.View(t.Context(), alice, in)
		if err != nil || fresh.UIDValidity() == want.Validity {
			t.Fatalf("UIDVALIDITY stayed %d, %v", fresh.UIDValidity(), err)
		}
		if lost {
			want = UIDLs{Validity: view.UIDValidity(), From: fresh.UIDNext()}
		}
		if u, err := e.UIDLs(t.Context(), alice, in); err != nil || u != want {
			t.Fatalf("after a repair %+v, %v, want %+v", u, err, want)
		}
		view = fresh
	}

	change(func(s kv.Space) error { return s.Set(key, []byte{version1}) })
	if got := e.problems(t, alice); len(got) != 1 {
		t.Fatalf("problems %q", got)
	}
	rebuild()
	if u, err := e.UIDLs(t.Context(), alice, in); err != nil || u.From != 1 {
		t.Fatalf("of a damaged record: %+v, %v", u, err)
	}
}
