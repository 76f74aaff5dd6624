// Package kvtest is the conformance suite of package kv. A backend runs it in
// one line:
//
//	kvtest.Run(t, func(t testing.TB) kv.DB { return open(t) })
//
// Each group of the contract has a file: reading and writing (records.go),
// iterators (iterators.go), transactions (transactions.go), concurrency
// (concurrent.go), the end of a store (closing.go), and random operations
// against a model (model.go).
package kvtest

import (
	"context"
	"errors"
	"testing"

	"tram/internal/storage/kv"
)

// Open makes an empty store. The suite closes it.
type Open func(testing.TB) kv.DB

// Run checks that the stores that open makes keep the contract of package kv.
func Run(t *testing.T, open Open) {
	for _, c := range []struct {
		name string
		test func(*testing.T, Open)
	}{
		{"Records", testRecords},
		{"Limits", testLimits},
		{"AccountsAreSeparate", testSeparate},
		{"Iterators", testIterators},
		{"IteratorSeesItsOwnPicture", testIteratorPicture},
		{"OwnWrites", testOwnWrites},
		{"DeleteRange", testDeleteRange},
		{"Rollback", testRollback},
		{"SeveralAccounts", testSeveralAccounts},
		{"ForeignAccountPanics", testForeignAccount},
		{"CopiesArguments", testCopies},
		{"LargeTransaction", testLargeTransaction},
		{"Riders", testRiders},
		{"Snapshot", testSnapshot},
		{"ViewIsConsistent", testViewConsistent},
		{"OneAccountIsSerial", testSerial},
		{"TransfersAreSerial", testTransfers},
		{"NoDeadlock", testNoDeadlock},
		{"WaitingEndsWithContext", testContext},
		{"Sync", testSync},
		{"Version", testVersion},
		{"Derived", testDerived},
		{"Close", testClose},
		{"CloseWaits", testCloseWaits},
		{"Model", testModel},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open) })
	}
}

// user is an account that the tests write to.
const user = kv.FirstUser

// start opens a store that is closed at the end of the test.
func start(t testing.TB, open Open) kv.DB {
	t.Helper()
	db := open(t)
	t.Cleanup(func() {
		if err := db.Close(); err != nil && !errors.Is(err, kv.ErrClosed) {
			t.Errorf("Close: %v", err)
		}
	})
	return db
}

// update runs a transaction over one account that must succeed.
func update(t testing.TB, db kv.DB, a kv.Account, fn func(kv.Space) error) {
	t.Helper()
	err := db.Update(context.Background(), []kv.Account{a}, func(tx kv.Tx) error { return fn(tx.Account(a)) })
	if err != nil {
		t.Fatalf("Update: %v", err)
	}
}

// view reads one account.
func view(t testing.TB, db kv.DB, a kv.Account, fn func(kv.Reader) error) {
	t.Helper()
	if err := db.View(context.Background(), a, fn); err != nil {
		t.Fatalf("View: %v", err)
	}
}

// set writes pairs: key, value, key, value …
func set(t testing.TB, db kv.DB, a kv.Account, pairs ...string) {
	t.Helper()
	update(t, db, a, func(s kv.Space) error {
		for i := 0; i < len(pairs); i += 2 {
			if err := s.Set([]byte(pairs[i]), []byte(pairs[i+1])); err != nil {
				return err
			}
		}
		return nil
	})
}

// get returns the value of a key, or "-" when there is none.
func get(t testing.TB, r kv.Reader, key string) string {
	t.Helper()
	value, err := r.Get([]byte(key))
	if errors.Is(err, kv.ErrNotFound) {
		return "-"
	}
	if err != nil {
		t.Fatalf("Get(%q): %v", key, err)
	}
	return string(value)
}

// dump returns all records between lo and hi as "key=value key=value".
func dump(t testing.TB, r kv.Reader, lo, hi []byte) string {
	t.Helper()
	it := r.Scan(lo, hi)
	defer it.Close()
	out := ""
	for it.Next() {
		if out != "" {
			out += " "
		}
		out += string(it.Key()) + "=" + string(it.Value())
	}
	if err := it.Err(); err != nil {
		t.Fatalf("Scan: %v", err)
	}
	return out
}

// expect compares the whole account.
func expect(t testing.TB, db kv.DB, a kv.Account, want string) {
	t.Helper()
	view(t, db, a, func(r kv.Reader) error {
		t.Helper()
		if got := dump(t, r, nil, nil); got != want {
			t.Errorf("account %d:\n got %q\nwant %q", a, got, want)
		}
		return nil
	})
}
