package kvtest

import (
	"context"
	"testing"

	"tram/internal/storage/kv"
)

// testDerived commits records that can be computed again: they are visible at
// once, and nobody who looks at the account is kept waiting for them.
func testDerived(t *testing.T, open Open) {
	db := start(t, open)
	set(t, db, user, "a", "1")
	before, known := db.Version(user)
	err := db.Update(kv.Derived(context.Background()), []kv.Account{user}, func(tx kv.Tx) error {
		return tx.Account(user).Set([]byte("b"), []byte("2"))
	})
	if err != nil {
		t.Fatal(err)
	}
	if now, still := db.Version(user); known && (!still || now != before) {
		t.Errorf("the version was %d and is %d", before, now)
	}
	for key, want := range map[string]string{"a": "1", "b": "2"} {
		view(t, db, user, func(r kv.Reader) error {
			if got, err := r.Get([]byte(key)); err != nil || string(got) != want {
				t.Errorf("%s is %q (%v), want %q", key, got, err, want)
			}
			return nil
		})
	}
	if err := db.Sync(context.Background(), user); err != nil {
		t.Error(err)
	}
	set(t, db, user, "a", "3")
	if now, still := db.Version(user); known && still && now == before {
		t.Error("a commit after it left the version")
	}
}
